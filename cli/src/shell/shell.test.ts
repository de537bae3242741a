import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installAcmePlugin } from '../testing/acme-plugin.js'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { temporaryHome } from '../testing/temporary-home.js'
import { hasPython, Terminal } from '../testing/terminal.js'

const possible = hasPython() || process.env.CI === 'true'

let home = ''
let api: Server
let service: MillraceProcess
const terminals: Terminal[] = []

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('shell')
  // As root, PostgreSQL runs under another account, which has to get through.
  api = createServer((request, response) => {
    // Longer than the second that lies between two notices of progress.
    if (request.url === '/late') setTimeout(() => response.end(), 1100)
    else if (request.url !== '/slow') response.end('answer')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  await installAcmePlugin(
    home,
    api,
    `if (path === '/slow') {
       await fetch(connection.url + '/late', { signal })
       yield [{ path, body: 'late' }]
     }`,
  )
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
    first.type('select 1 as -- why\n')
    await first.shows('. ')
    first.type("  remembered, 'a\n")
    await first.shows('. ')
    first.type("b' as text;\n")
    await first.shows('(1 row)')
    first.type(up)
    await first.shows("b' as text;")
    first.type('\n')
    await first.shows('(1 row)')
    first.type('.quit\n')
    expect(await first.ended).toBe(0)
    const second = await open()
    second.type(`${up}`)
    await second.shows('.quit')
    second.type(`${up}`)
    await second.shows('select 1 as -- why')
    await second.shows("b' as text;")
    second.type('\n')
    expect(await second.shows('(1 row)')).toContain('          1 | a   +\n            | b\n')
    const path = join(home, 'history')
    expect(await readFile(path, 'utf8')).toContain(
      "select 1 as -- why\u0001  remembered, 'a\u0001b' as text;\n.quit\n",
    )
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
    await answer('.connections', 'acme,acme,ready,1,')
    await answer('.inspect nosuch', 'relation "nosuch" does not exist')
    await answer('.inspect acme.nosuch', 'relation "acme.nosuch" does not exist')
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

  it('lays tables out for the terminal as wide as it is now', async () => {
    const terminal = await open('--no-pager')
    terminal.type("select repeat('word ', 10) as words;\n")
    expect(await terminal.shows('(1 row)')).toContain(` ${'word '.repeat(10).trimEnd()}\n`)
    terminal.resize(24, 40)
    terminal.type("select repeat('word ', 10) as words;\n")
    expect(await terminal.shows('(1 row)')).toMatch(/\n(?: word){7} +\.\n(?: word){3}\n/)
  })

  it('shows results longer than the screen in a pager, and others not', async () => {
    const terminal = await open()
    terminal.type('select n from generate_series(1, 15) n;\n')
    await terminal.shows('(15 rows)')
    await terminal.shows('> ')
    terminal.type('select n from generate_series(1, 100000) n;\n')
    const page = await terminal.shows(':')
    expect(page).toMatch(/ 20\n/)
    expect(page).not.toMatch(/ 24\n/)
    // Ctrl-C is the pager's.
    terminal.type(controlC)
    const bell = '\u0007'
    await terminal.shows(bell)
    // What is typed while less still deals with the signal is lost to it.
    const typing = setInterval(() => terminal.type(' '), 100)
    await terminal.shows('  30').finally(() => clearInterval(typing))
    terminal.type('q')
    await terminal.shows('> ')
    terminal.type('.pager off\n')
    await terminal.shows('> ')
    terminal.type('select n from generate_series(1, 50) n;\n')
    await terminal.shows('(50 rows)')
    terminal.type('.exit\n')
    expect(await terminal.ended).toBe(0)
  })

  it('shows a scan of each statement where that is wanted', async () => {
    const terminal = await open('--timing=verbose')
    terminal.type("select body from acme_page where path = '/verbose';\n")
    await terminal.shows('API calls: 0.')
    expect(await terminal.shows('cache: miss')).toMatch(/ {2}acme\.acme_page: 0 calls, 1 rows, \d+ ms, /)
    await terminal.shows('/verbose')
    terminal.type('.timing on\n')
    await terminal.shows('> ')
    terminal.type('.timing\n')
    await terminal.shows('timing is on')
  })

  it('tells of seconds that pass without anything else to tell', async () => {
    const terminal = await open()
    const sleep = 'select pg_sleep(60);\n'
    terminal.type(sleep)
    await terminal.shows('running, 2 s')
    await terminal.shows('running, 3 s')
    terminal.type(controlC)
    await terminal.shows('canceling statement due to user request')
  })

  it('connects again after the server was stopped and started', async () => {
    const terminal = await open()
    terminal.type('select 1 as before;\n')
    await terminal.shows('(1 row)')
    await service.end('SIGTERM')
    service = new MillraceProcess([], { MILLRACE_HOME: home, MILLRACE_PORT: '0' })
    await service.url()
    terminal.type('select 2 as after;\n')
    await terminal.shows('Connected again.')
    await terminal.shows('(1 row)')
    terminal.type('select pg_terminate_backend(pg_backend_pid());\n')
    await terminal.shows('The connection to the server is lost.')
    terminal.type('select 3 as later;\n')
    await terminal.shows('(1 row)')
    terminal.type('.exit\n')
    expect(await terminal.ended).toBe(0)
  })

  it('shows how far a query on the command line has come, too; Ctrl-C cancels it', async () => {
    const sql = "select * from acme_page where path = '/slow'"
    const terminal = new Terminal(['query', sql], { MILLRACE_HOME: home })
    terminals.push(terminal)
    expect(await terminal.shows('1 row, ')).toMatch(/acme_page: .*API call.*, 1 row, $/)
    terminal.type(controlC)
    expect(await terminal.ended).toBe(130)
  })

  it('uses a pager for a query on the command line too, which may be left before the end', async () => {
    const terminal = new Terminal(
      ['query', 'select n from generate_series(1, 100000) n', 'select 7 as next'],
      {
        MILLRACE_HOME: home,
      },
    )
    terminals.push(terminal)
    await terminal.shows(':')
    terminal.type('q')
    expect(await terminal.shows('(1 row)')).toContain('    7\n')
    expect(await terminal.ended).toBe(0)
    const plain = new Terminal(['query', 'select n from generate_series(1, 99) n'], {
      MILLRACE_HOME: home,
      MILLRACE_PAGER: 'off',
    })
    terminals.push(plain)
    await plain.shows('(99 rows)')
    expect(await plain.ended).toBe(0)
  })
})
