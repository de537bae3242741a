/** What must stand in a user's PostgreSQL before the engine works there, and the connection that holds it. */
import { randomUUID } from 'node:crypto'
import { Client, type ClientConfig, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../../database-error.js'
import { dropScanTables } from '../drop-scan-tables.js'
import { connectEngine } from '../engine-connections.js'
import { type Names, systemSchema } from '../names.js'
import { ensureTryCasts, guestCasts } from '../try-casts.js'
import { holderName, lockDatabase } from './guest-lock.js'
import { ensureGuestPrivileges, ensureGuestSchemas } from './own-schemas.js'
import { checkServer, readServerFacts, type ServerFacts } from './server-facts.js'

/** The connection that holds the database for this gateway, for as long as it stands. */
export interface Hold {
  readonly client: Client
  readonly facts: ServerFacts
  /** Stands in the database until it crashes, or another server takes its place. */
  readonly mark: string
}

/** The table with the mark: unlogged, so that a crash empties it as it empties scan tables, and no standby has it. */
export const markTable = ({ internalSchema }: Names) => `${internalSchema}.life`

/** @throws DatabaseError that says why the database cannot be used, or Error of the connection */
export async function takeHold(config: ClientConfig, names: Names, log: Logger): Promise<Hold> {
  const facts = await lookAtServer(config)
  checkServer(facts, names.database, names.engineRole)
  const client = await connectEngine({ ...config, application_name: holderName() })
  try {
    await lockDatabase(client, names.database)
    await ensureGuestSchemas(client, names)
    await dropOldScanTables(client, names, log)
    const mark = await leaveMark(client, names)
    await ensureTryCasts(client, guestCasts(facts.version))
    await ensureGuestPrivileges(client, names)
    return { client, facts, mark }
  } catch (error) {
    await client.end()
    throw error
  }
}

/** How long a statement of an earlier life may keep its rows, in milliseconds: no one else can end it. */
const patience = 10_000

async function dropOldScanTables(client: Client, names: Names, log: Logger): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${patience}`)
    await dropScanTables(client, names, log)
    await client.query('SET lock_timeout = 0')
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== '55P03') throw error
    throw new DatabaseError('a statement of an earlier Millrace still reads rows in the database', {
      sqlState: '55P03', // lock_not_available
      hint: `Wait until it ends, or end its session: it holds a table of the schema ${names.scanSchema} in pg_locks.`,
      cause: error,
    })
  }
}

/** Options that every version knows, which settings of the database must not get in the way of. */
const plainOptions =
  '-c search_path=pg_catalog,pg_temp -c statement_timeout=0 -c default_transaction_isolation=read\\ committed'

/** @throws Error of the connection or of PostgreSQL */
export function lookAtServer(config: ClientConfig): Promise<ServerFacts> {
  return withPlainClient({ ...config, options: plainOptions }, readServerFacts)
}

/** `"$user"` is left out where it stands for Millrace's own schema, as in the embedded PostgreSQL. */
export function searchPathOf(config: ClientConfig, names: Names): Promise<string> {
  return withPlainClient({ ...config, options: '-c statement_timeout=0' }, async (client) => {
    const { rows } = await client.query<{ search_path: string }>('SHOW search_path')
    const path = rows[0]?.search_path ?? ''
    return names.clientRole === systemSchema ? path.replace(/"\$user",?\s*/, '') : path
  })
}

/** Asks with no option that an older PostgreSQL might not know. @throws Error of the connection or of PostgreSQL */
async function withPlainClient<Result>(
  config: ClientConfig,
  ask: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(config)
  client.on('error', () => {}) // told by the question that it keeps from being answered
  try {
    await client.connect()
    return await ask(client)
  } finally {
    await client.end()
  }
}

async function leaveMark(client: Client, names: Names): Promise<string> {
  const mark = randomUUID()
  const table = markTable(names)
  await client.query(
    `BEGIN; CREATE UNLOGGED TABLE IF NOT EXISTS ${table} (mark uuid NOT NULL); TRUNCATE ${table};
     INSERT INTO ${table} VALUES ('${mark}'); COMMIT`,
  )
  return mark
}
