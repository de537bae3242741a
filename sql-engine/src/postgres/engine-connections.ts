/**
 * The engine's own connections to PostgreSQL. Each has an owner of its errors, for it may be lost at any time; and
 * none depends on what users have set for the database, which is theirs (ALTER DATABASE … SET).
 */
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg'
import type { Logger } from 'pino'

/**
 * Settings that hold from the start of a connection, before anything can be asked; they go before those of the
 * database and the role. Given in full, so that PGOPTIONS in our environment does not apply.
 */
const startupSettings: Readonly<Record<string, string>> = {
  // A superuser must not find what a client has put into `public`.
  search_path: 'pg_catalog,pg_temp',
  role: 'none',
  local_preload_libraries: '',
  exit_on_error: 'off',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  default_transaction_deferrable: 'off',
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  jit: 'off',
}

/** For {@link ClientConfig.options}. */
export const engineOptions = Object.entries(startupSettings)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

/** All others that the database has of its users become what PostgreSQL has by itself. */
const forgetUsersSettings = `
  SELECT pg_catalog.set_config(name, coalesce(boot_val, ''), false)
    FROM pg_catalog.pg_settings
   WHERE source IN ('database', 'user', 'database user') AND context IN ('user', 'superuser')`

/** @throws Error of the connection or of PostgreSQL */
export async function connectEngine(config: ClientConfig): Promise<Client> {
  const client = new Client(config)
  // Whoever asks something is told by the rejection; between questions, nobody need be.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(forgetUsersSettings)
    return client
  } catch (error) {
    await client.end()
    throw error
  }
}

/** Connects for the time of some work. @throws what the work throws, or an Error of the connection */
export async function withEngineClient<Result>(
  config: ClientConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connectEngine(config)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export interface EnginePoolOptions {
  /** Connections at most. */
  readonly max: number
  /** What the connections are for, as the log says it. */
  readonly purpose: string
  /** Settings besides the usual ones, by their names. */
  readonly settings?: Readonly<Record<string, string>>
  readonly log: Logger
}

/** Connections that are made as they are needed. One that is lost is replaced. */
export function enginePool(
  config: ClientConfig,
  { max, purpose, settings = {}, log }: EnginePoolOptions,
): Pool {
  const more = Object.entries(settings).map(([name, value]) => ` -c ${name}=${value}`)
  const pool: Pool = new Pool({
    ...config,
    options: `${config.options ?? ''}${more.join('')}`,
    max,
    allowExitOnIdle: true,
    onConnect: async (client) => {
      // Also while somebody has it: the pool owns the errors of idle ones only.
      client.on('error', (error) => log.debug({ err: error, purpose }, 'a connection of the engine was lost'))
      await client.query(forgetUsersSettings)
    },
  } satisfies PoolConfig)
  pool.on('error', () => {}) // told by the connection itself
  return pool
}
