/** What plugins throw ends their own statements, or none; a defect of Millrace's own ends the process, as ever. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'

let home = ''
let millrace: MillraceProcess
let url = ''

/** Tables by what they do. A secret stands in what is thrown, and must not be seen anywhere. */
const faultySource = `
import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
let open
const opened = new Promise((resolve) => { open = resolve })
const forever = () => new Promise(() => {})
const thrown = () => new TypeError('secret-token')
const deeds = {
  async rejection() { void Promise.reject(thrown()); await forever() },
  async 'late rejection'() { void (async () => { await null; throw thrown() })(); await forever() },
  async timer() { setTimeout(() => { throw thrown() }, 1); await forever() },
  async emitter() {
    const emitter = new EventEmitter()
    setImmediate(() => emitter.emit('error', thrown()))
    await forever()
  },
  async text() { setTimeout(() => { throw 'secret-token' }, 1); await forever() },
  async unreadable() {
    const error = thrown()
    Object.defineProperty(error, 'stack', { get() { throw thrown() } })
    setTimeout(() => { throw error }, 1)
    await forever()
  },
  async stackless() { setTimeout(() => { throw Object.assign(thrown(), { stack: [1] }) }, 1); await forever() },
  async proxy() {
    setTimeout(() => { throw new Proxy({}, { getPrototypeOf() { throw thrown() } }) }, 1)
    await forever()
  },
  async nothing() { setTimeout(() => { throw null }, 1); await forever() },
  async program() { spawn('/nonexistent'); await forever() },
  async worker() { new Worker('null.secret', { eval: true }); await forever() },
  async socket() { connect(1, '127.0.0.1'); await forever() },
  async call({ call }) {
    await call('Get', async () => { setTimeout(() => { throw thrown() }, 1); await forever() })
  },
  async 'timer afterwards'() { setTimeout(() => { throw thrown() }, 20) },
  async listener({ signal }) { signal.addEventListener('abort', () => { throw thrown() }) },
  async slow() { await opened },
  async open() { open() },
  async fine() {},
}
export default {
  name: 'faulty', description: 'Fails', connect() {},
  config: { safeParse: (data) => ({ success: true, data }) },
  tables: [{
    name: 'faulty', description: 'Fails', examples: [], cache: { ttl: 0 },
    columns: { deed: { type: 'text', description: 'Deed' }, more: { type: 'text', description: 'More' } },
    keys: { deed: { operators: ['='], require: 'required', valuesPerCall: 1 } },
    async *list(scan) {
      const [deed] = scan.quals.deed[0].values
      await deeds[deed](scan)
      yield [{ deed }]
    },
    hydrate: { more: { columns: ['more'], async fetch() { await deeds.timer() } } },
  }],
}`

/** A plugin whose tables are there, unless it is changed. */
const pluginWith = (changed: string) => `
const table = {
  name: 'thing', description: 'Things', examples: [], keys: {},
  columns: { id: { type: 'text', description: 'Id' } },
  async *list() { yield [{ id: 'one' }] },
}
const thrown = () => new RangeError('secret-token')
export default {
  name: 'changed', description: 'Things', connect() {}, tables: [table],
  config: { safeParse: (data) => ({ success: true, data }) },
  ...{ ${changed} },
}`

/** Connections of plugins that never come to serve, and what a query of each says. */
const broken: Readonly<Record<string, { readonly source: string; readonly says: RegExp }>> = {
  at_load: {
    source: 'throw new Error("no luck")',
    says: /the plugin "millrace-plugin-at_load" cannot be loaded: no luck/,
  },
  twice: { source: pluginWith('tables: [table, table]'), says: /table "thing", name: another has the same/ },
  in_tables: {
    source: pluginWith('tables() { throw new Error("no tables today") }'),
    says: /connection "in_tables" of the plugin changed has no tables: no tables today/,
  },
  beside_tables: {
    source: pluginWith('tables() { setTimeout(() => { throw thrown() }, 1); return new Promise(() => {}) }'),
    says: /connection "beside_tables" of the plugin changed has no tables: the plugin has thrown RangeError where/,
  },
  in_limits: {
    source: pluginWith('limits() { throw thrown() }'),
    says: /connection "in_limits" cannot be opened: the plugin changed has thrown RangeError/,
  },
  in_settings: {
    source: pluginWith('config: { safeParse() { throw thrown() } }'),
    says: /connection "in_settings" cannot be opened: the plugin changed fails on its settings/,
  },
}
/** Plugins that fail beside everything, and serve. */
const serving: Readonly<Record<string, string>> = {
  after_load: `setTimeout(() => { throw new RangeError('secret-token') }, 1)\n${pluginWith('')}`,
  in_remarks: pluginWith('remarks() { throw thrown() }'),
  in_preload: pluginWith('preload() { throw new RangeError("no module") }'),
}

