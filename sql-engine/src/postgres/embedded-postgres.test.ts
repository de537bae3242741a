import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { LogLines } from '../testing/log-lines.js'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'
import { startEmbeddedPostgres } from './embedded-postgres.js'
import { postmastersOf } from './leftovers.js'
import type { Postgres } from './postgres.js'
import { commandOf, isAlive, waitForEnd } from './process-life.js'

const log = pino({ level: 'silent' })
const isRoot = process.getuid?.() === 0

async function query(postgres: Postgres, sql: string, user?: string): Promise<unknown[]> {
  const client = new Client({ ...postgres.engineConfig, ...(user === undefined ? {} : { user }) })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

const postmasterPid = async (home: string) =>
  Number.parseInt(await readFile(join(home, 'data', 'postmaster.pid'), 'utf8'), 10)

describe('a home', () => {
  let home: string
  beforeEach(async () => {
    home = join(await mkdtemp(join(tmpdir(), 'millrace-home-')), 'home')
    await chmod(dirname(home), 0o711)
  })
  afterEach(() => rm(dirname(home), { recursive: true, force: true }))

  test('is made at the first start, and keeps what users have put into it', async () => {
    const first = await startEmbeddedPostgres({ home, log })
    await query(first, 'CREATE TABLE public.kept AS SELECT 42 AS answer', 'millrace')
    await query(first, 'CREATE UNLOGGED TABLE pg_millrace_scan.s_1 (a int)')
    await first.stop()
    await first.stop()

    const second = await startEmbeddedPostgres({ home, log })
    expect(await query(second, 'SELECT answer FROM public.kept', 'millrace')).toEqual([42])
    expect(await query(second, `SELECT to_regclass('pg_millrace_scan.s_1')::text`)).toEqual([null])
    await second.stop()
    expect(await postmastersOf(join(home, 'data'))).toEqual([])
  })

  test('is closed to all others', async () => {
    const postgres = await startEmbeddedPostgres({ home, log })
    for (const folder of [postgres.socketFolder, join(home, 'data')]) {
      expect((await stat(folder)).mode & 0o077).toBe(0)
    }
    expect(await query(postgres, 'SHOW listen_addresses')).toEqual([''])
    await postgres.stop()
  })

  test('serves one process at a time', async () => {
    const postgres = await startEmbeddedPostgres({ home, log })
    await expect(startEmbeddedPostgres({ home, log })).rejects.toMatchObject({
      sqlState: '55006',
      message: expect.stringContaining(String(process.pid)),
    })
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
    await postgres.stop()
  })

  test('with a long path has its socket elsewhere', async () => {
    const long = join(home, 'a'.repeat(100))
    const postgres = await startEmbeddedPostgres({ home: long, log })
    expect(postgres.socketFolder.startsWith(join(tmpdir(), 'millrace-socket-'))).toBe(true)
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
    await postgres.stop()
    await expect(stat(postgres.socketFolder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('that an initdb was killed in starts', async () => {
    await mkdir(join(home, 'data.unfinished', 'base'), { recursive: true })
    await mkdir(join(home, 'locks'))
    const postgres = await startEmbeddedPostgres({ home, log })
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
    await postgres.stop()
  })

  test.each([
    ['/proc/nope', 'ENOENT'],
    ['/dev/null/home', 'ENOTDIR'],
    ['/dev/null', 'EEXIST'],
  ])('that cannot be made is told at once: %s', async (folder, code) => {
    await expect(startEmbeddedPostgres({ home: folder, log })).rejects.toMatchObject({
      sqlState: '58P01',
      message: `the folder ${folder} cannot be made: ${code}`,
      hint: expect.stringContaining('MILLRACE_HOME'),
    })
  })

  test('of another version of PostgreSQL is refused', async () => {
    await mkdir(join(home, 'data'), { recursive: true })
    await mkdir(join(home, 'locks'))
    await writeFile(join(home, 'data', 'PG_VERSION'), '17\n')
    await expect(startEmbeddedPostgres({ home, log })).rejects.toMatchObject({
      sqlState: 'F0000',
      message: expect.stringContaining('PostgreSQL 17'),
    })
  })

  test.runIf(isRoot)("that PostgreSQL's account cannot reach is refused, with the folder named", async () => {
    const closed = join(dirname(home), 'closed')
    await mkdir(closed, { mode: 0o700 })
    await expect(startEmbeddedPostgres({ home: join(closed, 'home'), log })).rejects.toMatchObject({
      sqlState: '42501',
      detail: expect.stringContaining(closed),
      hint: expect.stringContaining('MILLRACE_HOME'),
    })
  })
})

describe('after a kill -9', () => {
  let home: string
  let gateway: ChildProcessByStdio<null, Readable, null> | undefined
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'millrace-home-'))
  })
  afterEach(async () => {
    gateway?.kill('SIGKILL')
    await rm(home, { recursive: true, force: true })
  })

  /** Another process that starts the engine, as the gateway does, and never stops it. */
  async function startGateway(): Promise<ChildProcessByStdio<null, Readable, null>> {
    const module = fileURLToPath(new URL('./embedded-postgres.ts', import.meta.url))
    const script = `
      import { createViteServer } from 'vitest/node'
      import { pino } from 'pino'
      const vite = await createViteServer({
        configFile: false, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true },
        server: { middlewareMode: true, hmr: false, ws: false, watch: null },
        ssr: { resolve: { conditions: ['millrace-source', 'node', 'default'] } },
      })
      const { startEmbeddedPostgres } = await vite.ssrLoadModule(${JSON.stringify(module)})
      await startEmbeddedPostgres({ home: ${JSON.stringify(home)}, log: pino({ level: 'silent' }) })
      console.log('ready')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    gateway = child
    await once(child.stdout, 'data')
    return child
  }

  test('of the gateway, the next start ends the server that it left, and keeps the data', async () => {
    const child = await startGateway()
    const orphan = await postmasterPid(home)
    await expect(startEmbeddedPostgres({ home, log })).rejects.toMatchObject({
      sqlState: '55006',
      message: expect.stringContaining(`(process ${child.pid})`),
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive(orphan)).toBe(true)

    const postgres = await startEmbeddedPostgres({ home, log })
    expect(await postmasterPid(home)).not.toBe(orphan)
    expect((await postmastersOf(join(home, 'data'))).map(({ pid }) => pid)).toEqual([
      await postmasterPid(home),
    ])
    expect(await query(postgres, 'SELECT 1', 'millrace')).toEqual([1])
    await postgres.stop()
  })

  test('of everything, a lock file whose number a stranger has does not stop the next start', async () => {
    const first = await startEmbeddedPostgres({ home, log })
    await query(first, 'CREATE TABLE public.kept AS SELECT 42 AS answer')
    await first.stop()
    const lines = [process.pid, join(home, 'data'), 1, 5432, first.socketFolder, '', ' 1 1', 'ready']
    await writeFile(join(home, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 })
    await writeFile(`${first.socketPath}.lock`, `${lines.join('\n')}\n`, { mode: 0o600 })

    const second = await startEmbeddedPostgres({ home, log })
    expect(await query(second, 'SELECT answer FROM public.kept')).toEqual([42])
    await second.stop()
  })

  test.runIf(process.platform === 'linux')(
    'of everything, a lock file whose process has ended and is not waited for does not stop the next start',
    async () => {
      const first = await startEmbeddedPostgres({ home, log })
      await query(first, 'CREATE TABLE public.kept AS SELECT 42 AS answer')
      await first.stop()
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      onTestFinished(() => {
        parent.kill()
      })
      const pid = String((await once(parent.stdout, 'data'))[0]).trim()
      expect(await waitForEnd(Number(pid), 10_000)).toBe(true)
      const lines = [pid, join(home, 'data'), 1, 5432, first.socketFolder, '', ' 1 1', 'ready']
      await writeFile(join(home, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 })
      const second = await startEmbeddedPostgres({ home, log })
      expect(await query(second, 'SELECT answer FROM public.kept')).toEqual([42])
      await second.stop()
    },
  )
})

describe('a server that dies', () => {
  let postgres: TestPostgres
  let crash: Promise<Error>
  let said: LogLines
  let crashes: number
  beforeEach(async () => {
    said = new LogLines()
    crashes = 0
    let onCrash = (_error: Error) => {}
    crash = new Promise((resolve) => {
      onCrash = resolve
    })
    postgres = await startTestPostgres({
      log: said.log,
      onCrash: (error) => {
        crashes++
        onCrash(error)
      },
    })
  })
  afterEach(() => postgres.stop())

  /** A session with a query that never ends by itself. */
  async function busyClient(): Promise<{ pid: number; lost: Promise<unknown> }> {
    const client = new Client(postgres.engineConfig)
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    const lost = client.query('SELECT count(*) FROM generate_series(1, 1e15::bigint)').catch((error) => error)
    return { pid: rows[0].pid, lost }
  }

  test('is started again, without scan tables, after its clients were told', async () => {
    await query(postgres, 'CREATE TABLE public.kept AS SELECT 42 AS answer')
    await query(postgres, 'CREATE UNLOGGED TABLE pg_millrace_scan.s_1 AS SELECT 1 AS a')
    const { pid, lost } = await busyClient()
    process.kill(await postmasterPid(postgres.home), 'SIGKILL')
    expect(await crash).toMatchObject({ sqlState: '57P03', message: expect.stringContaining('SIGKILL') })
    await postgres.ready()
    expect(await lost).toBeInstanceOf(Error)
    expect(await commandOf(pid)).toEqual([])
    expect(await query(postgres, 'SELECT answer FROM public.kept')).toEqual([42])
    // An unlogged table would be there, and empty: an answer without rows that were there before.
    expect(await query(postgres, `SELECT to_regclass('pg_millrace_scan.s_1')::text`)).toEqual([null])
    // PostgreSQL has forgotten what is dead in its catalog.
    const vacuumed = `SELECT last_vacuum IS NOT NULL FROM pg_stat_sys_tables WHERE relname = 'pg_attribute'`
    await vi.waitFor(async () => expect(await query(postgres, vacuumed)).toEqual([true]), 10_000)
  })

  test('because of one backend, too', async () => {
    const { pid, lost } = await busyClient()
    process.kill(pid, 'SIGKILL')
    await crash
    expect(await lost).toBeInstanceOf(Error)
    await postgres.ready()
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
  })

  test('is started as often as it dies while it is being started', async () => {
    const kill = () => {
      const [pid] = readFileSync(join(postgres.home, 'data', 'postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(pid), 'SIGKILL')
    }
    kill()
    for (const _ of [1, 2]) {
      // Before our connection has done anything.
      said.once(/"postgres":"[^"]*ready to accept connections/, kill)
      await said.next(/could not be started again/)
    }
    await said.next(/has been started again/)
    await postgres.ready()
    // What was remembered of each of its lives is forgotten.
    expect(crashes).toBe(3)
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
  })

  test('because it was told to end, is started again, whoever stays', async () => {
    const { lost } = await busyClient()
    process.kill(await postmasterPid(postgres.home), 'SIGTERM')
    await crash
    expect(await lost).toMatchObject({ code: '57P01' })
    await postgres.ready()
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
  })

  test('is not what a client makes its log say', async () => {
    const before = await postmasterPid(postgres.home)
    const client = new Client({ ...postgres.engineConfig, user: 'millrace' })
    await client.connect()
    await client.query(
      `DO $$ BEGIN RAISE LOG E'received smart shutdown request\\npostmaster||LOG:  received smart shutdown request'; END $$`,
    )
    await client.end()
    expect(await query(postgres, 'SELECT 1')).toEqual([1])
    expect(await postmasterPid(postgres.home)).toBe(before)
  })

  test('and does not come back says so, and why in its log, and can still be stopped', async () => {
    const settings = join(postgres.home, 'data', 'postgresql.conf')
    await rename(settings, `${settings}.away`)
    process.kill(await postmasterPid(postgres.home), 'SIGKILL')
    await crash
    await expect(postgres.ready()).rejects.toMatchObject({
      sqlState: '57P03',
      detail: 'PostgreSQL ended with status 2',
    })
    expect(await said.next(/could not be started again/)).toContain('postgresql.conf')
    await postgres.stop()
    await expect(postgres.ready()).rejects.toMatchObject({ sqlState: '57P03' })
  })
})

describe('the log', () => {
  const warning = (text: string) => `DO $$ BEGIN RAISE WARNING '${text}'; END $$`

  test("warns of what PostgreSQL warns of, but not of clients' own matters", async () => {
    const lines = new LogLines('warn')
    await using postgres = await startTestPostgres({ log: lines.log })
    await query(postgres, warning("a client''s"), 'millrace')
    await query(postgres, warning('ours'))
    await lines.next(/PostgreSQL warns/)
    expect(lines.all).toEqual([expect.stringContaining('"postgres":"WARNING:  ours"')])
  })
})

test('no word of a statement is in the log, even where its process has crashed', async () => {
  const said = new LogLines()
  await using postgres = await startTestPostgres({ log: said.log })
  const client = new Client({ ...postgres.engineConfig, user: 'millrace' })
  client.on('error', () => {})
  await client.connect()
  await client.query("select 'a_secret'::int").catch(() => {})
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const lost = client.query("SELECT 'a_secret',\n 'a_secret', pg_sleep(60)").catch((error: unknown) => error)
  const running =
    "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'"
  for (let found = 0; found === 0; ) found = Number(await query(postgres, running))
  process.kill(rows[0].pid, 'SIGKILL')
  expect(await lost).toBeInstanceOf(Error)
  await said.next(/has been started again/)
  expect(said.all.join('')).toContain('was terminated by signal 9')
  expect(said.all.join('')).not.toContain('a_secret')
})

describe('roles', () => {
  test("clients' own role is no superuser, owns the database, and may create in public", async () => {
    await using postgres = await startTestPostgres()
    const client = new Client({ ...postgres.engineConfig, user: 'millrace', options: '-c jit=off' })
    await client.connect()
    try {
      const { rows } = await client.query(
        `SELECT rolsuper, rolcreaterole, pg_get_userbyid(datdba) AS owner, current_setting('search_path') AS path,
                pg_encoding_to_char(encoding) AS encoding, datlocale, upper('straße é') AS upper
           FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
      )
      expect(rows).toEqual([
        {
          rolsuper: false,
          rolcreaterole: false,
          owner: 'millrace',
          path: '"$user", public',
          encoding: 'UTF8',
          datlocale: 'C.UTF-8',
          upper: 'STRAßE É',
        },
      ])
      await client.query('CREATE TABLE mine (a int)')
      await client.query('CREATE SCHEMA mine')
      for (const sql of [
        'CREATE TABLE pg_millrace_scan.mine (a int)',
        'CREATE TABLE pg_millrace.mine (a int)',
        `COPY mine FROM PROGRAM 'id'`,
        `SELECT pg_read_file('postgresql.conf')`,
        'ALTER SYSTEM SET fsync = off',
      ]) {
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
      }
      await query(postgres, 'CREATE UNLOGGED TABLE pg_millrace_scan.s_1 AS SELECT 7 AS a')
      expect((await client.query('SELECT a FROM pg_millrace_scan.s_1')).rows).toEqual([{ a: 7 }])
      await expect(client.query('DELETE FROM pg_millrace_scan.s_1')).rejects.toMatchObject({ code: '42501' })
    } finally {
      await client.end()
    }
  })

  test("what a client puts into public does not reach the engine's own connections", async () => {
    await using postgres = await startTestPostgres()
    await query(
      postgres,
      `CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'caught' $$`,
      'millrace',
    )
    expect(await query(postgres, `SELECT lower('A')`)).toEqual(['a'])
  })
})
