/** Traces of a server, as a process of its own over the sandbox, sent by the real exporter to a receiver of the test. */
import { rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import { psql, psqlTest } from '@millrace/server/testing/psql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildCommand, MillraceProcess } from '../testing/millrace-process.js'
import { temporaryHome } from '../testing/temporary-home.js'
import { withClient } from '../testing/with-client.js'

/** OTLP as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const value = z.looseObject({ stringValue: z.string(), intValue: z.union([z.int(), z.string()]) }).partial()
const attributes = z.array(z.object({ key: z.string(), value }))
const spanShape = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.int(),
  attributes,
  status: z.object({ code: z.int().optional() }),
})
const exportShape = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(spanShape) })),
    }),
  ),
})

type Span = z.infer<typeof spanShape>

let home = ''
let sandbox: Sandbox
let receiver: Server
let millrace: MillraceProcess
let url = ''
const bodies: string[] = []
const spans: Span[] = []
let resource: z.infer<typeof attributes> = []
let onSpans = () => {}

beforeAll(async () => {
  await buildCommand()
  home = await temporaryHome('tracing')
  sandbox = await startSandbox()
  receiver = createServer(async (request, response) => {
    const body = await text(request)
    bodies.push(body)
    for (const { resource: of, scopeSpans } of exportShape.parse(JSON.parse(body)).resourceSpans) {
      resource = of.attributes
      for (const scope of scopeSpans) spans.push(...scope.spans)
    }
    response
      .writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' })
      .end('{}')
    onSpans()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => receiver.once('listening', resolve))
  const connections = { aws: { plugin: 'aws' }, ipstack: { plugin: 'ipstack' } }
  await writeFile(join(home, 'config.json'), JSON.stringify({ connections }), { mode: 0o600 })
  const { port } = receiver.address() as AddressInfo
  millrace = new MillraceProcess([], {
    ...sandbox.environment,
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a_secret_header',
    OTEL_SERVICE_NAME: 'millrace of the test',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  })
  url = await millrace.url()
}, 120_000)
afterAll(async () => {
  await millrace.end('SIGKILL')
  await sandbox.stop()
  receiver.closeAllConnections()
  receiver.close()
  await rm(home, { recursive: true, force: true })
})

const traceId = (number: number) => number.toString(16).padStart(32, '0')
const outerSpan = 'c532cb4098ac3dd2'
const comment = (number: number) => `/*traceparent='00-${traceId(number)}-${outerSpan}-01'*/`

/** The spans of a trace, once the statement's own has come, which is the last. */
async function spansOf(trace: string): Promise<readonly Span[]> {
  for (;;) {
    const found = spans.filter((span) => span.traceId === trace)
    if (found.some(({ parentSpanId }) => parentSpanId === outerSpan)) return found
    await new Promise<void>((resolve) => {
      onSpans = resolve
    })
  }
}

function attributesOf(span: Span | undefined): Record<string, unknown> {
  return Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value: given }) => [
      key,
      given.stringValue ?? Number(given.intValue),
    ]),
  )
}

describe('a trace', { timeout: 60_000 }, () => {
  psqlTest(
    'goes from the comment of a statement through plan and scan to the requests, which carry it on',
    async () => {
      const join = `select count(i.city) from aws_cloudtrail_trail_event e join ipstack_ip i on i.ip = e.source_ip_address::inet
      where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address = '89.248.165.99' ${comment(1)};`
      expect((await psql(url, join)).output).toBe('1\n')
      const found = await spansOf(traceId(1))
      const byName = (name: string) => found.filter((span) => span.name === name)
      const parentOf = (span: Span | undefined) =>
        found.find(({ spanId }) => spanId === span?.parentSpanId)?.name
      const [statement] = byName('SELECT')
      expect(statement?.kind).toBe(2) // server
      expect(attributesOf(statement)).toMatchObject({
        'db.system.name': 'postgresql',
        'db.namespace': 'millrace',
        'db.operation.name': 'SELECT',
        'db.query.text': expect.stringMatching(/where e\.log_group_name = \? and e\.source_ip_address = \?/),
        'db.response.returned_rows': 1,
      })
      expect(parentOf(byName('plan')[0])).toBe('SELECT')
      for (const [table, connection, call] of [
        ['aws_cloudtrail_trail_event', 'aws', 'FilterLogEvents'],
        ['ipstack_ip', 'ipstack', 'Standard Lookup'],
      ] as const) {
        const [scan] = byName(`scan ${table}`)
        expect(parentOf(scan)).toBe('SELECT')
        expect(attributesOf(scan)).toMatchObject({
          'db.collection.name': `${connection}.${table}`,
          'millrace.connection': connection,
          'millrace.cache': 'miss',
        })
        const [request] = byName(call)
        expect(request?.kind).toBe(3) // client
        expect(parentOf(request)).toBe(`scan ${table}`)
        expect(attributesOf(request)).toMatchObject({
          'http.request.method': call === 'FilterLogEvents' ? 'POST' : 'GET',
          'http.response.status_code': 200,
          'server.address': '127.0.0.1',
          'server.port': Number(new URL(sandbox.url).port),
        })
        const service = connection === 'aws' ? 'logs' : 'ipstack'
        const seen = sandbox.calls.list({ service }).map(({ traceparent }) => traceparent)
        expect(seen).toContain(`00-${traceId(1)}-${request?.spanId}-01`)
      }
    },
  )

  it('follows prepared statements and what a function asks for by itself, and tells errors by their SQLSTATE', async () => {
    await withClient(url, async (client) => {
      await client.query(`create function traced(ip inet) returns text language plpgsql
        as $$ begin return (select city from ipstack_ip i where i.ip = traced.ip); end $$`)
      const lookup = `select city from ipstack_ip where ip = $1 ${comment(2)}`
      await client.query({ text: lookup, values: ['107.23.186.43'] })
      await client.query(`select traced('107.23.186.44') ${comment(3)}`)
      await client.query(`select 1/0 ${comment(4)}`).catch(() => {})
      sandbox.faults.add({ kind: 'error', status: 400, service: 'ipstack', times: 1 })
      await client
        .query(`select city from ipstack_ip where ip = '107.23.186.45' ${comment(5)}`)
        .catch(() => {})
    })
    for (const trace of [2, 3]) {
      const names = (await spansOf(traceId(trace))).map(({ name }) => name).sort()
      expect(names, `trace ${trace}`).toEqual(['SELECT', 'Standard Lookup', 'plan', 'scan ipstack_ip'])
    }
    const [failed] = await spansOf(traceId(4))
    expect(failed?.status.code).toBe(2)
    expect(attributesOf(failed)).toMatchObject({ 'db.response.status_code': '22012', 'error.type': '22012' })
    const refused = await spansOf(traceId(5))
    expect(refused.map(({ status }) => status.code ?? 0).sort()).toEqual([0, 2, 2, 2])
  })

  it('begins with the statement where no comment names another, and holds no literal, parameter or secret', async () => {
    await withClient(url, async (client) => {
      await client.query("select 'a_secret_text' as name")
      await client.query({ text: 'select $1::text as name', values: ['a_secret_value'] })
    })
    await withClient(url, (client) => client.query(`select 1 ${comment(6)}`))
    await spansOf(traceId(6))
    const own = spans.find((span) => attributesOf(span)['db.query.text'] === 'select ? as name')
    expect(own?.parentSpanId ?? '').toBe('')
    const all = bodies.join()
    for (const secret of ['a_secret', '107.23.186.4', '89.248', 'cloudtrail-cwg-devto'])
      expect(all).not.toContain(secret)
    expect(
      Object.fromEntries(resource.map(({ key, value: given }) => [key, given.stringValue])),
    ).toMatchObject({
      'service.name': 'millrace of the test',
      'service.version': '0.1.0',
    })
  })

  it('that no collector takes holds up nothing, and the stop sends what is left', async () => {
    const sent = bodies.length
    await withClient(url, (client) => client.query(`select 1 ${comment(7)}`))
    const { code, stderr } = await millrace.end('SIGTERM')
    expect(code).toBe(0)
    expect(stderr).not.toContain('a_secret')
    expect(spans.some((span) => span.traceId === traceId(7))).toBe(true)
    expect(bodies.length).toBeGreaterThan(sent)
    const nobody = new MillraceProcess([], {
      MILLRACE_HOME: home,
      MILLRACE_PORT: '0',
      MILLRACE_TRACING_ENDPOINT: 'http://127.0.0.1:1/',
    })
    url = await nobody.url()
    expect((await withClient(url, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }])
    const start = performance.now()
    expect((await nobody.end('SIGTERM')).code).toBe(0)
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})
