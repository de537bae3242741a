/** Whatever dies or is told to, twice at each stage: the server serves at the end, over the data that it had. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runningProcesses } from '@millrace/sql-engine/postgres/process-life'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { processesWith } from './testing/running-processes.js'

let home = ''
let millrace: MillraceProcess
let url = ''

beforeAll(async () => {
  await buildCommand()
  home = await mkdtemp(join(tmpdir(), 'millrace-deaths-'))
  millrace = new MillraceProcess([], {
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_LOG: 'info',
    MILLRACE_WATCH: 'false',
  })
  url = await millrace.url()
  await serves('create table kept as select 42 as answer')
}, 120_000)
afterAll(async () => {
  const { code, stderr } = await millrace.end('SIGTERM')
  expect(code).toBe(0)
  expect(stderr).not.toContain('Debugger')
  expect(await processesWith(join(home, 'data'))).toEqual([])
  await rm(home, { recursive: true, force: true })
})

async function connect(): Promise<{ client: pg.Client; lost: Promise<unknown> }> {
  const client = new pg.Client(url)
  const lost = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  return { client, lost }
}

async function serves(sql = 'select answer from kept'): Promise<unknown[]> {
  const { client } = await connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

/** One of PostgreSQL's processes, by what its title says after the server's name. */
async function processOf(kind: string): Promise<number> {
  const [name] = await serves('show cluster_name')
  const found = (await runningProcesses()).find(({ command }) =>
    command[0]?.startsWith(`postgres: ${name}: ${kind} `),
  )
  return found?.pid ?? Number.NaN
}

