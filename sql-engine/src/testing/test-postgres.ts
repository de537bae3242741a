import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ClientConfig } from 'pg'
import { type Logger, pino } from 'pino'
import { initdbOptions } from '../postgres/data-folder.js'
import { type EmbeddedServer, startEmbeddedPostgres } from '../postgres/embedded-postgres.js'
import { findNativePackage } from '../postgres/native-package.js'
import type { Postgres } from '../postgres/postgres.js'
import { databaseObjects } from '../postgres/prepare-database.js'
import { cacheFolder } from './cache-folder.js'
import { startDebianServer, startInDebianServer } from './debian-postgres.js'

/** A PostgreSQL of a test's own, in a temporary home that is removed with it. */
export interface TestPostgres extends EmbeddedServer, AsyncDisposable {
  readonly home: string
  /** A superuser's connection. */
  readonly adminConfig: ClientConfig
}

export interface TestPostgresOptions {
  /** Default is silent. */
  readonly log?: Logger
  readonly onCrash?: (error: Error) => void
  /** In which its home is made. Default is that of temporary files. */
  readonly folder?: string
}

/** Starts one from a template that is made once per machine and account. Durability is off. */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const cache = await cacheFolder()
  const home = await mkdtemp(join(options.folder ?? tmpdir(), 'millrace-test-'))
  await chmod(home, 0o711)
  if (isDebian) return startOnDebian(home, cache, options)
  const template = await templateFolder(cache)
  // Keeps owners, which as root are not ours.
  await promisify(execFile)('cp', ['-a', template, join(home, 'data')])
  const postgres = await startEmbeddedPostgres({
    home,
    log: options.log ?? pino({ level: 'silent' }),
    durable: false,
    programCopies: cache,
    ...(options.onCrash === undefined ? {} : { onCrash: options.onCrash }),
  })
  const stop = async () => {
    await postgres.stop()
    await rm(home, { recursive: true, force: true })
  }
  return testPostgres(postgres, stop, {
    home,
    socketFolder: postgres.socketFolder,
    socketPath: postgres.socketPath,
    adminConfig: { ...postgres.engineConfig, options: '' },
  })
}

function testPostgres(
  postgres: Postgres,
  stop: () => Promise<void>,
  more: Pick<TestPostgres, 'home' | 'socketFolder' | 'socketPath' | 'adminConfig'>,
): TestPostgres {
  const { names, standing, sessions, engineConfig } = postgres
  const ready = () => postgres.ready()
  return { ...more, names, standing, sessions, engineConfig, ready, stop, [Symbol.asyncDispose]: stop }
}

/** The same in the PostgreSQL of a Debian package, where Millrace has no superuser: MILLRACE_TEST_ENGINE=debian. */
export const isDebian = process.env.MILLRACE_TEST_ENGINE === 'debian'

async function startOnDebian(
  home: string,
  cache: string,
  { log = pino({ level: 'silent' }), onCrash }: TestPostgresOptions,
): Promise<TestPostgres> {
  const server = await startDebianServer(home, cache)
  const postgres = await startInDebianServer(server, {
    home: join(home, 'home'),
    log,
    ...(onCrash === undefined ? {} : { onCrash }),
  })
  const stop = async () => {
    await postgres.stop()
    await server.stop()
    await rm(home, { recursive: true, force: true })
  }
  return testPostgres(postgres, stop, {
    home,
    socketFolder: server.socketFolder,
    socketPath: join(server.socketFolder, `.s.PGSQL.${server.port}`),
    adminConfig: { ...postgres.engineConfig, user: 'postgres', options: '' },
  })
}

/** A data folder with roles and database in it, made by whoever comes first. */
async function templateFolder(cache: string): Promise<string> {
  const { version } = await findNativePackage()
  const content = JSON.stringify([version, initdbOptions, databaseObjects])
  const template = join(cache, `template-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`)
  if (await exists(template)) return template
  const home = await mkdtemp(join(cache, 'making-'))
  try {
    const postgres = await startEmbeddedPostgres({
      home,
      log: pino({ level: 'silent' }),
      durable: false,
      programCopies: cache,
    })
    await postgres.stop()
    await rename(join(home, 'data'), template).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
    return template
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