async function install(name: string, source: string): Promise<void> {
  const folder = join(home, 'node_modules', `millrace-plugin-${name}`)
  await mkdir(folder, { recursive: true })
  const manifest = { name: `millrace-plugin-${name}`, type: 'module', exports: './plugin.js' }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'plugin.js'), source)
}

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-failures-'))
  await chmod(home, 0o711)
  const sources = {
    faulty: faultySource,
    ...Object.fromEntries(Object.entries(broken).map(([name, { source }]) => [name, source])),
    ...serving,
  }
  for (const [name, source] of Object.entries(sources)) await install(name, source)
  const connections = Object.fromEntries(
    Object.keys(sources).map((name) => [name, { plugin: `millrace-plugin-${name}` }]),
  )
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })
  const defect = join(home, 'defect.mjs')
  await writeFile(defect, "process.on('SIGUSR2', () => { throw new Error('a defect of our own') })")
  millrace = new MillraceProcess([], {
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_LOG: 'info',
    MILLRACE_WATCH: 'false',
    NODE_OPTIONS: `--import ${pathToFileURL(defect)}`,
  })
  url = await millrace.url()
}, 120_000)
afterAll(() => rm(home, { recursive: true, force: true }))

async function ask(sql: string): Promise<unknown[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const deed = (name: string, column = 'deed') => `select ${column} from faulty.faulty where deed = '${name}'`

const failureOf = (sql: string): Promise<Partial<pg.DatabaseError>> =>
  ask(sql).then(
    (rows) => {
      throw new Error(`there are rows: ${rows}`)
    },
    (error) => error,
  )

describe('what a plugin throws beside its list', () => {
  it.each([
    ['rejection', 'TypeError'],
    ['late rejection', 'TypeError'],
    ['timer', 'TypeError'],
    ['emitter', 'TypeError'],
    ['text', 'a value of the type string'],
    ['call', 'TypeError'],
    ['unreadable', 'TypeError'],
    ['stackless', 'TypeError'],
    ['proxy', 'what cannot be looked at'],
    ['nothing', 'a value of the type object'],
    ['program', 'Error ENOENT'],
    ['worker', 'TypeError'],
    ['socket', 'Error ECONNREFUSED'],
  ])('ends its statement, and no other: %s', async (name, thrown) => {
    const other = ask(deed('slow'))
    const error = await failureOf(deed(name))
    expect(error).toMatchObject({
      code: 'HV000',
      message: `faulty: the plugin faulty has thrown ${thrown} where nothing waits for it`,
      hint: expect.stringContaining('defect of the plugin'),
    })
    if (error.detail !== undefined) expect(error.detail).toMatch(/^At (?:plugin\.js|eval\]):\d+\.$/)
    if (name === 'timer') expect(error.detail).toBeDefined()
    expect(await ask(deed('fine'))).toEqual(['fine'])
    await ask(deed('open'))
    expect(await other).toEqual(['slow'])
  })

  it('ends its statement, too, where a hydrate function does it', async () => {
    expect(await failureOf(deed('fine', 'more'))).toMatchObject({ code: 'HV000' })
  })

  it('ends all statements that wait for the same rows, and a later one asks anew', async () => {
    const both = await Promise.all([failureOf(deed('timer')), failureOf(deed('timer'))])
    expect(both).toMatchObject([{ code: 'HV000' }, { code: 'HV000' }])
    expect(await failureOf(deed('timer'))).toMatchObject({ code: 'HV000' })
  })

  it.each(['timer afterwards', 'listener'])(
    'ends nothing where the statement has ended: %s',
    async (name) => {
      expect(await ask(deed(name))).toEqual([name])
      await millrace.logged(
        /"plugin":"faulty","purpose":"table faulty","error":"TypeError.*a plugin failed beside/,
      )
      expect(await ask(deed('fine'))).toEqual(['fine'])
    },
  )
})

describe('a plugin that fails while it is opened', () => {
  it.each(Object.entries(broken))('is reported, and the others serve: %s', async (name, { says }) => {
    const [said] = await ask(
      `select error from steampipe_internal.steampipe_connection where name = '${name}'`,
    )
    expect(said).toMatch(says)
  })

  it.each(Object.keys(serving))('beside everything, serves: %s', async (name) => {
    expect(await ask(`select id from ${name}.thing`)).toEqual(['one'])
  })
})

it('a defect of Millrace itself ends the process, as ever', async () => {
  millrace.signal('SIGUSR2')
  const { code, stdout, stderr } = await millrace.ended
  expect(code).toBe(1)
  expect(stderr).toContain('Error: a defect of our own')
  expect(`${stdout}${stderr}`).not.toContain('secret-token')
})
