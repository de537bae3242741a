/** The service of a home, where one answers. */
import { Client, type ClientConfig } from 'pg'
import { loadOrCreatePassword } from '../password.js'
import { encryptionOf, findService, type ServiceRecord } from './record.js'

export interface AnsweringService {
  readonly record: ServiceRecord
  readonly password: string
  /** Other clients than those of the commands that look at it. */
  readonly clients: number
  readonly connections: { readonly ready: number; readonly failed: number }
}

/** The name under which commands look at a service. */
const lookerName = 'millrace service'

/**
 * One that takes the home's password is the home's, and not another process that has got its number.
 * @returns undefined where nobody answers
 */
export async function answeringService(home: string): Promise<AnsweringService | undefined> {
  const record = await findService(home)
  if (record === undefined) return undefined
  const password = await loadOrCreatePassword(home)
  const { host, port, user, database } = record
  const seen = await look({
    host,
    port,
    user,
    database,
    password,
    ssl: encryptionOf(record),
    application_name: lookerName,
  })
  return seen === undefined ? undefined : { record, password, ...seen }
}

/** How long an answer is awaited, in milliseconds. */
const patience = 10_000

async function look(
  config: ClientConfig,
): Promise<Pick<AnsweringService, 'clients' | 'connections'> | undefined> {
  const client = new Client({ ...config, connectionTimeoutMillis: patience, query_timeout: patience })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows: clients } = await client.query<{ count: number }>(
      `select count(*)::int as count from pg_catalog.pg_stat_activity
       where usename <> 'millrace_engine' and backend_type = 'client backend' and application_name <> $1`,
      [lookerName],
    )
    const { rows: states } = await client.query<{ state: string }>('select state from millrace.connection')
    const ready = states.filter(({ state }) => state === 'ready').length
    return { clients: clients[0]?.count ?? 0, connections: { ready, failed: states.length - ready } }
  } catch {
    // Nobody listens there, or somebody else.
    return undefined
  } finally {
    await client.end().catch(() => {})
  }
}
