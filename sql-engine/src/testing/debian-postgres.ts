/**
 * A user's own PostgreSQL, as the tests have it: the server of a Debian package, in a cluster of its own, with passwords and
 * without a superuser for Millrace.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, chmod, chown, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, type ClientConfig } from 'pg'
import { type Logger, pino } from 'pino'
import { type Account, postgresAccount } from '../postgres/account.js'
import { startGuestPostgres } from '../postgres/guest/guest-postgres.js'
import { makePrivateFolder } from '../postgres/home-folders.js'
import type { Postgres } from '../postgres/postgres.js'
import { startPostmaster } from '../postgres/postmaster.js'
import { logLinePrefix } from '../postgres/server-log.js'
import { cacheFolder } from './cache-folder.js'

/** Where Debian's packages put the programs, a folder for each version. */
const programFolders = '/usr/lib/postgresql'

/** The password of all roles. */
const secret = 'a secret: of %40 the tests'

/** What an administrator does for Millrace, and for clients, who have tables of their own. */
const roles = ['millrace_engine', 'millrace', 'millrace_reader']
const setup = (database: string) => [
  `CREATE DATABASE ${database}`,
  ...roles.map((role) => `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`),
  `GRANT CREATE ON DATABASE ${database} TO millrace_engine, millrace`,
]
const setupWithin = [
  'CREATE EXTENSION postgres_fdw',
  'GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO millrace_engine',
  'GRANT CREATE ON SCHEMA public TO millrace',
]

const initdbOptions = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // As unlike the embedded one's as can be.
  '--locale=C.UTF-8',
  '--locale-provider=icu',
  '--icu-locale=en-US',
  '--no-sync',
]

/** The newest server that is installed, or the one of that version; undefined where there is none. */
export async function debianPrograms(major?: string): Promise<string | undefined> {
  const versions = (await readdir(programFolders).catch(() => [])).sort((a, b) => Number(a) - Number(b))
  for (const version of versions.toReversed()) {
    const folder = join(programFolders, version, 'bin')
    const isThere = await access(join(folder, 'initdb')).then(
      () => true,
      () => false,
    )
    if (isThere && (major === undefined || major === version)) return folder
  }
  return undefined
}

export interface DebianServer {
  readonly folder: string
  readonly port: number
  readonly socketFolder: string
  /** The URL of a role; default is the engine's. */
  url(role?: string, database?: string): string
  /** A connection of the superuser, to any database. */
  admin(database?: string): Promise<Client>
  /** Writes a file into the data folder. */
  write(name: string, text: string): Promise<void>
  /** Ends it as a crash does, at once. */
  crash(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a server in the folder, from a template that is made once per machine, account and version.
 * @param cache a folder that is kept between runs
 */
export async function startDebianServer(folder: string, cache: string, log?: Logger): Promise<DebianServer> {
  const programs = await debianPrograms(process.env.MILLRACE_TEST_POSTGRES)
  if (programs === undefined) throw new Error(`there is no PostgreSQL in ${programFolders}`)
  const data = join(folder, 'server')
  const account = await postgresAccount(data)
  await promisify(execFile)('cp', ['-a', await template(programs, cache, account), data])
  return openServer({ programs, data, folder, account, log })
}

/** The same in a temporary folder, which is removed with it. */
export async function startTemporaryServer(): Promise<DebianServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-own-'))
  await chmod(folder, 0o711)
  const server = await startDebianServer(folder, await cacheFolder())
  return {
    ...server,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface ServerFolder {
  readonly programs: string
  readonly data: string
  readonly folder: string
  readonly account: Account | undefined
  readonly log: Logger | undefined
}

async function openServer({ programs, data, folder, account, log }: ServerFolder): Promise<DebianServer> {
  const socketFolder = join(folder, 'sockets')
  await makePrivateFolder(socketFolder, account)
  const port = await freePort()
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketFolder,
    log_line_prefix: logLinePrefix,
    log_destination: 'stderr',
    logging_collector: 'off',
    max_connections: '300',
    // As the embedded one has it: compiling takes much of the tests' time.
    jit: 'off',
    fsync: 'off',
    full_page_writes: 'off',
  }
  const launch = () =>
    startPostmaster({
      program: join(programs, 'postgres'),
      dataFolder: data,
      settings: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      account,
      log: log ?? pino({ level: 'silent' }),
    })
  let postmaster = await launch()
  const config: ClientConfig = { host: '127.0.0.1', port, user: 'postgres', password: secret }
  return {
    folder,
    port,
    socketFolder,
    url: (role = 'millrace_engine', database = 'millrace') =>
      `postgres://${role}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${database}`,
    admin: async (database = 'millrace') => {
      const client = new Client({ ...config, database })
      client.on('error', () => {}) // the server may be ended by the test
      await client.connect()
      return client
    },
    write: async (name, text) => {
      const path = join(data, name)
      await writeFile(path, text, { mode: 0o600 })
      if (account !== undefined) await chown(path, account.uid, account.gid)
    },
    crash: async () => {
      process.kill(postmaster.pid, 'SIGQUIT')
      await postmaster.ended
    },
    start: async () => {
      postmaster = await launch()
    },
    stop: () => postmaster.stop(),
  }
}

/** @returns a data folder with roles and database in it, made by whoever comes first */
async function template(programs: string, cache: string, account: Account | undefined): Promise<string> {
  const content = JSON.stringify([programs, initdbOptions, setup(''), setupWithin])
  const path = join(cache, `debian-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
  if (await exists(path)) return path
  const folder = await mkdtemp(join(cache, 'making-'))
  try {
    await chmod(folder, 0o711)
    const data = join(folder, 'server')
    await makePrivateFolder(data, account)
    const ids = account === undefined ? {} : { uid: account.uid, gid: account.gid }
    const passwords = join(folder, 'password')
    await promisify(execFile)('sh', [
      '-c',
      `printf '%s\\n' "$1" > "$2" && chmod 644 "$2"`,
      '-',
      secret,
      passwords,
    ])
    const options = ['-D', data, `--pwfile=${passwords}`, ...initdbOptions]
    await promisify(execFile)(join(programs, 'initdb'), options, {
      cwd: '/',
      env: { PATH: process.env.PATH },
      ...ids,
    })
    const server = await openServer({ programs, data, folder, account, log: undefined })
    await runAll(server, 'postgres', setup('millrace'))
    await runAll(server, 'millrace', setupWithin)
    await server.stop()
    await rename(data, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
    return path
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function runAll(server: DebianServer, database: string, statements: readonly string[]): Promise<void> {
  const client = await server.admin(database)
  for (const statement of statements) await client.query(statement)
  await client.end()
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** Millrace in it, with a role of clients and one of those that only read. */
export function startInDebianServer(
  server: DebianServer,
  options: { readonly home: string; readonly log: Logger; readonly onCrash?: (error: Error) => void },
): Promise<Postgres> {
  return startGuestPostgres({
    ...options,
    url: server.url(),
    clientUrl: server.url('millrace'),
    readerUrl: server.url('millrace_reader'),
  })
}
