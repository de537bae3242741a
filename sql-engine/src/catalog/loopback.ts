import type { Client } from 'pg'
import { clientRole, databaseName, internalSchema, loopbackServer } from '../postgres/names.js'
import {
  changedOptionsClause,
  type ForeignOptions,
  optionsClause,
  parseForeignOptions,
} from './foreign-options.js'

/** Where the gateway itself listens, and a client that it lets in by password. */
export interface Loopback {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

/** What the server's connections say they are, before the process that asks by them; the gateway can tell them by it. */
const loopbackApplicationName = 'millrace_loopback'

/** The server process that asks over the loopback, by the name of its connection; undefined for other clients. */
export function loopbackProcess(applicationName: string | undefined): number | undefined {
  const [name, process] = applicationName?.split(' ') ?? []
  return name === loopbackApplicationName && process !== undefined ? Number(process) : undefined
}

const serverOptions: ForeignOptions = {
  dbname: databaseName,
  // postgres_fdw writes the process for %p.
  application_name: `${loopbackApplicationName} %p`,
  connect_timeout: '10',
  // A connection kept open would hold one of the gateway's places for as long as its session lasts.
  keep_connections: 'off',
  fetch_size: '1000',
  updatable: 'false',
  truncatable: 'false',
}

/**
 * Makes the foreign server that the virtual tables belong to. Its wrapper is postgres_fdw's without
 * postgres_fdw's validator, for that allows no options of ours, such as a column's `key_operators`. (The
 * handler takes the options it knows.) The validator also keeps ordinary users from a mapping without a
 * password; here, nobody but the engine may make one, since nobody is granted the server's use.
 */
export async function ensureLoopbackServer(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_foreign_server WHERE srvname = $1', [
    loopbackServer,
  ])
  if (rowCount !== 0) return
  await client.query(
    `CREATE EXTENSION IF NOT EXISTS postgres_fdw SCHEMA ${internalSchema};
     CREATE FOREIGN DATA WRAPPER ${loopbackServer} HANDLER ${internalSchema}.postgres_fdw_handler;
     CREATE SERVER ${loopbackServer} FOREIGN DATA WRAPPER ${loopbackServer}${optionsClause(serverOptions)}`,
  )
}

/** Points the foreign tables' server at the gateway, for statements that the gateway never sees. */
export async function setLoopback(client: Client, { host, port, user, password }: Loopback): Promise<void> {
  await ensureLoopbackServer(client)
  const { rows } = await client.query<{ server: string[] | null; mapping: string[] | null }>(
    `SELECT srvoptions AS server, umoptions AS mapping
       FROM pg_foreign_server
       LEFT JOIN pg_user_mapping ON umserver = pg_foreign_server.oid AND umuser = $2::regrole
      WHERE srvname = $1`,
    [loopbackServer, clientRole],
  )
  const server = changedOptionsClause(parseForeignOptions(rows[0]?.server ?? null), {
    ...serverOptions,
    host,
    port: String(port),
  })
  const current = parseForeignOptions(rows[0]?.mapping ?? null)
  const mapping = changedOptionsClause(current, { user, password })
  const statements: string[] = []
  if (server !== '') statements.push(`ALTER SERVER ${loopbackServer}${server}`)
  if (mapping !== '') {
    const verb = rows[0]?.mapping === null ? 'CREATE' : 'ALTER'
    const options = verb === 'CREATE' ? optionsClause({ user, password }) : mapping
    statements.push(`${verb} USER MAPPING FOR ${clientRole} SERVER ${loopbackServer}${options}`)
  }
  if (statements.length > 0) await client.query(statements.join('; '))
}
