/** What an administrator does for Millrace in a PostgreSQL, and what Millrace then makes there by itself, as SQL to read. */
import { escapeIdentifier } from 'pg'
import {
  castSchema,
  clientRolesOf,
  internalSchemasOf,
  loopbackServer,
  type Names,
  steampipeSchema,
  systemSchema,
} from '../names.js'
import { since } from '../standing.js'
import { createTryCasts, guestCasts } from '../try-casts.js'
import { guestGrants, guestSchemaStatements } from './own-schemas.js'
import { markTable } from './prepare-guest.js'
import { sharedTableStatements } from './shared-tables.js'

export interface SetupOptions {
  readonly names: Names
  /** Names of the connections of the configuration. */
  readonly connections: readonly string[]
  /** As `server_version_num`; undefined where no server has told. */
  readonly version: number | undefined
}

export function setupSql({ names, connections, version }: SetupOptions): string {
  const { engineRole, database } = names
  const engine = escapeIdentifier(engineRole)
  const base = escapeIdentifier(database)
  const roles = clientRolesOf(names)
  const others = roles.filter((role) => role !== engineRole).map((role) => escapeIdentifier(role))
  const clients = others.length === 0 ? engine : others.join(', ')
  const schemas = [systemSchema, steampipeSchema, ...connections].map((name) => escapeIdentifier(name))
  return `-- 1. For an administrator, connected to the database ${base}.
-- Roles that are there already stay as they are. Give them passwords, as with \\password in psql.

CREATE ROLE ${engine} LOGIN;
${others.map((role) => `CREATE ROLE ${role} LOGIN;\n`).join('')}GRANT CONNECT, CREATE ON DATABASE ${base} TO ${engine};
GRANT CONNECT, TEMPORARY ON DATABASE ${base} TO ${clients};
${readerSettings(names)}
-- So that functions, triggers and materialized views can read virtual tables; without it, they get an error.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO ${engine};

-- 2. What Millrace then does by itself as ${engine} whenever it starts, as far as it is missing. Nothing here has to be run.

${[...guestSchemaStatements(names), `CREATE UNLOGGED TABLE ${markTable(names)} (mark uuid NOT NULL)`, ...sharedTableStatements(names)].join(';\n')};

${version === undefined ? '-- As on PostgreSQL 16 and newer; an older one has functions that do the same:\n' : ''}${createTryCasts(guestCasts(version ?? since.inputIsValid))};

-- One schema for the system tables and one for each connection, with a table for each of its tables:
${schemas.map((schema) => `CREATE SCHEMA ${schema};`).join('\n')}
CREATE SERVER ${loopbackServer} FOREIGN DATA WRAPPER postgres_fdw;
${others.length === 0 ? '' : `\n${guestGrants([...internalSchemasOf(names), castSchema, ...schemas].join(', '), clients, names).join(';\n')};\n`}`
}

function readerSettings({ readerRole }: Names): string {
  if (readerRole === undefined) return ''
  const role = escapeIdentifier(readerRole)
  return `ALTER ROLE ${role} SET default_transaction_read_only = on;
ALTER ROLE ${role} SET temp_file_limit = '1GB';
`
}
