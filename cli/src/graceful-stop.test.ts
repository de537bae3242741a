/** A server that is told to stop lets its clients finish what they do, for a while: real processes and a real psql. */
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { psql, psqlTest } from '@millrace/server/testing/psql'
import pg from 'pg'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { installAcmePlugin } from './testing/acme-plugin.js'
import { buildCommand, MillraceProcess } from './testing/millrace-process.js'
import { processesWith } from './testing/running-processes.js'
import { temporaryHome } from './testing/temporary-home.js'

beforeAll(buildCommand, 120_000)

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  readonly home: string
  readonly millrace: MillraceProcess
  readonly url: string
}

async function start(grace: string, more: Readonly<Record<string, string>> = {}): Promise<Started> {
  const home = await temporaryHome('stop')
  cleanups.push(() => rm(home, { recursive: true, force: true }))
  return startOn(home, grace, more)
}

async function startOn(
  home: string,
  grace: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const millrace = new MillraceProcess([], {
    MILLRACE_HOME: home,
    MILLRACE_PORT: '0',
    MILLRACE_LOG: 'info',
    MILLRACE_SHUTDOWN_GRACE_SECONDS: grace,
    ...more,
  })
  cleanups.push(() => millrace.end('SIGKILL'))
  return { home, millrace, url: await millrace.url() }
}

/** A client, and the error that ends its session. */
async function connect(url: string): Promise<{ client: pg.Client; lost: Promise<unknown> }> {
  const client = new pg.Client(url)
  const lost = new Promise((resolve) => client.on('error', resolve))
  await client.connect()
  return { client, lost }
}

