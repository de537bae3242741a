import { type Client, escapeIdentifier } from 'pg'
import { loopbackServer, type Names } from '../postgres/names.js'
import type { PostgresTraits } from '../postgres/postgres.js'
import {
  changedOptionsClause,
  type ForeignOptions,
  optionsClause,
  parseForeignOptions,
} from './foreign-options.js'

/** What PostgreSQL tells the gateway to be let in. */
export interface LoopbackLogin {
  readonly user: string
  readonly password: string
}

/** Where the gateway itself listens, and how it lets PostgreSQL in. */
export interface Loopback {
  readonly host: string
  readonly port: number
  /** By roles: each asks as itself, and so for nothing but what it sees. That of the clients is among them. */
  readonly logins: ReadonlyMap<string, LoopbackLogin>
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

const serverOptions = ({ database }: Names): ForeignOptions => ({
  dbname: database,
  // postgres_fdw writes the process for %p.
  application_name: `${loopbackApplicationName} %p`,
  connect_timeout: '10',
  // An open connection would hold one of the gateway's places for as long as its session lasts.
  keep_connections: 'off',
  fetch_size: '1000',
  updatable: 'false',
  truncatable: 'false',
})

/** Makes the foreign server that the virtual tables belong to, unless PostgreSQL refuses a guest the wrapper. */
export async function ensureLoopbackServer(
  client: Client,
  { names, standing }: PostgresTraits,
): Promise<void> {
  if (standing.kind === 'owner') return ensureOwnWrapper(client, names)
  if (standing.loopback.kind === 'refused') return
  await client.query(
    `CREATE SERVER IF NOT EXISTS ${loopbackServer} FOREIGN DATA WRAPPER postgres_fdw${optionsClause(serverOptions(names))}`,
  )
}

/**
 * Makes the server with a wrapper of its own. That is postgres_fdw's without postgres_fdw's
 * validator, which allows no options of Millrace's, such as a column's `key_operators`. (The handler reads the
 * options that it knows.) The validator also keeps ordinary users from a mapping without a password; here, only the
 * engine may make one, since no one else is granted the use of the server. The handler is taken from the library
 * itself: the extension would stand in every dump.
 */
async function ensureOwnWrapper(client: Client, names: Names): Promise<void> {
  const handler = `${names.internalSchema}.loopback_handler`
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
         CREATE SERVER ${loopbackServer} FOREIGN DATA WRAPPER ${loopbackServer}${optionsClause(serverOptions(names))}`
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
export async function setLoopback(
  client: Client,
  traits: PostgresTraits,
  { host, port, logins }: Loopback,
): Promise<void> {
  const { names, standing } = traits
  if (standing.kind === 'guest' && standing.loopback.kind === 'refused') return
  await ensureLoopbackServer(client, traits)
  const { rows } = await client.query<{ server: string[] | null }>(
    'SELECT srvoptions AS server FROM pg_foreign_server WHERE srvname = $1',
    [loopbackServer],
  )
  const server = changedOptionsClause(parseForeignOptions(rows[0]?.server ?? null), {
    ...serverOptions(names),
    host,
    port: String(port),
  })
  if (server !== '') await client.query(`ALTER SERVER ${loopbackServer}${server}`)
  if (standing.kind === 'owner') return setOwnMappings(client, names, logins)
  // A guest may not read what the mappings are.
  const login = { ...loginOf(logins, names) }
  const roles = new Set([names.clientRole, names.engineRole])
  const mapping = [...roles].flatMap((role) => {
    const of = `FOR ${escapeIdentifier(role)} SERVER ${loopbackServer}`
    const known = Object.fromEntries(Object.keys(login).map((name) => [name, '']))
    return [
      `CREATE USER MAPPING IF NOT EXISTS ${of}${optionsClause(login)}`,
      `ALTER USER MAPPING ${of}${changedOptionsClause(known, login)}`,
    ]
  })
  await client.query(mapping.join('; '))
}

function loginOf(logins: Loopback['logins'], { clientRole }: Names): LoopbackLogin {
  const login = logins.get(clientRole)
  if (login === undefined) throw new Error('PostgreSQL has no login for its clients')
  return login
}

async function setOwnMappings(client: Client, names: Names, logins: Loopback['logins']): Promise<void> {
  const { rows } = await client.query<{ role: string; options: string[] | null }>(
    `SELECT pg_get_userbyid(umuser) AS role, umoptions AS options
       FROM pg_user_mapping JOIN pg_foreign_server s ON s.oid = umserver WHERE srvname = $1`,
    [loopbackServer],
  )
  const there = new Map(rows.map(({ role, options }) => [role, options]))
  const statements: string[] = []
  const mappings = new Map<string, ForeignOptions>([
    ...[...logins].map(([role, login]) => [role, { ...login }] as const),
    [names.engineRole, { ...loginOf(logins, names), application_name: `${analysisApplicationName} %p` }],
  ])
  for (const [role, wanted] of mappings) {
    const current = there.get(role)
    const verb = current === undefined ? 'CREATE' : 'ALTER'
    const options =
      current === undefined
        ? optionsClause(wanted)
        : changedOptionsClause(parseForeignOptions(current), wanted)
    const name = escapeIdentifier(role)
    if (options !== '') statements.push(`${verb} USER MAPPING FOR ${name} SERVER ${loopbackServer}${options}`)
  }
  if (statements.length > 0) await client.query(statements.join('; '))
}
