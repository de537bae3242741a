/** Which files are read: those of the folders, and those behind URLs; and when they have changed. */
import { execFileSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import plugin from '../plugin.js'
import { findTables } from '../tables/find-tables.js'
import { FileHarness } from '../testing/file-harness.js'

const signal = new AbortController().signal

let harness: FileHarness
beforeEach(async () => {
  harness = await FileHarness.start()
})
afterEach(() => harness.stop())

describe('files', () => {
  /** Settings with which only the folder `in` may be read. */
  const inside = () => ({ folders: [join(harness.folder, 'in')] })

  test('of a pattern are one table, with the file and the row of each', async () => {
    await harness.write('in/a/1.csv', 'x\n1\n2\n')
    await harness.write('in/b/2.csv', 'y,x\nz,3\n')
    const columns = ['x', 'y', '_file', '_row']
    const rows = await harness.rows({ source: '**/*.csv' }, { columns }, inside())
    expect(rows).toEqual([
      { x: 1n, y: null },
      { x: 2n, y: null },
      { x: 3n, y: 'z' },
    ])
    const { table, connection } = await harness.table({ source: '*/*.csv' }, inside())
    expect(await collectRows(table, { connection, columns: ['_file', '_row'] })).toMatchObject([
      { _file: join(harness.folder, 'in/a/1.csv'), _row: 1 },
      { _row: 2 },
      { _file: join(harness.folder, 'in/b/2.csv'), _row: 1 },
    ])
  })

  test.each([
    ['a path', (folder: string) => join(folder, 'out/secret.csv')],
    ['a path with ..', () => '../out/secret.csv'],
    ['an absolute path with ..', (folder: string) => join(folder, 'in/../out/secret.csv')],
    ['a pattern', (folder: string) => join(folder, 'out/*.csv')],
    ['a pattern with ..', () => '../out/*.csv'],
    ['a pattern in braces', () => '{..,.}/out/*.csv'],
    ['a link to a file', () => 'link.csv'],
    ['a link to a folder', () => 'folder/secret.csv'],
    ['a pattern over links', () => '{link,lank}.csv'],
    ['a pattern over a link to a folder', () => 'folder/*.csv'],
    ['a folder whose name begins alike', (folder: string) => join(folder, 'in-not/secret.csv')],
    ['a file of the system', () => '/etc/passwd'],
  ])('out of the folders are refused: %s', async (_, source) => {
    for (const folder of ['out', 'in-not']) await harness.write(`${folder}/secret.csv`, 'secret\nvalue\n')
    await mkdir(join(harness.folder, 'in'))
    await symlink(join(harness.folder, 'out/secret.csv'), join(harness.folder, 'in/link.csv'))
    await symlink(join(harness.folder, 'out'), join(harness.folder, 'in/folder'))
    const error = await errorOf(harness.rows({ source: source(harness.folder), format: 'csv' }, {}, inside()))
    expect(error.message).toMatch(
      /is in none of the connection's folders$|leads out of the connection's folders$|^no file matches/,
    )
    expect(JSON.stringify([error.message, error.detail, error.hint])).not.toContain('value')
  })

  test('that are replaced by a link between two queries are refused', async () => {
    const path = await harness.write('in/t.csv', 'a\n1\n')
    await harness.write('out/secret.csv', 'a\n2\n')
    const { table, connection } = await harness.table({ source: 't.csv' }, inside())
    expect(await collectRows(table, { connection })).toHaveLength(1)
    await rename(path, `${path}.old`)
    await symlink(join(harness.folder, 'out/secret.csv'), path)
    expect((await errorOf(collectRows(table, { connection }))).code).toBe('OutsideFolders')
  })

  test('links within the folders are followed', async () => {
    await harness.write('in/real/t.csv', 'a\n1\n')
    await symlink(join(harness.folder, 'in/real/t.csv'), join(harness.folder, 'in/t.csv'))
    expect(await harness.rows({ source: 't.csv' }, {}, inside())).toEqual([{ a: 1n }])
  })

  test.runIf(process.platform !== 'win32')('are no pipes: nothing waits for one', async () => {
    execFileSync('mkfifo', [join(harness.folder, 't.csv')])
    expect((await errorOf(harness.rows({ source: 't.csv' }))).message).toMatch(/it is no file$/)
  })

  test.each([
    ['missing.csv', /missing\.csv cannot be read: there is no such file$/],
    ['missing-*.csv', /^no file matches missing-\*\.csv$/],
    ['folder.csv', /it is no file$/],
    ['t.unknown', /^it is not known what format .*t\.unknown has$/],
  ])('that are not there: %s', async (source, message) => {
    await mkdir(join(harness.folder, 'folder.csv'))
    await harness.write('t.unknown', 'a')
    const error = await errorOf(harness.rows({ source }))
    expect(error.message).toMatch(message)
    expect(error.hint).toBeDefined()
  })

  test('without folders, none', async () => {
    const error = await errorOf(harness.rows({ source: '/etc/hosts', format: 'csv' }, {}, { folders: [] }))
    expect(error.detail).toBe('The connection names no folders.')
  })
})

describe('tables of paths', () => {
  test('have the names of their files; a name that two have says so, and the settings come first', async () => {
    for (const name of ['a.csv', 'b.jsonl.gz', 'x/c.csv', 'y/c.csv', 'd.csv', 'notes.txt']) {
      await harness.write(name, name.endsWith('gz') ? gzipSync('{"k": 1}') : 'k\n1\n')
    }
    const connection = harness.connect({
      paths: ['*', 'x/*.csv', 'y/*.csv', 'nothing-*.csv'],
      tables: { d: { source: 'd.csv', columns: { k: 'text' } } },
    })
    const tables = await findTables(connection, signal)
    expect(tables.map(({ table: { name, columns } }) => [name, columns.k?.type])).toEqual([
      ['d', 'text'],
      ['a', 'bigint'],
      ['b', 'bigint'],
      ['c', undefined],
    ])
    expect(tables[3]?.failure?.message).toBe('several files have the name c')
    const call = (_: string, run: (signal: AbortSignal) => Promise<never>) => run(signal)
    expect(await plugin.check?.(connection, { signal, call })).toEqual({
      facts: { readable: 'd, a, b' },
      missing: [expect.stringMatching(/^c cannot be read: several files have the name c\. Name the tables/)],
    })
  })

  test('are not there at all where a path leads out of the folders', async () => {
    const connection = harness.connect({ paths: ['/etc/*'] })
    expect((await errorOf(findTables(connection, signal))).code).toBe('OutsideFolders')
  })
})

describe('a change', () => {
  test('of rows is seen at once, and of columns once they are looked for again', async () => {
    const path = await harness.write('t.csv', 'a\n1\n')
    const { table, connection } = await harness.table({ source: 't.csv' })
    await writeFile(path, 'a\n1\n2\n')
    expect(await collectRows(table, { connection })).toHaveLength(2)
    expect(harness.schemaChanges).toBe(1)
    await writeFile(path, 'b\nx\n')
    const error = await errorOf(collectRows(table, { connection }))
    expect(error.message).toBe('the column a is in none of the files any more')
    const [again] = await findTables(connection, signal)
    expect(Object.keys(again?.table.columns ?? {})).toEqual(['b', '_file', '_row'])
  })

  test('of a type is an error that says what to do', async () => {
    const path = await harness.write('t.csv', 'a\n1\n')
    const { table, connection } = await harness.table({ source: 't.csv' })
    await writeFile(path, 'a\nx\n')
    expect((await errorOf(collectRows(table, { connection }))).hint).toMatch(/run the query again/)
  })

  test('while rows are read is an error', async () => {
    const path = await harness.write('t.csv', `a\n${'1\n'.repeat(2000)}`)
    const { table, connection } = await harness.table({ source: 't.csv' })
    const reading = (async () => {
      let count = 0
      const { scanOf } = await import('@millrace/plugin-sdk/testing')
      for await (const batch of table.list(scanOf(table, { connection }))) {
        if (count === 0) {
          await appendFile(path, '2\n')
          await utimes(path, 1, 1)
        }
        count += batch.length
      }
    })()
    expect((await errorOf(reading)).message).toBe(`${path} was changed while it was read`)
  })

  test('for the better: a table that could not be read is looked for again', async () => {
    const { table, connection } = await harness.table({ source: 't.csv' })
    expect((await errorOf(collectRows(table, { connection }))).message).toMatch(/there is no such file/)
    await harness.write('t.csv', 'a\n1\n')
    expect((await errorOf(collectRows(table, { connection }))).hint).toBe('Run the query again.')
    expect(harness.schemaChanges).toBe(1)
  })
})

describe('URLs', () => {
  let server: Server
  let url: string
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  const asked: (string | undefined)[] = []

  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      asked.push(request.headers['if-none-match'] ?? request.headers['if-modified-since'])
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const allowed = { allow_private_addresses: ['127.0.0.0/8'] }

  test('are downloaded again only when they have changed, by ETag', async () => {
    let content = 'a\n1\n'
    answer = (request, response) => {
      const etag = `"${content.length}"`
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
      else response.writeHead(200, { etag }).end(content)
    }
    const { table, connection } = await harness.table({ source: `${url}/t.csv?token=hidden` }, allowed)
    expect(await collectRows(table, { connection })).toMatchObject([{ a: 1n, _file: `${url}/t.csv` }])
    content = 'a\n1\n2\n'
    expect(await collectRows(table, { connection })).toHaveLength(2)
    expect(await collectRows(table, { connection })).toHaveLength(2)
    expect(asked).toEqual([undefined, '"4"', '"4"', '"6"'])
  })

  test('are downloaded again where they have been tidied away', async () => {
    answer = (request, response) => {
      if (request.headers['if-none-match'] === undefined)
        response.writeHead(200, { etag: '"1"' }).end('a\n1\n')
      else response.writeHead(304).end()
    }
    const before = new Set(await readdir(tmpdir()))
    const { table, connection } = await harness.table({ source: `${url}/t.csv` }, allowed)
    const made = (await readdir(tmpdir())).filter(
      (name) => /^millrace-file-(?!test)/.test(name) && !before.has(name),
    )
    for (const name of made) {
      const content = await readFile(join(tmpdir(), name, '1'), 'utf8').catch(() => '')
      if (content === 'a\n1\n') await rm(join(tmpdir(), name), { recursive: true })
    }
    expect(await collectRows(table, { connection })).toMatchObject([{ a: 1n }])
    expect(asked).toEqual([undefined, '"1"', undefined])
  })

  test('or by their time, or else each time', async () => {
    const time = 'Wed, 06 Jul 2022 00:00:00 GMT'
    answer = (request, response) => {
      if (request.headers['if-modified-since'] === time) response.writeHead(304).end()
      else
        response.writeHead(200, request.url === '/timed.csv' ? { 'last-modified': time } : {}).end('a\n1\n')
    }
    for (const name of ['timed', 'untimed']) {
      const { table, connection } = await harness.table({ source: `${url}/${name}.csv` }, allowed)
      expect(await collectRows(table, { connection })).toHaveLength(1)
    }
    expect(asked).toEqual([undefined, time, undefined, undefined])
  })

  test.each([
    ['gzip as a file', { 'content-type': 'application/gzip' }],
    ['gzip on the way', { 'content-encoding': 'gzip' }],
  ])('may be packed: %s', async (_, headers) => {
    answer = (_request, response) => response.writeHead(200, headers).end(gzipSync('a\n1\n'))
    expect(await harness.rows({ source: `${url}/t.csv.gz` }, {}, allowed)).toEqual([{ a: 1n }])
  })

  test('to addresses that are not public are refused, also where a redirect leads there', async () => {
    answer = (_request, response) => response.writeHead(200).end('a\n1\n')
    const plain = await errorOf(harness.rows({ source: `${url}/t.csv` }))
    expect(plain.message).toBe(
      `${url}/t.csv is refused: 127.0.0.1 is not public, and the setting allow_private_addresses of the connection does not allow it`,
    )
    expect(asked).toEqual([])
    answer = (_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end()
    const redirected = await errorOf(harness.rows({ source: `${url}/t.csv` }, {}, allowed))
    expect(redirected.message).toContain('169.254.169.254 is not public')
  })

  test('say what is wrong, without what may be secret', async () => {
    const source = `${url.replace('//', '//user:geheim@')}/t.csv?token=hidden-token`
    answer = (request, response) => response.writeHead(403).end(`no: ${request.url}`)
    const error = await errorOf(harness.rows({ source }, {}, allowed))
    expect(error).toMatchObject({
      message: `${url}/t.csv could not be had`,
      code: 'HTTP 403',
      detail: 'HTTP 403: no: /t.csv***',
    })
    expect(JSON.stringify([error, error.message, String(error.cause)])).not.toMatch(/geheim|hidden/)
  })

  test('that are too large, or cut short', async () => {
    answer = (_request, response) => response.writeHead(200).end('a'.repeat(2 * 1024 * 1024))
    const large = await errorOf(harness.rows({ source: `${url}/t.csv` }, {}, allowed))
    expect(large.message).toBe('the file is larger than 1 MB')
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('a\n1\n')
      setImmediate(() => response.destroy())
    }
    expect((await errorOf(harness.rows({ source: `${url}/t.csv` }, {}, allowed))).retry).toBe('unanswered')
  })
})
