/**
 * The engine's own connections to PostgreSQL. The errors of each have an owner, since it may be lost at any time; and
 * none depends on what users have set for the database, which is theirs (ALTER DATABASE … SET).
 */
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg'
import type { Logger } from 'pino'

/**
 * Settings that hold from the start of a connection, before anything can be asked; they take precedence over those of
 * the database and the role. They are given in full, so that PGOPTIONS in our environment does not apply.
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

/** The settings for {@link ClientConfig.options}. */
export const engineOptions = optionsOf(Object.entries(startupSettings))

/** The same without what not every version knows: a user's PostgreSQL may be any from 15 on. */
export const guestEngineOptions = optionsOf(
  Object.entries(startupSettings).filter(([name]) => name !== 'transaction_timeout'),
)

function optionsOf(settings: readonly (readonly [string, string])[]): string {
  return settings.map(([name, value]) => `-c ${name}=${value}`).join(' ')
}

/** Resets all other settings that users have made for the database to PostgreSQL's own, as far as the role may. */
const forgetUsersSettings = `
  SELECT pg_catalog.set_config(name, coalesce(boot_val, ''), false)
    FROM pg_catalog.pg_settings
   WHERE source IN ('database', 'user', 'database user') 
     AND (context = 'user' OR context = 'superuser' AND pg_catalog.has_parameter_privilege(name, 'SET'))`

/** @throws Error of the connection or of PostgreSQL */
export async function connectEngine(config: ClientConfig): Promise<Client> {
  const client = new Client(config)
  // Code that asks something learns of it by the rejection; between questions, nothing needs to.
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

/** Connects for the duration of some work. @throws what the work throws, or an Error of the connection */
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
  /** The most connections. */
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
      // Also while it is in use: the pool owns only the errors of idle ones.
      client.on('error', (error) => log.debug({ err: error, purpose }, 'a connection of the engine was lost'))
      await client.query(forgetUsersSettings)
    },
  } satisfies PoolConfig)
  pool.on('error', () => {}) // the connection itself reports them
  return pool
}
