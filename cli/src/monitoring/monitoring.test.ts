/** A server that is watched, as a process of its own over the sandbox. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { temporaryHome } from '../testing/temporary-home.js'
import { withClient } from '../testing/with-client.js'

let home = ''
let sandbox: Sandbox
let millrace: MillraceProcess
let url = ''
let monitoring = ''

const secretText = "select 1/0 as quotient, 'a_secret_text' as name"

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('monitoring')
  sandbox = await startSandbox()
  const connections = { ipstack: { plugin: 'ipstack' }, other: { plugin: 'ipstack' } }
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })
  millrace = start(home, '0')
  const { port } = JSON.parse(await millrace.logged(/monitoring listens/))
  monitoring = `http://127.0.0.1:${port}`
  url = await millrace.url()
}, 120_000)
afterAll(async () => {
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
})

function start(inHome: string, monitoringPort: string, more: Readonly<Record<string, string>> = {}) {
  return new MillraceProcess([], {
    ...sandbox.environment,
    MILLRACE_HOME: inHome,
    MILLRACE_PORT: '0',
    MILLRACE_LOG: 'info',
    MILLRACE_MONITORING_PORT: monitoringPort,
    MILLRACE_LOG_STATEMENTS: 'true',
    ...more,
  })
}

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${monitoring}${path}`)
  return { status: response.status, body: await response.text() }
}

/** The value of a series, 0 where there is none. */
function seriesValue(metrics: string, series: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

/** By how much series change while something is done. */
async function changes(series: readonly string[], work: () => Promise<unknown>): Promise<number[]> {
  const before = (await get('/metrics')).body
  await work()
  const after = (await get('/metrics')).body
  return series.map((one) => seriesValue(after, one) - seriesValue(before, one))
}

const origin = 'plugin="ipstack",connection="ipstack",table="ipstack_ip"'

describe('a server that is watched', () => {
  it('is live and ready, and says so by HTTP', async () => {
    expect(await get('/health/live')).toEqual({ status: 200, body: '{"live":true}\n' })
    expect(await get('/health/ready')).toEqual({ status: 200, body: '{"live":true,"ready":true}\n' })
    expect(await get('/health')).toEqual({ status: 200, body: '{"live":true,"ready":true}\n' })
    expect((await get('/health/other')).status).toBe(404)
    expect((await fetch(`${monitoring}/metrics`, { method: 'POST' })).status).toBe(405)
    const head = await fetch(`${monitoring}/metrics`, { method: 'HEAD' })
    expect(head.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  })

  it('counts statements of both protocols, their rows and their errors', async () => {
    const series = [
      'millrace_statements_total{outcome="ok"}',
      'millrace_statements_total{outcome="error"}',
      'millrace_statement_rows_total',
      'millrace_statement_errors_total{class="22"}',
      'millrace_statement_errors_total{class="42"}',
      'millrace_statement_duration_seconds_count',
    ]
    const counted = await changes(series, () =>
      withClient(url, async (client) => {
        await client.query('select 1; select generate_series(1, 4)')
        await client.query('select generate_series(1, $1::int)', [10])
        await client.query('select $1::int where false', [1])
        await expect(client.query(secretText)).rejects.toMatchObject({ code: '22012' })
        await expect(client.query('select $1::int from nowhere', [1])).rejects.toMatchObject({
          code: '42P01',
        })
        // A staged one that fails at its Bind, and a parse error.
        await expect(client.query('select city, 1/$1::int from ipstack_ip', [1])).rejects.toThrow(
          /needs|requires|key/,
        )
        await expect(client.query('selec')).rejects.toMatchObject({ code: '42601' })
        await client.query('begin')
        await client.query('rollback')
      }),
    )
    expect(counted.slice(0, 4)).toEqual([5, 4, 15, 1])
    expect(counted[5]).toBe(9)
  })

  it('counts what is asked of an API, and where rows come from', async () => {
    const ask = () =>
      withClient(url, (client) =>
        client.query("select city from ipstack.ipstack_ip where ip = '107.23.186.42'"),
      )
    const series = [
      `millrace_api_calls_total{${origin},call="Standard Lookup"}`,
      `millrace_scans_total{${origin},cache="miss"}`,
      `millrace_scans_total{${origin},cache="hit"}`,
      `millrace_fetched_rows_total{${origin}}`,
      'millrace_scan_duration_seconds_count{plugin="ipstack"}',
      'millrace_statement_stage_duration_seconds_count{stage="plan"}',
      'millrace_statement_stage_duration_seconds_count{stage="fetch"}',
      'millrace_statement_stage_duration_seconds_count{stage="postgres"}',
      'millrace_statement_rows_total',
    ]
    expect(await changes(series, ask)).toEqual([1, 1, 0, 1, 1, 1, 1, 1, 1])
    expect(await changes(series, ask)).toEqual([0, 0, 1, 0, 0, 1, 1, 1, 1])
  })

  it('counts throttles and retries by connection', async () => {
    sandbox.faults.add({ kind: 'throttle', times: 1 })
    const others = 'plugin="ipstack",connection="other",table="ipstack_ip",call="Standard Lookup"'
    const series = [
      `millrace_api_calls_total{${others}}`,
      `millrace_api_call_retries_total{${others}}`,
      `millrace_api_call_throttles_total{${others}}`,
    ]
    const counted = await changes(series, () =>
      withClient(url, (client) =>
        client.query("select city from other.ipstack_ip where ip = '107.23.186.43'"),
      ),
    )
    expect(counted).toEqual([2, 1, 1])
  })

  it('shows sessions, limiters and the process, and no text, user or secret', async () => {
    const { body } = await withClient(url, () => get('/metrics'))
    expect(seriesValue(body, 'millrace_sessions{kind="client"}')).toBe(1)
    expect(body).toContain('millrace_api_calls_in_flight{plugin="ipstack"} 0')
    expect(body).toContain('millrace_api_calls_waiting{plugin="ipstack"} 0')
    expect(seriesValue(body, 'millrace_engine_up')).toBe(1)
    expect(seriesValue(body, 'process_resident_memory_bytes')).toBeGreaterThan(1e7)
    const password = await readFile(join(home, 'password'), 'utf8')
    for (const secret of ['a_secret_text', '107.23.186.42', password.trim()])
      expect(body).not.toContain(secret)
  })

  it('logs a line for each statement, without literals and parameters', async () => {
    const ask = (ip: string) => ({ text: 'select city from ipstack_ip where ip = $1', values: [ip] })
    await withClient(url, async (client) => {
      await client.query("select 'a_secret' as name -- and another")
      await client.query(ask('107.23.186.44'))
      await client.query("select 1 from nowhere where a = 'a_secret'").catch(() => {})
    })
    const [first, second, third] = [
      JSON.parse(await millrace.logged(/"statement":"select \? as name"/)),
      JSON.parse(await millrace.logged(/"statement":"select city from ipstack_ip where ip = \$1"/)),
      JSON.parse(await millrace.logged(/"statement":"select \? from nowhere where a = \?"/)),
    ]
    const usual = { msg: 'statement', level: 30, user: 'millrace', duration_ms: expect.any(Number) }
    expect(first).toMatchObject({ ...usual, rows: 1, calls: 0 })
    expect(second).toMatchObject({ ...usual, rows: 1, calls: 1 })
    expect(third).toMatchObject({ ...usual, rows: 0, sqlstate: '42P01' })
    expect(first).not.toHaveProperty('sqlstate')
  })

  it('is not ready while its PostgreSQL is dead, and counts the restart', async () => {
    const restarts = ['millrace_engine_restarts_total']
    const pid = Number((await readFile(join(home, 'data/postmaster.pid'), 'utf8')).split('\n')[0])
    const seen: number[] = []
    const counted = await changes(restarts, async () => {
      process.kill(pid, 'SIGKILL')
      for (let status = 0; status !== 200 || !seen.includes(503); await setImmediate()) {
        status = (await get('/health/ready')).status
        seen.push(status)
        expect((await get('/health/live')).status).toBe(200)
      }
    })
    expect(counted).toEqual([1])
    expect(await withClient(url, (client) => client.query('select 1 as one'))).toMatchObject({
      rows: [{ one: 1 }],
    })
  })

  it('does not start where the port is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const another = await mkdtemp(join(tmpdir(), 'millrace-monitoring-'))
    const { code, stderr } = await start(another, String(port)).ended
    await new Promise((resolve) => taken.close(resolve))
    await rm(another, { recursive: true, force: true })
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} of 127.0.0.1, for monitoring, is in use`)
  })

  it('logs to a file where the settings say so, and says at the start where it cannot', async () => {
    const another = join(home, 'another')
    await mkdir(another, { mode: 0o711 })
    const refused = await start(another, '0', { MILLRACE_LOG_FILE: 'no/log' }).ended
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('MILLRACE_LOG_FILE') })
    expect(refused.stderr).toContain('ENOENT')
    const logging = start(another, '0', { MILLRACE_LOG_FILE: 'millrace.log' })
    await logging.url()
    const { code, stderr } = await logging.end('SIGTERM')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await readFile(join(another, 'millrace.log'), 'utf8')).toMatch(
      /^\{"level":30.*"msg":"monitoring listens"\}$/m,
    )
  })

  it('stops with the server, although somebody keeps a connection', async () => {
    expect((await get('/health/live')).status).toBe(200)
    const { code, stderr } = await millrace.end('SIGTERM')
    expect(code).toBe(0)
    for (const secret of ['a_secret', '107.23.186.4']) expect(stderr).not.toContain(secret)
    await expect(get('/health/live')).rejects.toThrow()
  })
})