/** What PostgreSQL says of itself in its lock file: its process, and how far it is. */
async function postmaster(): Promise<{ pid: number; status: string }> {
  const lines = (await readFile(join(home, 'data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return { pid: Number(lines[0]), status: lines[7]?.trim() ?? '' }
}

/** Another postmaster than one that died, in any of some states: no event tells of a file of another process. */
async function nextPostmaster(dead: number, ...states: readonly string[]): Promise<number> {
  for (;;) {
    const { pid, status } = await postmaster()
    if (pid > 0 && pid !== dead && states.includes(status)) return pid
    await setImmediate()
  }
}

describe.each([1, 2])('a server serves on, for the %s. time,', (time) => {
  it('after a kill -9 of PostgreSQL', async () => {
    const { client, lost } = await connect()
    process.kill((await postmaster()).pid, 'SIGKILL')
    expect(await lost).toMatchObject({ code: expect.stringMatching(/^(57P01|08006)$/) })
    await client.end()
    expect(await serves()).toEqual([42])
  })

  it.each(['starting', 'ready'])('after kills -9 of PostgreSQL while it is %s again', async (state) => {
    const first = (await postmaster()).pid
    process.kill(first, 'SIGKILL')
    let dead = first
    for (let kill = 0; kill < time; kill++) {
      dead = await nextPostmaster(dead, ...(state === 'starting' ? ['starting', 'ready'] : ['ready']))
      process.kill(dead, 'SIGKILL')
    }
    await millrace.logged(/PostgreSQL has been started again/)
    await nextPostmaster(dead, 'ready')
    expect(await serves()).toEqual([42])
  })

  it.each(['millrace', 'checkpointer', 'walwriter'])('after a kill -9 of a %s', async (kind) => {
    const { client, lost } = await connect()
    process.kill(await processOf(kind), 'SIGKILL')
    await lost
    await client.end()
    expect(await serves()).toEqual([42])
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    'after %s to PostgreSQL alone, with a client that stays',
    async (name) => {
      const { client, lost } = await connect()
      process.kill((await postmaster()).pid, name)
      await lost
      await client.end()
      expect(await serves()).toEqual([42])
    },
  )

  it.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('through %s, and keeps its clients', async (name) => {
    const { client } = await connect()
    millrace.signal(name)
    await millrace.logged(new RegExp(`"${name}".*received a signal`))
    if (name === 'SIGHUP') await millrace.logged(/have been read again/)
    expect((await client.query('select answer from kept')).rows).toEqual([{ answer: 42 }])
    await client.end()
    expect(await serves()).toEqual([42])
  })

  it('through SIGHUP to PostgreSQL', async () => {
    const { client } = await connect()
    process.kill((await postmaster()).pid, 'SIGHUP')
    expect((await client.query('select answer from kept')).rows).toEqual([{ answer: 42 }])
    await client.end()
  })
})

describe('what SIGHUP reads again', () => {
  const configure = (text: string) => writeFile(join(home, 'config.json'), text, { mode: 0o600 })

  it('is the password, also for PostgreSQL itself', async () => {
    await writeFile(join(home, 'password'), 'another\n')
    millrace.signal('SIGHUP')
    await millrace.logged(/have been read again/)
    await expect(serves()).rejects.toMatchObject({ code: '28P01' })
    const changed = new URL(url)
    changed.password = 'another'
    url = changed.href
    // A function's body is asked for over the loopback.
    expect(await serves('select millrace.cache_clear()')).toEqual(['0'])
  })

  it('is the certificate, and what waits for the next start is told', async () => {
    await configure('{ "tls": false, "cache": { "ttl": 1 } }')
    millrace.signal('SIGHUP')
    expect(await millrace.logged(/hold from the next start on/)).toContain('["cache.ttl"]')
    const client = new pg.Client({ connectionString: url, ssl: { rejectUnauthorized: false } })
    await expect(client.connect()).rejects.toThrow(/does not support SSL/)
    expect(await serves()).toEqual([42])
  })

  it('is the connections, for sessions that are there too', async () => {
    const { client } = await connect()
    const schemas = async () => {
      const { rows } = await client.query(
        "select distinct table_schema as name from information_schema.tables where table_name = 'ipstack_ip' order by 1",
      )
      return rows.map(({ name }) => name)
    }
    expect(await schemas()).toEqual(['ipstack'])
    const token = { plugin: 'ipstack', token: 'one of this test' }
    await configure(JSON.stringify({ connections: { here: token, there: token } }))
    millrace.signal('SIGHUP')
    await millrace.logged(/have been read again/)
    expect(await schemas()).toEqual(['here', 'there'])
    await client.end()
  })

  it('changes nothing where it is wrong', async () => {
    await configure('{ "tls": true, "colour": "red" }')
    millrace.signal('SIGHUP')
    expect(await millrace.logged(/colour/)).toContain('config.json:1')
    expect(await serves()).toEqual([42])
  })
})

describe('a server that may open few files', () => {
  it.runIf(process.platform === 'linux')('says so to clients, and serves on', async () => {
    const clients: pg.Client[] = []
    const letIn = async () => {
      const { client } = await connect()
      clients.push(client)
    }
    await letIn()
    // Each client takes two; one more is let in, and PostgreSQL cannot be asked for it.
    const openNow = async () => (await readdir(`/proc/${millrace.pid}/fd`)).map(Number)
    // A server that has just started still loads modules, each by way of an open file.
    let open = await openNow()
    for (let before: readonly number[] = []; before.length !== open.length; open = await openNow()) {
      before = open
      await clients[0]?.query('select answer from kept')
    }
    // The limit is one of numbers: whoever runs the tests may have left high ones open, which take no place below it.
    let limit = 5
    while (limit - open.filter((number) => number < limit).length < 5) limit++
    const failures: unknown[] = []
    // Whether the last one that is free goes to a client depends on what else has been opened or closed meanwhile; where
    // it does not, a client is turned away by the system, without a word, and one more is free for the next.
    for (let more = 0; more < 2 && Object(failures[0]).code !== '53000'; more++) {
      await promisify(execFile)('prlimit', ['--pid', String(millrace.pid), `--nofile=${limit + more}:`])
      failures.length = 0
      for (let attempt = 0; attempt < 30 && failures.length === 0; attempt++) {
        await letIn().catch((error: unknown) => failures.push(error))
      }
    }
    const message = expect.stringMatching(/^this machine has run out of file descriptors/)
    expect(failures).toEqual([expect.objectContaining({ code: '53000', message })])
    expect((await clients[0]?.query('select answer from kept'))?.rows).toEqual([{ answer: 42 }])
    await Promise.all(clients.map((client) => client.end()))
    expect(await serves()).toEqual([42])
  })
})
