import { type Client, escapeIdentifier } from 'pg'
import { clientRole, databaseName, engineRole, internalSchema, loopbackServer } from '../postgres/names.js'
import {
  changedOptionsClause,
  type ForeignOptions,
  optionsClause,
  parseForeignOptions,
} from './foreign-options.js'

/** Where the gateway itself listens, and by which passwords it admits PostgreSQL as which role. */
export interface Loopback {
  readonly host: string
  readonly port: number
  /** By roles: each asks as itself, and so for nothing but what it sees. The one of the database's owner is among them. */
  readonly passwords: ReadonlyMap<string, string>
}

/**
 * The application name of the server's connections, followed by the process that asks through them; the gateway
 * recognises them by it.
 */
const loopbackApplicationName = 'millrace_loopback'

/** The application name of connections that ask as the virtual tables' owner, which only ANALYZE does. */
const analysisApplicationName = 'millrace_analyze'

const applicationNames: ReadonlySet<string | undefined> = new Set([
  loopbackApplicationName,
  analysisApplicationName,
])

/** The server process that asks over the loopback, by the name of its connection; undefined for other clients. */
export function loopbackProcess(applicationName: string | undefined): number | undefined {
  const [name, process] = applicationName?.split(' ') ?? []
  return applicationNames.has(name) && process !== undefined ? Number(process) : undefined
}

/** Whether what asks over the loopback is ANALYZE. */
export function isAnalysis(applicationName: string | undefined): boolean {
  return applicationName?.split(' ')[0] === analysisApplicationName
}

const serverOptions: ForeignOptions = {
  dbname: databaseName,
  // postgres_fdw writes the process for %p.
  application_name: `${loopbackApplicationName} %p`,
  connect_timeout: '10',
  // An open connection would hold one of the gateway's places for as long as its session lasts.
  keep_connections: 'off',
  fetch_size: '1000',
  updatable: 'false',
  truncatable: 'false',
}

const handler = `${internalSchema}.loopback_handler`

/**
 * Makes the foreign server that the virtual tables belong to. Its wrapper is postgres_fdw's without postgres_fdw's
 * validator, which allows no options of Millrace's, such as a column's `key_operators`. (The handler reads the
 * options that it knows.) The validator also keeps ordinary users from a mapping without a password; here, only the
 * engine may make one, since no one else is granted the use of the server. The handler is taken from the library
 * itself: the extension would stand in every dump.
 */
export async function ensureLoopbackServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ handler: string | null }>(
    `SELECT fdwhandler::regproc::text AS handler FROM pg_foreign_data_wrapper WHERE fdwname = $1`,
    [loopbackServer],
  )
  const [wrapper] = rows
  if (wrapper?.handler === handler) return
  await client.query(
    `CREATE OR REPLACE FUNCTION ${handler} () RETURNS fdw_handler LANGUAGE c STRICT
       AS '$libdir/postgres_fdw', 'postgres_fdw_handler'`,
  )
  await client.query(
    wrapper === undefined
      ? `CREATE FOREIGN DATA WRAPPER ${loopbackServer} HANDLER ${handler};
         CREATE SERVER ${loopbackServer} FOREIGN DATA WRAPPER ${loopbackServer}${optionsClause(serverOptions)}`
      : // One of an older home, whose handler is the extension's.
        `SET LOCAL log_min_messages = error;
         ALTER FOREIGN DATA WRAPPER ${loopbackServer} HANDLER ${handler};
         DROP EXTENSION postgres_fdw;
         SET LOCAL log_min_messages = warning`,
  )
}

/**
 * Points the foreign tables' server at the gateway, for statements that the gateway never sees. The engine's own role
 * owns the virtual tables, and ANALYZE reads as their owner, no matter who asks for it: the gateway then gives no
 * rows.
 */
export async function setLoopback(client: Client, { host, port, passwords }: Loopback): Promise<void> {
  await ensureLoopbackServer(client)
  const { rows } = await client.query<{ server: string[] | null; mappings: Record<string, string[] | null> }>(
    `SELECT srvoptions AS server, (SELECT coalesce(json_object_agg(pg_get_userbyid(umuser), umoptions), '{}')
              FROM pg_user_mapping WHERE umserver = pg_foreign_server.oid) AS mappings
       FROM pg_foreign_server
      WHERE srvname = $1`,
    [loopbackServer],
  )
  const server = changedOptionsClause(parseForeignOptions(rows[0]?.server ?? null), {
    ...serverOptions,
    host,
    port: String(port),
  })
  const statements: string[] = []
  if (server !== '') statements.push(`ALTER SERVER ${loopbackServer}${server}`)
  const loginOf = (user: string, password: string) => ({ user, password })
  const mappings = new Map<string, ForeignOptions>([
    ...[...passwords].map(([role, password]) => [role, loginOf(role, password)] as const),
    [
      engineRole,
      {
        ...loginOf(clientRole, passwords.get(clientRole) ?? ''),
        application_name: `${analysisApplicationName} %p`,
      },
    ],
  ])
  for (const [name, wanted] of mappings) {
    const role = escapeIdentifier(name)
    const current = rows[0]?.mappings[name]
    const verb = current === undefined ? 'CREATE' : 'ALTER'
    const options =
      current === undefined
        ? optionsClause(wanted)
        : changedOptionsClause(parseForeignOptions(current), wanted)
    if (options !== '') statements.push(`${verb} USER MAPPING FOR ${role} SERVER ${loopbackServer}${options}`)
  }
  if (statements.length > 0) await client.query(statements.join('; '))
}