/** An HTTP server that answers when the test says so. */
async function heldApi() {
  const held: ServerResponse[] = []
  const server = createServer((_, response) => held.push(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { server, held }
}

const administrator = 'terminating connection due to administrator command'

describe('a server that is told to stop', { timeout: 60_000 }, () => {
  psqlTest(
    'lets a psql finish what it runs, ends idle clients at once, and turns new ones away',
    async () => {
      const { server, held } = await heldApi()
      const { home, millrace, url } = await start('30')
      await installAcmePlugin(home, server)
      millrace.signal('SIGHUP')
      await millrace.logged(/have been read again/)
      const idle = await connect(url)
      const running = psql(url, "select body from acme_page where path = '/one';\nselect 'never' as word;")
      await once(server, 'request')
      const stopping = millrace.end('SIGTERM')
      expect(await idle.lost).toMatchObject({ code: '57P01', message: administrator })
      const refused = await psql(url, 'select 1')
      expect(refused).toMatchObject({ status: 2, output: '' })
      expect(refused.complaints).toContain('FATAL:  the database system is shutting down')
      // Whoever does not know the password learns no more than with PostgreSQL.
      await expect(connect(url.replace(/:[^:@]+@/, ':wrong@'))).rejects.toMatchObject({ code: '57P03' })
      held[0]?.end('the answer')
      const { status, output, complaints } = await running
      expect(output).toBe('the answer\n')
      expect(status).not.toBe(0)
      expect(complaints).toContain(administrator)
      const { code, stderr } = await stopping
      expect(code).toBe(0)
      expect(stderr).not.toContain('too long')
      expect(await processesWith(join(home, 'data'))).toEqual([])
    },
  )

  it('lets a transaction go on to its end, and one that has failed return to a savepoint', async () => {
    const { home, millrace, url } = await start('30')
    const { client, lost } = await connect(url)
    await client.query('create table kept (number int)')
    await client.query('begin')
    await client.query('insert into kept values (1)')
    await client.query('savepoint one')
    await expect(client.query('select 1/0')).rejects.toMatchObject({ code: '22012' })
    const stopping = millrace.end('SIGTERM')
    await expect(connectUntilRefused(url)).resolves.toBe('57P03')
    await client.query('rollback to one')
    await client.query('insert into kept select generate_series(2, 3)')
    await client.query('commit')
    expect(await lost).toMatchObject({ code: '57P01' })
    expect((await stopping).code).toBe(0)
    const again = await startOn(home, '30')
    const { client: later } = await connect(again.url)
    expect((await later.query('select count(*)::int as count from kept')).rows).toEqual([{ count: 3 }])
    await later.end()
    expect((await again.millrace.end('SIGTERM')).code).toBe(0)
  })

  it('lets what a function asks for by itself finish, and a pipeline of the extended protocol', async () => {
    const { server, held } = await heldApi()
    const { home, millrace, url } = await start('30')
    await installAcmePlugin(home, server)
    millrace.signal('SIGHUP')
    await millrace.logged(/have been read again/)
    const { client, lost } = await connect(url)
    // The connection by which PostgreSQL asks is made only after the stop has begun.
    await client.query(`create function page_of(path text) returns text language plpgsql as $$
      begin perform pg_sleep(1); return (select body from acme_page p where p.path = page_of.path); end $$`)
    const asking = client.query({ text: 'select page_of($1) as body', values: ['/one'] })
    const stopping = millrace.end('SIGTERM')
    await once(server, 'request')
    await expect(connectUntilRefused(url)).resolves.toBe('57P03')
    held[0]?.end('the answer')
    expect((await asking).rows).toEqual([{ body: 'the answer' }])
    expect(await lost).toMatchObject({ code: '57P01' })
    expect((await stopping).code).toBe(0)
  })

  it('ends what still runs when the grace is over, and says so in the log', async () => {
    const { millrace, url } = await start('0.3')
    const [running, open] = await Promise.all([connect(url), connect(url)])
    await open.client.query('begin')
    const sleeping = running.client.query('select pg_sleep(60)')
    const stopping = millrace.end('SIGTERM')
    await expect(sleeping).rejects.toMatchObject({ code: '57P01', message: administrator })
    expect(await open.lost).toMatchObject({ code: '57P01' })
    const { code, stderr } = await stopping
    expect(code).toBe(0)
    expect(stderr).toMatch(/"clients":2,"msg":"statements or transactions were ended that took too long"/)
  })

  it('is not ready while it stops, and is live', async () => {
    const { millrace, url } = await start('30', { MILLRACE_MONITORING_PORT: '0' })
    const { port } = JSON.parse(await millrace.logged(/monitoring listens/))
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    expect(await get('/health')).toBe(200)
    const { client, lost } = await connect(url)
    await client.query('begin')
    const stopping = millrace.end('SIGTERM')
    await connectUntilRefused(url)
    expect([await get('/health'), await get('/health/ready'), await get('/health/live')]).toEqual([
      503, 503, 200,
    ])
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain(
      'millrace_sessions{kind="client"} 1',
    )
    await client.query('commit')
    await lost
    expect((await stopping).code).toBe(0)
  })

  it('ends at once when it is told twice, and tells its clients', async () => {
    const { home, millrace, url } = await start('3600')
    const { client } = await connect(url)
    const sleeping = client.query('select pg_sleep(600)')
    sleeping.catch(() => {})
    millrace.signal('SIGTERM')
    await connectUntilRefused(url)
    // Two signals close together count as one.
    await new Promise((resolve) => setTimeout(resolve, 600))
    const begin = performance.now()
    const ending = millrace.end('SIGTERM')
    await expect(sleeping).rejects.toMatchObject({ code: '57P01' })
    await ending
    expect(performance.now() - begin).toBeLessThan(2_500)
    for (let left = 1; left > 0; ) left = (await processesWith(join(home, 'data'))).length
  })

  it('is not held up by a change of the configuration that waits for a client', async () => {
    const { home, millrace, url } = await start('0.2')
    const { client, lost } = await connect(url)
    await client.query('begin')
    await client.query('lock table ipstack.ipstack_ip in access share mode')
    await writeFile(join(home, 'config.json'), '{ "connections": { "net": { "plugin": "net" } } }', {
      mode: 0o600,
    })
    await millrace.logged(/the catalog waits for statements/)
    const { code } = await millrace.end('SIGTERM')
    expect(code).toBe(0)
    expect(await lost).toMatchObject({ code: '57P01' })
  })

  it('keeps a timeout of service stop', async () => {
    const { home, millrace, url } = await start('3600')
    const { client } = await connect(url)
    const sleeping = client.query('select pg_sleep(600)')
    sleeping.catch(() => {})
    const { code, stdout } = await new MillraceProcess(['service', 'stop', '--timeout', '1'], {
      MILLRACE_HOME: home,
    }).ended
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `the service on ${home} has ended; 1 client was connected\n`,
    })
    await expect(sleeping).rejects.toMatchObject({ code: '57P01' })
    await millrace.ended
  })
})

/** Until the server has begun to stop. @returns the SQLSTATE with which it turns a client away */
async function connectUntilRefused(url: string): Promise<unknown> {
  for (;;) {
    try {
      const { client } = await connect(url)
      await client.end()
    } catch (error) {
      return Object(error).code
    }
  }
}
