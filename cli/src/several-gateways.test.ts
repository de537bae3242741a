/** Three gateways over one PostgreSQL behind HAProxy, asked side by side, while one of them is killed. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Sandbox, startSandbox } from '@millrace/sandbox/sandbox'
import {
  type DebianServer,
  debianPrograms,
  freePort,
  startTemporaryServer,
} from '@millrace/sql-engine/testing/debian-postgres'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { temporaryHome } from './testing/temporary-home.js'

const hasProxy = await promisify(execFile)('haproxy', ['-v']).then(
  () => true,
  () => false,
)
const canRun = hasProxy && (await debianPrograms()) !== undefined
if (!canRun) {
  const missing = "HAProxy or Debian's package postgresql is not installed"
  if (process.env.CI === 'true') throw new Error(`${missing}; tests with CI=true need them`)
  process.stderr.write(`skipped: ${missing}\n`)
}

const password = 'a secret of this test'
const group = 'busy'
const events = 400

async function newHome(): Promise<string> {
  const home = await temporaryHome('several')
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  return home
}

/** Whoever of the gateways lives gets the next client. */
async function startProxy(ports: readonly number[]): Promise<number> {
  const port = await freePort()
  const file = join(await newHome(), 'haproxy.cfg')
  const servers = ports.map(
    (one, index) => `  server gateway${index} 127.0.0.1:${one} check inter 200ms fall 1`,
  )
  await writeFile(
    file,
    `defaults
  mode tcp
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  option redispatch
  retries 3
listen millrace
  bind 127.0.0.1:${port}
  balance roundrobin
${servers.join('\n')}
`,
  )
  const proxy = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  onTestFinished(async () => {
    proxy.kill('SIGKILL')
    if (proxy.exitCode === null && proxy.signalCode === null) await once(proxy, 'close')
  })
  return port
}

async function startGateways(
  count: number,
  server: DebianServer,
  sandbox: Sandbox,
): Promise<readonly MillraceProcess[]> {
  const started: MillraceProcess[] = []
  for (let index = 0; index < count; index++) {
    const gateway = new MillraceProcess([], {
      ...sandbox.environment,
      MILLRACE_HOME: await newHome(),
      MILLRACE_PORT: '0',
      MILLRACE_PASSWORD: password,
      MILLRACE_ENGINE_URL: server.url(),
      MILLRACE_ENGINE_CLIENT_URL: server.url('millrace'),
    })
    onTestFinished(async () => void (await gateway.end('SIGKILL')))
    started.push(gateway)
    await gateway.url()
  }
  return started
}

/** A client that connects again and repeats what it has asked, as applications do, when its session ends. */
async function ask(
  port: number,
  texts: readonly string[],
  onAnswer: () => void,
): Promise<readonly pg.QueryResult[]> {
  const answers: pg.QueryResult[] = []
  while (answers.length < texts.length) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'millrace',
      password,
      database: 'millrace',
    })
    client.on('error', () => {})
    try {
      await client.connect()
      for (const text of texts.slice(answers.length)) {
        answers.push(await client.query(text))
        onAnswer()
      }
    } catch (error) {
      if (!isLoss(error)) throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
  return answers
}

/** Whether the session, or the way to it, is gone: not whether the statement is wrong. */
function isLoss(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^(08|57P)/.test(code) || /ECONN|EPIPE|terminated unexpectedly/.test(`${code} ${error}`)
}

const addresses = Array.from({ length: 60 }, (_, index) => `198.51.100.${index + 1}`)

/** What a client asks: lists of addresses that overlap with others', and all events of a log group. */
function statements(client: number): readonly string[] {
  return Array.from({ length: 12 }, (_, turn) => {
    if (turn % 4 === 3)
      return `select count(*) from aws_cloudwatch_log_event where log_group_name = '${group}'`
    const start = (client * 7 + turn * 11) % addresses.length
    const list = [...addresses, ...addresses].slice(start, start + 5).map((ip) => `'${ip}'`)
    return `select host(ip) as ip, city from ipstack_ip where ip in (${list.join(', ')})`
  })
}

describe.runIf(canRun)('three gateways over one PostgreSQL', () => {
  it('answer rightly and ask once, while one of them is killed', { timeout: 120_000 }, async () => {
    await buildCommand()
    const [server, sandbox] = await Promise.all([startTemporaryServer(), startSandbox()])
    onTestFinished(async () => void (await Promise.all([server.stop(), sandbox.stop()])))
    sandbox.generateEvents({ logGroup: group, count: events })
    sandbox.faults.add({ kind: 'latency', milliseconds: 20 })
    const gateways = await startGateways(3, server, sandbox)
    const ports = await Promise.all(gateways.map(async (one) => Number(new URL(await one.url()).port)))
    const port = await startProxy(ports)

    const clients = Array.from({ length: 8 }, (_, client) => statements(client))
    const total = clients.flat().length
    let answered = 0
    let callsBefore = 0
    const onAnswer = () => {
      if (++answered !== Math.floor(total / 3)) return
      gateways[1]?.signal('SIGKILL')
      callsBefore = sandbox.calls.count()
    }
    const all = await Promise.all(clients.map((texts) => ask(port, texts, onAnswer)))
    expect(answered).toBe(total)

    // libpq goes on to the next host by itself.
    const [, dead = 0, alive = 0] = ports
    const way = `host=127.0.0.1,127.0.0.1 port=${dead},${alive} user=millrace dbname=millrace connect_timeout=10`
    const { stdout } = await promisify(execFile)(
      'psql',
      ['-XAtc', 'select count(*) from ipstack_ip where ip = $$198.51.100.1$$', way],
      {
        env: { ...process.env, PGPASSWORD: password },
      },
    )
    expect(stdout).toBe('1\n')

    const cities = new Map<string, string>()
    for (const [client, answers] of all.entries()) {
      for (const [turn, { rows }] of answers.entries()) {
        const text = clients[client]?.[turn] ?? ''
        if (text.includes('count(*)')) expect(rows).toEqual([{ count: String(events) }])
        else {
          const asked = [...text.matchAll(/'([\d.]+)'/g)].map(([, ip]) => ip)
          expect(rows.map(({ ip }) => ip).sort()).toEqual(asked.sort())
          for (const { ip, city } of rows) {
            expect([ip, cities.get(ip) ?? city]).toEqual([ip, city])
            cities.set(ip, city)
          }
        }
      }
    }

    const questions = sandbox.calls.list().map(questionsOf)
    const [before, after] = [questions.slice(0, callsBefore).flat(), questions.slice(callsBefore).flat()]
    expect(doubled(before)).toEqual([])
    expect(doubled(after)).toEqual([])
    // What the killed one was being answered for its clients is lost with it, and asked for once more.
    const lost = questions
      .slice(callsBefore)
      .filter((call) => call.some((question) => before.includes(question)))
    expect(lost.length).toBeLessThanOrEqual(Math.ceil(clients.length / gateways.length))
  })
})

type Call = ReturnType<Sandbox['calls']['list']>[number]

/** What a call asks that no other should: an address each, or the events of a time. */
function questionsOf({ service, operation, parameters }: Call): readonly string[] {
  if (service === 'ipstack') return z.object({ addresses: z.array(z.string()) }).parse(parameters).addresses
  return operation === 'FilterLogEvents' ? [JSON.stringify(parameters)] : []
}

function doubled(questions: readonly string[]): readonly string[] {
  return questions.filter((question, index) => questions.indexOf(question) !== index)
}
