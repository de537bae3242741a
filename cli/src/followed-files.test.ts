/** A running server follows its configuration's files: through a process, as users start it, and the folder that they edit. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'

let home = ''
let millrace: MillraceProcess
let session: pg.Client

const put = (name: string, text: string) => writeFile(join(home, 'config', name), text)
const rows = async (sql: string) => (await session.query({ text: sql, rowMode: 'array' })).rows
const followed = () => millrace.logged(/have been read again/)

const plugin = `export default {
  name: 'acme', description: 'Acme',
  config: { safeParse: (data) => Object.hasOwn(data, 'nme')
    ? { success: false, error: { issues: [{ code: 'unrecognized_keys', keys: ['nme'], path: [], message: 'x' }] } }
    : { success: true, data } },
  remarks: ({ colour }) => colour === undefined ? [] : ['colour has no effect'],
  connect: (config) => config,
  tables: [{
    name: 'acme_user', description: 'Users', examples: [], keys: {},
    columns: { name: { type: 'text', description: 'Name' } },
    async *list({ connection }) { yield [{ name: connection.name }] },
  }],
}`

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-followed-'))
  // PostgreSQL runs under another account where the test runs as root.
  await chmod(home, 0o755)
  const folder = join(home, 'node_modules/acme')
  await mkdir(folder, { recursive: true })
  await mkdir(join(home, 'config'))
  await writeFile(
    join(folder, 'package.json'),
    '{ "name": "acme", "type": "module", "exports": "./plugin.js" }',
  )
  await writeFile(join(folder, 'plugin.js'), plugin)
  await put(
    'acme.spc',
    `# Steampipe's way
     connection "a_1" {
       plugin        = "acme"
       name          = "first"
       import_schema = "disabled"
     }
     connection "all" {
       type        = "aggregator"
       plugin      = "acme"
       connections = ["a_*"]
     }
     plugin "acme" {
       limiter "few" { # one at a time would do
         max_concurrency = 3
         scope           = ["connection"]
       }
     }
     options "database" {
       cache_max_ttl = 60
     }`,
  )
  millrace = new MillraceProcess([], { MILLRACE_HOME: home, MILLRACE_PORT: '0', MILLRACE_LOG: 'info' })
  session = new pg.Client(await millrace.url())
  await session.connect()
})
afterAll(async () => {
  await session?.end()
  await millrace?.end('SIGTERM')
  await rm(home, { recursive: true, force: true })
})

it('shows no schema of a hidden connection, whose rows an aggregator has', async () => {
  expect(await rows(`select count(*) from pg_namespace where nspname = 'a_1'`)).toEqual([['0']])
  expect(await rows('select name, sp_connection_name from "all".acme_user')).toEqual([['first', 'a_1']])
  expect(await rows('select name, state, tables, line from millrace.connection')).toEqual([
    ['a_1', 'ready', '0', '2'],
    ['all', 'ready', '1', '7'],
  ])
})

it('shows its settings, without secrets, and limiters', async () => {
  expect(
    await rows(`select name, value, source, default_value from millrace.setting
                where name in ('listen.port', 'log', 'cache.ttl', 'password', 'limits.max_rows') order by name`),
  ).toEqual([
    ['cache.ttl', '60', join(home, 'config/acme.spc:19'), '300'],
    ['limits.max_rows', '-1', 'default', '-1'],
    ['listen.port', '0', 'MILLRACE_PORT', '9193'],
    ['log', 'info', 'MILLRACE_LOG', 'warn'],
    ['password', '********', 'default', null],
  ])
  expect(
    await rows(
      'select name, plugin, plugin_instance, max_concurrency, scope from steampipe_internal.steampipe_plugin_limiter',
    ),
  ).toEqual([['few', 'acme', 'acme', '3', ['connection']]])
})

it('takes up a new file while sessions last', async () => {
  await put('more.yaml', 'connections:\n  a_2:\n    plugin: acme\n    name: second\n    colour: red\n')
  await followed()
  expect(await rows('select name from "all".acme_user order by 1')).toEqual([['first'], ['second']])
  expect(await rows('select name from a_2.acme_user')).toEqual([['second']])
  expect(await rows(`select notices from millrace.connection where name = 'a_2'`)).toEqual([
    [['colour has no effect']],
  ])
})

it('keeps what a broken file has broken, and takes up the rest', async () => {
  await put('more.yaml', 'connections:\n  a_2: {\n')
  await millrace.logged(/more\.yaml:\d+: is not YAML: .*; what was there before holds/)
  await followed()
  expect(await rows('select name from a_2.acme_user')).toEqual([['second']])
  await put(
    'more.yaml',
    'connections:\n  a_2: { plugin: acme, nme: x }\n  a_3: { plugin: acme, name: third }\n',
  )
  await millrace.logged(
    /does not take: there is no setting \\"nme\\".*more\.yaml:2\); connection \\"a_2\\" is as it was/,
  )
  await followed()
  expect(await rows('select name from "all".acme_user order by 1')).toEqual([
    ['first'],
    ['second'],
    ['third'],
  ])
})

it('fails an aggregator rather than leave out a member that cannot be opened', async () => {
  await put(
    'more.yaml',
    'connections:\n  a_3: { plugin: acme, name: third }\n  a_4: { plugin: acme, nme: x }\n',
  )
  await followed()
  await expect(rows('select name from "all".acme_user')).rejects.toMatchObject({
    message: expect.stringMatching(
      /^connection "a_4": connection "a_4" has settings that the plugin acme does not take/,
    ),
  })
  expect(await rows(`select name from "all".acme_user where sp_connection_name <> 'a_4' order by 1`)).toEqual(
    [['first'], ['third']],
  )
  expect(
    await rows(`select state, line, error ~ 'more.yaml:3' from millrace.connection where name = 'a_4'`),
  ).toEqual([['error', '3', true]])
  await put(
    'acme.spc',
    `connection "all" {
    type = "aggregator"
    plugin = "acme"
    connections = ["a_*"]
    on_member_failure = "notice"
  }`,
  )
  await followed()
  const notices: string[] = []
  session.on('notice', ({ message = '' }) => notices.push(message))
  expect(await rows('select name from "all".acme_user')).toEqual([['third']])
  expect(notices).toEqual([expect.stringMatching(/^rows are missing: connection "a_4"/)])
})

it('lets connections go whose file has gone', async () => {
  await rm(join(home, 'config/more.yaml'))
  await followed()
  expect(await rows('select name, state from millrace.connection')).toEqual([['all', 'error']])
})
