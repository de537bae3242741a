/**
 * The role of clients that may only read. It owns nothing, may write to nothing, is no superuser and a member of no role:
 * so it reaches no files and programs of the machine (pg_read_server_files, pg_execute_server_program), and ends no
 * session but its own (pg_signal_backend). It has no user mapping for the loopback, so that a function's body reads no
 * virtual table, beside the quotas of the statement that calls it.
 * https://www.postgresql.org/docs/18/predefined-roles.html
 */
import type { Client } from 'pg'
import { clientRole, databaseName, embeddedNames, engineRole, readerRole } from './names.js'

const { lookupSchema, scanSchema } = embeddedNames

/**
 * Transactions are read-only besides; https://www.postgresql.org/docs/18/sql-set-transaction.html says what of. Only a
 * superuser may set temp_file_limit, so that no statement of the role's fills the disk.
 */
export const readerObjects = `
  CREATE ROLE ${readerRole} LOGIN;
  ALTER ROLE ${readerRole} SET default_transaction_read_only = on;
  ALTER ROLE ${readerRole} SET temp_file_limit = '1GB'`

/** Grants in one statement: each takes a lock. */
const grantBatch = 500

/** Creates the role where it is missing. May be run any number of times. */
export async function ensureReader(client: Client): Promise<void> {
  const { rows } = await client.query<{ admits: boolean }>(
    `SELECT has_database_privilege(oid, $2, 'CONNECT') AS admits FROM pg_roles WHERE rolname = $1`,
    [readerRole, databaseName],
  )
  if (rows.length === 0) await client.query(readerObjects)
  if (rows[0]?.admits !== true)
    await client.query(`GRANT CONNECT ON DATABASE ${databaseName} TO ${readerRole}`)
}

/** Lets it read what is Millrace's and clients may read, in a home that was made before there was the role. */
export async function ensureReaderPrivileges(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_default_acl, aclexplode(defaclacl) AS privilege
      WHERE defaclnamespace = $1::regnamespace AND privilege.grantee = $2::regrole`,
    [scanSchema, readerRole],
  )
  if (rowCount !== 0) return
  const own = `NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`
  const { rows: schemas } = await client.query<{ name: string }>(
    `SELECT quote_ident(nspname) AS name FROM pg_namespace
      WHERE nspowner = $1::regrole AND nspname ${own} AND has_schema_privilege($2, oid, 'USAGE')`,
    [engineRole, clientRole],
  )
  const { rows: relations } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', nspname, relname) AS name
       FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relowner = $1::regrole AND nspname ${own} AND relkind IN ('r', 'v', 'f', 'm')
        AND has_table_privilege($2, pg_class.oid, 'SELECT')`,
    [engineRole, clientRole],
  )
  for (const { name } of schemas) await client.query(`GRANT USAGE ON SCHEMA ${name} TO ${readerRole}`)
  for (let start = 0; start < relations.length; start += grantBatch) {
    const names = relations.slice(start, start + grantBatch).map(({ name }) => name)
    await client.query(`GRANT SELECT ON ${names.join(', ')} TO ${readerRole}`)
  } // Last: it says that all of it is done.
  await client.query(
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${scanSchema}, ${lookupSchema} GRANT SELECT ON TABLES TO ${readerRole}`,
  )
}
