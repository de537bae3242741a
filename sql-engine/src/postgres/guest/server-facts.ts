/** What is to be known of a user's PostgreSQL before anything is done there. */
import { type Client, DatabaseError as ServerError } from 'pg'
import { DatabaseError } from '../../database-error.js'
import type { GuestLoopback } from '../standing.js'

export interface ServerFacts {
  /** As `server_version_num`. */
  readonly version: number
  /** As PostgreSQL spells it: `15.18`. */
  readonly versionName: string
  readonly encoding: string
  /** Whether it is a standby, which takes no writes. */
  readonly isStandby: boolean
  readonly mayCreate: boolean
  readonly isSuperuser: boolean
  /** Tells whether it is the same database of the same server: it stays over restarts and failovers. */
  readonly identity: string
  readonly maxConnections: number
  readonly loopback: GuestLoopback
}

const oldest = { number: 150000, name: '15' }

interface Row {
  readonly version: number
  readonly version_name: string
  readonly encoding: string
  readonly is_standby: boolean
  readonly may_create: boolean
  readonly is_superuser: boolean
  readonly database: string
  readonly max_connections: number
  readonly has_wrapper: boolean
  readonly may_use_wrapper: boolean | null
  readonly role: string
}

export async function readServerFacts(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<Row>(
    `SELECT current_setting('server_version_num')::int AS version,
            split_part(current_setting('server_version'), ' ', 1) AS version_name,
            current_setting('server_encoding') AS encoding,
            pg_is_in_recovery() AS is_standby,
            has_database_privilege(d.oid, 'CREATE') AS may_create,
            current_setting('is_superuser') = 'on' AS is_superuser,
            d.oid::text AS database,
            current_setting('max_connections')::int AS max_connections,
            w.oid IS NOT NULL AS has_wrapper,
            has_foreign_data_wrapper_privilege(w.oid, 'USAGE') AS may_use_wrapper, quote_ident(current_user) AS role
       FROM pg_database d LEFT JOIN pg_foreign_data_wrapper w ON fdwname = 'postgres_fdw'
      WHERE datname = current_database()`,
  )
  const [row] = rows
  if (row === undefined) throw new Error('the database does not know itself')
  return {
    version: row.version,
    versionName: row.version_name,
    encoding: row.encoding,
    isStandby: row.is_standby,
    mayCreate: row.may_create,
    isSuperuser: row.is_superuser,
    identity: `${await readSystemIdentifier(client)}/${row.database}`,
    maxConnections: row.max_connections,
    loopback: loopbackOf(row),
  }
}

/** Empty where a service keeps it to itself. */
async function readSystemIdentifier(client: Client): Promise<string> {
  try {
    const { rows } = await client.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    )
    return rows[0]?.id ?? ''
  } catch (error) {
    if (error instanceof ServerError && error.code === '42501') return ''
    throw error
  }
}

function loopbackOf({ has_wrapper, may_use_wrapper, role }: Row): GuestLoopback {
  if (may_use_wrapper === true) return { kind: 'usable' }
  const grant = `GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO ${role}`
  if (!has_wrapper) {
    return {
      kind: 'refused',
      reason: 'The database does not have the extension postgres_fdw.',
      remedy: `CREATE EXTENSION postgres_fdw; ${grant}`,
    }
  }
  return {
    kind: 'refused',
    reason: "Millrace's role may not use the extension postgres_fdw.",
    remedy: grant,
  }
}

/** @throws DatabaseError that says why Millrace cannot work there */
export function checkServer(facts: ServerFacts, database: string, role: string): void {
  const { version, versionName, encoding, isStandby, mayCreate } = facts
  if (version < oldest.number) {
    throw new DatabaseError(`PostgreSQL ${versionName} is too old for Millrace`, {
      sqlState: '0A000',
      hint: `Millrace needs PostgreSQL ${oldest.name} or newer.`,
    })
  }
  if (isStandby) {
    throw new DatabaseError(`the PostgreSQL of the database "${database}" is a standby`, {
      sqlState: '25006', // read_only_sql_transaction
      detail: 'Millrace writes the rows that it fetches into it.',
      hint: 'Name the primary server in the URL.',
    })
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseError(`the database "${database}" has the encoding ${encoding}`, {
      sqlState: '0A000',
      detail: 'APIs answer with any characters, which it could not hold.',
      hint: "Millrace needs a database whose encoding is UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
    })
  }
  if (!mayCreate) {
    throw new DatabaseError(`the role "${role}" may not create schemas in the database "${database}"`, {
      sqlState: '42501',
      hint: `Have the database's owner run: GRANT CREATE ON DATABASE "${database}" TO "${role}". The command millrace engine setup --print-sql prints all that is needed.`,
    })
  }
}
