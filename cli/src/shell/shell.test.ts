import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { hasPython, Terminal } from '../testing/terminal.js'

const possible = hasPython() || process.env.CI === 'true'

let home = ''
let api: Server
let service: MillraceProcess
const terminals: Terminal[] = []

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-shell-'))
  // As root, PostgreSQL runs under another account, which has to get through.
  await chmod(home, 0o711)
  api = createServer((request, response) => {
    // Longer than the second that lies between two notices of progress.
    if (request.url === '/late') setTimeout(() => response.end(), 1100)
    else if (request.url !== '/slow') response.end('answer')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  const { port } = api.address() as AddressInfo
  const folder = join(home, 'node_modules/millrace-plugin-acme')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "exports": "./plugin.js" }')
  await writeFile(
    join(folder, 'plugin.js'),
    `export default {
       name: 'acme', description: 'Acme',
       config: { safeParse: (data) => ({ success: true, data }) },
       connect: (config) => config,
       tables: [{
         name: 'acme_page', description: 'Pages', examples: [],
         columns: { path: { type: 'text', description: 'Path' }, body: { type: 'text', description: 'Body' } },
         keys: { path: { operators: ['='], require: 'required', valuesPerCall: 1 } },
         async *list({ quals, connection, signal }) {
           const [path] = quals.path[0].values
           if (path === '/slow') {
             await fetch(connection.url + '/late', { signal })
             yield [{ path, body: 'late' }]
           }
           yield [{ path, body: await (await fetch(connection.url + path, { signal })).text() }]
         },
       }],
     }`,
  )
  const acme = { plugin: 'millrace-plugin-acme', url: `http://127.0.0.1:${port}` }
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections: { acme } }), { mode: 0o600 })
  service = new MillraceProcess([], { MILLRACE_HOME: home, MILLRACE_PORT: '0' })
  await service.url()
}, 120_000)
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill()
})
afterAll(async () => {
  await service.end('SIGTERM')
  api.closeAllConnections()
  await new Promise((resolve) => api.close(resolve))
  await rm(home, { recursive: true, force: true })
})

/** A shell that has shown its first prompt. */
async function open(...args: string[]): Promise<Terminal> {
  const terminal = new Terminal(['query', ...args], { MILLRACE_HOME: home })
  terminals.push(terminal)
  await terminal.shows('> ')
  return terminal
}

const controlC = '\u0003'
const controlD = '\u0004'
const up = '\u001b[A'

describe.runIf(possible)('the shell', () => {
  it('runs statements that end with a semicolon, on as many lines as they have', async () => {
    const terminal = await open()
    terminal.type("select 'a;b' as x,\n")
    await terminal.shows('. ')
    terminal.type('2 as y;\n')
    expect(await terminal.shows('(1 row)')).toContain('  x  | y\n-----+---\n a;b | 2\n')
    await terminal.shows('Rows: 1.')
    terminal.type('select nothing;\n')
    expect(await terminal.shows('^')).toContain(
      'ERROR:  column "nothing" does not exist\nLINE 1: select nothing;\n',
    )
    terminal.type("select body from acme_page where path = '/a';\n")
    await terminal.shows('API calls: ')
    terminal.type(controlD)
    expect(await terminal.ended).toBe(0)
  })

  it('cancels what runs at Ctrl-C, forgets what is typed, and goes on', async () => {
    const terminal = await open()
    const asked = once(api, 'request')
    terminal.type("select * from acme_page where path = '/slow';\n")
    const [request] = await asked
    const aborted = once(request.socket, 'close')
    terminal.type(controlC)
    await aborted
    await terminal.shows('cancel')
    await terminal.shows('> ')
    terminal.type('select gibberish')
    await terminal.shows('gibberish')
    terminal.type(controlC)
    await terminal.shows('> ')
    terminal.type('select 6 * 7 as answer;\n')
    await terminal.shows('42')
    terminal.type('.exit\n')
    expect(await terminal.ended).toBe(0)
  })

  it('shows how far a fetch has come', async () => {
    const terminal = await open()
    terminal.type("select * from acme_page where path = '/slow';\n")
    expect(await terminal.shows('1 row, ')).toMatch(/acme_page: .*API call.*, 1 row, $/)
    expect(await terminal.shows(' s')).toMatch(/^\d s$/)
    terminal.type(controlC)
    await terminal.shows('> ')
  })

  it('completes keywords, tables, columns and its own commands', async () => {
    const terminal = await open()
    terminal.type('sele')
    await terminal.shows('sele')
    terminal.type('\t')
    await terminal.shows('ct')
    terminal.type(' pat from acme_p')
    await terminal.shows('acme_p')
    terminal.type('\t')
    await terminal.shows('age')
    terminal.type(controlC)
    await terminal.shows('> ')
    terminal.type('select p.bo')
    await terminal.shows('p.bo')
    terminal.type(controlC)
    await terminal.shows('> ')
    terminal.type('select * from acme_page p where p.bo')
    await terminal.shows('p.bo')
    terminal.type('\t')
    await terminal.shows('dy')
    terminal.type(controlC)
    await terminal.shows('> ')
    terminal.type('.insp')
    await terminal.shows('.insp')
    terminal.type('\t')
    await terminal.shows('ect')
  })

  it('remembers what was typed in earlier sessions, for its user alone', async () => {
    const first = await open()
    first.type('select 1 as\n')
    await first.shows('. ')
    first.type('remembered;\n')
    await first.shows('(1 row)')
    first.type('.quit\n')
    expect(await first.ended).toBe(0)
    const second = await open()
    second.type(`${up}`)
    await second.shows('.quit')
    second.type(`${up}`)
    await second.shows('select 1 as remembered;')
    second.type('\n')
    await second.shows('(1 row)')
    const path = join(home, 'history')
    expect(await readFile(path, 'utf8')).toContain('select 1 as remembered;\n.quit\n')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('has the commands of Steampipe, and some of psql', async () => {
    const terminal = await open('--output', 'csv')
    const answer = async (line: string, end: string) => {
      terminal.type(`${line}\n`)
      return terminal.shows(end)
    }
    expect(await answer('.help', 'leave, as Ctrl-D does')).toContain('.inspect')
    expect(await answer('.tables acme', 'acme,acme_page,Pages')).toContain('connection,table,description')
    expect(await answer('.inspect acme.acme_page', 'body,text,Body')).toContain(
      'path,text,Path (Key column: =; required)',
    )
    await answer('\\d acme_page', 'body,text,Body')
    await answer('.inspect acme', 'acme_page,table,Pages')
    await answer('.connections', 'acme,1,Acme')
    await answer('.inspekt', 'there is no .inspekt; did you mean .inspect?')
    await answer('.output xml', '.output takes table, csv')
    await answer('.output', 'output is csv')
    await answer('.header off', '> ')
    await answer('.timing off', '> ')
    await answer('.separator ;', '> ')
    expect(await answer("select 'q' as a, 2 as b;", 'q;2')).not.toContain('a;b')
    await answer('.multi off', '> ')
    await answer("select 'with' || 'out';", 'without')
    await answer('\\x', 'output is line')
    await answer('.search_path acme', 'acme')
    await answer('.search_path_prefix public', '"public"')
    await answer('.cache_ttl 77', '> ')
    await answer('.cache_ttl', '| 77')
    await answer('.cache clear', 'cache_clear')
    const file = join(home, 'some.sql')
    await writeFile(file, 'select 7 * 11 as product')
    await answer(`\\i ${file}`, 'product | 77')
    terminal.type('\\q\n')
    expect(await terminal.ended).toBe(0)
  })
})
