/** The console's server, by HTTP as its page speaks it. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeToken } from '@millrace/console/server/access'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MillraceProcess } from '../testing/millrace-process.js'
import { type Answer, ask, type RunningConsole, startConsole } from './testing/running-console.js'

let running: RunningConsole
let cookie = ''

beforeAll(async () => {
  running = await startConsole()
  const entered = await ask(running.url)
  cookie = String(entered.headers['set-cookie']).split(';', 1)[0] ?? ''
}, 180_000)

afterAll(() => running?.stop())

const get = (path: string, more: Readonly<Record<string, string>> = {}) =>
  ask(`${running.origin}${path}`, { cookie, ...more })

const post = (path: string, body: unknown, more: Readonly<Record<string, string>> = {}) =>
  ask(`${running.origin}${path}`, { cookie, origin: running.origin, ...more }, body)

interface Event {
  readonly kind: string
  readonly rows?: unknown
  readonly [more: string]: unknown
}

function eventsOf({ body }: Answer): Event[] {
  return body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

const run = async (sql: string, fresh = false) => eventsOf(await post('/api/run', { sql, fresh }))

const last = (events: readonly Event[]) => events.at(-1)

describe('whoever wants in', () => {
  it('gets a cookie for the token, once', async () => {
    const used = await ask(running.url)
    expect(used).toMatchObject({ status: 401 })
    expect(used.headers['set-cookie']).toBeUndefined()
    const secret = (await readFile(join(running.home, 'password'), 'utf8')).trim()
    const entered = await ask(`${running.origin}/?token=${makeToken(secret, Date.now())}`)
    expect(entered).toMatchObject({ status: 302, headers: { location: '/' } })
    expect(entered.headers['set-cookie']?.[0]).toMatch(
      /^millrace-console-\d+=[\w-]{43}; .*HttpOnly; SameSite=Strict$/,
    )
    const old = makeToken(secret, Date.now() - 120_000)
    expect(await ask(`${running.origin}/?token=${old}`)).toMatchObject({ status: 401 })
    expect(await ask(`${running.origin}/?token=${makeToken('guessed', Date.now())}`)).toMatchObject({
      status: 401,
    })
  })

  it.each(['/', '/api/catalog', '/assets/index.js'])('is refused %s without the cookie', async (path) => {
    expect(await ask(`${running.origin}${path}`)).toMatchObject({ status: 401 })
    expect(await ask(`${running.origin}${path}`, { cookie: `${cookie.slice(0, -1)}x` })).toMatchObject({
      status: 401,
    })
  })

  it('is refused by another name, as a page that has given a name of its own this address', async () => {
    for (const host of ['example.com', `example.com:${new URL(running.origin).port}`, '127.0.0.1:1']) {
      expect(await get('/api/catalog', { host })).toMatchObject({ status: 403 })
    }
  })

  it('is refused from another page', async () => {
    for (const origin of ['http://example.com', 'null', 'http://127.0.0.1:1']) {
      expect(await post('/api/run', { sql: 'select 1', fresh: false }, { origin })).toMatchObject({
        status: 403,
      })
      expect(await get('/api/catalog', { origin })).toMatchObject({ status: 403 })
    }
    expect(await get('/api/catalog', { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 })
    // A form of another page would send the cookie of a browser that knows no SameSite, and no Origin.
    const silent = await ask(`${running.origin}/api/run`, { cookie }, { sql: 'select 1', fresh: false })
    expect(silent).toMatchObject({ status: 403 })
  })

  it('may do with the page only what its policy says', async () => {
    const page = await get('/')
    expect(page.headers['content-security-policy']).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self' 'nonce-/,
    )
    expect(page.body).not.toMatch(/<script>|<style|\son\w+=|https?:/)
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
    expect(await get('/../package.json')).toMatchObject({ status: 404 })
    expect(await get('/%2e%2e/server/serve-console.js')).toMatchObject({ status: 404 })
  })
})

describe('a statement', () => {
  it('gives its rows, and what was asked for them', async () => {
    const events = await run(
      `select e.source_ip_address::inet as ip, i.city, i.latitude from aws_cloudtrail_trail_event e
       join ipstack_ip i on i.ip = e.source_ip_address::inet
       where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d' order by city`,
    )
    expect(events.find(({ kind }) => kind === 'columns')).toMatchObject({
      columns: [
        { name: 'ip', type: 'inet' },
        { name: 'city', type: 'text' },
        { name: 'latitude', type: 'double precision' },
      ],
    })
    expect(events.find(({ kind }) => kind === 'rows')).toMatchObject({
      rows: expect.arrayContaining([['82.102.17.180', 'Madrid', expect.stringMatching(/^40\./)]]),
    })
    expect(last(events)).toMatchObject({
      kind: 'ended',
      rows: 6,
      isCut: false,
      scans: [
        { table: 'aws_cloudtrail_trail_event', calls: 1, cache: 'miss' },
        { table: 'ipstack_ip', calls: 1, cache: 'miss' },
      ],
    })
  })

  it('fails in PostgreSQL’s words, and where it points, in units of the page', async () => {
    expect(last(await run("select '😀', nothing"))).toMatchObject({
      kind: 'failed',
      report: { code: '42703', message: 'column "nothing" does not exist', position: 13 },
    })
    expect(last(await run('select * from ipstack_ip'))).toMatchObject({
      report: { hint: expect.stringContaining('ip') },
    })
    expect(last(await run('show nothing.at_all'))).toMatchObject({ kind: 'failed' })
  })

  it.each([
    'create table made (n int)',
    'select 1; create table made (n int)',
    'commit; create table made (n int)',
    'set transaction read write; create table made (n int)',
    "select set_config('transaction_read_only', 'off', false)",
    'with made as (delete from pg_class returning 1) select * from made',
  ])('writes nothing: %s', async (sql) => {
    expect(last(await run(sql))).toMatchObject({ kind: 'failed' })
  })

  it('may be one that is no query', async () => {
    const events = await run('explain (costs off) select name from aws_cloudtrail_trail')
    expect(last(events)).toMatchObject({ kind: 'ended', scans: [] })
    expect(JSON.stringify(events)).toContain('aws.aws_cloudtrail_trail')
    expect(last(await run('show server_version'))).toMatchObject({ kind: 'ended', rows: 1 })
  })

  it('is canceled with the page that has asked, and its calls stop', async () => {
    const { sandbox } = running
    sandbox.faults.add({ kind: 'hang', service: 'ipstack' })
    const called = sandbox.calls.next(({ service }) => service === 'ipstack')
    const body = JSON.stringify({ sql: "select * from ipstack_ip where ip = '8.8.4.4'", fresh: true })
    const page = request(`${running.origin}/api/run`, {
      method: 'POST',
      headers: { cookie, origin: running.origin },
    })
    page.on('error', () => {})
    page.end(body)
    const call = await called
    page.destroy()
    await sandbox.calls.until(() => call.endedAt !== undefined)
    expect(call.aborted).toBe(true)
    sandbox.faults.clear()
  })
})

describe('a large result', () => {
  it('is read where one looks at it, saved whole, and dropped', async () => {
    const events = await run("select n, 'row ' || n as name from generate_series(1, 250000) n")
    const end = last(events)
    expect(end).toMatchObject({ kind: 'ended', rows: 250_000, isCut: false, result: expect.any(String) })
    const sent = events.flatMap(({ kind, rows }) => (kind === 'rows' && Array.isArray(rows) ? rows : []))
    expect(sent).toHaveLength(1_000)
    const id = String(end?.result)
    const look = async (part: number) => JSON.parse((await get(`/api/results/${id}/parts/${part}`)).body)
    expect((await look(1_249)).at(-1)).toEqual(['250000', 'row 250000'])
    expect((await look(617))[55]).toEqual(['123456', 'row 123456'])
    expect(await get(`/api/results/${id}/parts/1250`)).toMatchObject({ status: 410 })
    const csv = await get(`/api/results/${id}/file/csv`)
    const lines = await get(`/api/results/${id}/file/jsonl`)
    expect(csv.body.split('\n')).toHaveLength(250_002)
    expect(lines.body.endsWith('{"n":250000,"name":"row 250000"}\n')).toBe(true)
    await post('/api/results/drop', { ids: [id] })
    expect(await get(`/api/results/${id}/parts/0`)).toMatchObject({ status: 410 })
  })
})

it('a service has one of its own where the settings say so, which the command opens', async () => {
  const home = await mkdtemp(join(tmpdir(), 'millrace-console-'))
  await chmod(home, 0o711)
  const variables = { MILLRACE_HOME: home, MILLRACE_PORT: '0', MILLRACE_CONSOLE: 'true' }
  const service = new MillraceProcess(['serve'], variables)
  try {
    await service.url()
    const opening = await new MillraceProcess(['console', '--no-open'], variables).ended
    expect(opening).toMatchObject({ code: 0, stderr: '' })
    const { origin } = new URL(opening.stdout.trim())
    const entered = await ask(opening.stdout.trim())
    const headers = { cookie: String(entered.headers['set-cookie']).split(';', 1)[0] ?? '', origin }
    const events = eventsOf(
      await ask(`${origin}/api/run`, headers, { sql: 'select current_user', fresh: false }),
    )
    expect(events).toContainEqual({ kind: 'rows', rows: [['millrace']] })
  } finally {
    await service.end('SIGTERM')
    await rm(home, { recursive: true, force: true })
  }
}, 60_000)

it('rows that a page has are saved in their types', async () => {
  const columns = [
    { name: 'n', oid: 23 },
    { name: 'at', oid: 1184 },
  ]
  const response = await fetch(`${running.origin}/api/file/parquet`, {
    method: 'POST',
    headers: { cookie, origin: running.origin },
    body: JSON.stringify({
      columns,
      rows: [
        ['7', '2022-07-06 20:38:09+00'],
        [null, null],
      ],
    }),
  })
  const file = await response.arrayBuffer()
  expect(await parquetReadObjects({ file })).toEqual([
    { n: 7, at: new Date('2022-07-06T20:38:09Z') },
    { n: null, at: null },
  ])
})

describe('what there is', () => {
  it('is in the catalog, with keys, examples and states', async () => {
    const catalog = JSON.parse((await get('/api/catalog')).body)
    expect(catalog.writes).toBe(false)
    expect(catalog.examples[0]).toMatchObject({ sql: expect.stringContaining('aws_cloudtrail_trail') })
    expect(catalog.connections).toContainEqual(expect.objectContaining({ name: 'ipstack', state: 'ready' }))
    const table = catalog.tables.find(({ name }: { name: string }) => name === 'ipstack_ip')
    expect(table.columns).toContainEqual({
      name: 'ip',
      type: 'inet',
      description: expect.any(String),
      operators: ['='],
      require: 'required',
    })
  })

  it('is priced without a call', async () => {
    const before = running.sandbox.calls.count()
    const sql = "select city from ipstack_ip where ip = '9.9.9.9' and city ~ 'x'"
    expect(JSON.parse((await post('/api/price', { sql })).body)).toMatchObject({
      kind: 'priced',
      scans: [
        {
          table: 'ipstack.ipstack_ip',
          pushed: ["ip = '9.9.9.9'"],
          kept: [{ condition: "city ~ 'x'", reason: expect.any(String) }],
          calls: expect.stringMatching(/^1/),
        },
      ],
    })
    expect(JSON.parse((await post('/api/price', { sql: 'select * from ipstack_ip' })).body)).toMatchObject({
      kind: 'failed',
      report: { hint: expect.any(String) },
    })
    expect(JSON.parse((await post('/api/price', { sql: 'show all' })).body)).toEqual({ kind: 'none' })
    expect(running.sandbox.calls.count()).toBe(before)
  })

  it('is cached, and forgotten on request', async () => {
    await run("select city from ipstack_ip where ip = '82.102.17.180'")
    expect(JSON.parse((await get('/api/cache')).body)).toContainEqual(
      expect.objectContaining({ table: 'ipstack_ip' }),
    )
    await post('/api/cache/clear', { table: 'ipstack.ipstack_ip' })
    expect((await get('/api/cache')).body).not.toContain('ipstack_ip')
  })
})

it.each([
  ['/api/run', { sql: 7 }],
  ['/api/results/keep', { ids: ['../x'] }],
  ['/api/file/exe', { columns: [], rows: [] }],
])('what makes no sense is refused: %s', async (path, body) => {
  expect(await post(path, body)).toMatchObject({ status: 400 })
})
