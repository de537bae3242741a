/** What must stand in a user's PostgreSQL before the engine works there, and the connection that holds it. */
import { randomUUID } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { connectEngine } from '../engine-connections.js'
import { type Names, systemSchema } from '../names.js'
import { ensureTryCasts, guestCasts } from '../try-casts.js'
import { dropTablesOfDeadGateways } from './dead-gateways.js'
import { holderName, joinGateways, oneGatewayAtATime } from './gateway-locks.js'
import { ensureGuestPrivileges, ensureGuestSchemas } from './own-schemas.js'
import { checkServer, readServerFacts, type ServerFacts } from './server-facts.js'
import { noteGateway, sharedTableStatements } from './shared-tables.js'

/** The connection by which this gateway is one of those in the database, for as long as it stands. */
export interface Hold {
  readonly client: Client
  /** The gateway's number in the database. */
  readonly gateway: number
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
    await noticeDeath(client)
    const gateway = await joinGateways(client, names.database)
    const mark = await oneGatewayAtATime(client, async () => {
      await ensureGuestSchemas(client, names)
      await client.query(sharedTableStatements(names).join('; '))
      const left = await ensureMark(client, names)
      await ensureTryCasts(client, guestCasts(facts.version))
      await ensureGuestPrivileges(client, names)
      return left
    })
    await client.query(noteGateway(names), [gateway])
    await dropTablesOfDeadGateways(client, { names, log, startsAs: gateway })
    return { client, gateway, facts, mark }
  } catch (error) {
    await client.end()
    throw error
  }
}

/**
 * Has PostgreSQL notice within some seconds that the machine of this gateway, or the way to it, is gone, and let go of its locks.
 * A socket of Unix has no such settings, and not every system has them.
 */
async function noticeDeath(client: Client): Promise<void> {
  const settings = {
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 2,
    tcp_user_timeout: 15_000,
  }
  for (const [name, value] of Object.entries(settings))
    await client.query(`SET ${name} = ${value}`).catch(() => {})
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

/** The mark that other gateways know, or one for a new life. */
async function ensureMark(client: Client, names: Names): Promise<string> {
  const table = markTable(names)
  await client.query(`CREATE UNLOGGED TABLE IF NOT EXISTS ${table} (mark uuid NOT NULL)`)
  await client.query(`INSERT INTO ${table} SELECT $1 WHERE NOT EXISTS (SELECT FROM ${table})`, [randomUUID()])
  const { rows } = await client.query<{ mark: string }>(`SELECT mark FROM ${table}`)
  const [row] = rows
  if (row === undefined) throw new Error('the mark of PostgreSQL’s life is not there')
  return row.mark
}
