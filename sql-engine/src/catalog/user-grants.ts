/** The privileges of users: what all of them have, and what each has on the schemas and tables of its connections. */
import { type Client, escapeIdentifier } from 'pg'
import {
  clientRole,
  embeddedNames,
  engineRole,
  loopbackServer,
  readerRole,
  steampipeSchema,
  systemSchema,
  userGroup,
} from '../postgres/names.js'
import type { CatalogUser } from './users.js'

/** Users are roles of Millrace's own PostgreSQL only: to make any takes a right that guests seldom have. */
const { internalSchema, scanSchema } = embeddedNames

/** Grants in one statement: each takes a lock. */
const grantBatch = 500

/** System tables that tell of the machine and of all connections. */
const hiddenSystemTables = ['setting']

/** Virtual tables, which are the parents of the loopback's foreign tables. */
const virtualTables = `
  SELECT c.oid, c.relacl, n.oid AS schema_oid, n.nspname AS schema, c.relname AS name
    FROM pg_foreign_table f
    JOIN pg_foreign_server s ON s.oid = f.ftserver AND s.srvname = '${loopbackServer}'
    JOIN pg_inherits i ON i.inhrelid = f.ftrelid
    JOIN pg_class c ON c.oid = i.inhparent
    JOIN pg_namespace n ON n.oid = c.relnamespace`

/**
 * Lets users read the system tables: which of their rows they see is decided where the rows are made. Lets the owner of the
 * database grant what it sees itself. And keeps the search path of the database, which names all connections, from users.
 */
export async function grantSystemTables(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [userGroup])
  if (rowCount === 0) await client.query(`CREATE ROLE ${userGroup} NOLOGIN`)
  await client.query(
    `GRANT USAGE ON SCHEMA ${internalSchema}, ${scanSchema}, ${systemSchema}, ${steampipeSchema} TO ${userGroup};
     REVOKE SELECT ON pg_catalog.pg_db_role_setting FROM PUBLIC;
     GRANT SELECT ON pg_catalog.pg_db_role_setting TO ${clientRole}, ${readerRole}`,
  )
  const { rows: own } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schema, name) AS name FROM (${virtualTables}) AS t
      WHERE schema = ANY ($1) AND name <> ALL ($2) AND NOT has_table_privilege($3, oid, 'SELECT')`,
    [[internalSchema, systemSchema, steampipeSchema], hiddenSystemTables, userGroup],
  )
  await inBatches(own, (names) => client.query(`GRANT SELECT ON ${names} TO ${userGroup}`))
  const { rows: schemas } = await client.query<{ name: string }>(
    `SELECT DISTINCT quote_ident(schema) AS name FROM (${virtualTables}) AS t
      WHERE schema <> ALL ($1) AND NOT has_schema_privilege($2, schema_oid, 'USAGE WITH GRANT OPTION')`,
    [[internalSchema], clientRole],
  )
  await inBatches(schemas, (names) =>
    client.query(`GRANT USAGE ON SCHEMA ${names} TO ${clientRole} WITH GRANT OPTION`),
  )
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schema, name) AS name FROM (${virtualTables}) AS t
      WHERE schema <> ALL ($1) AND NOT has_table_privilege($2, oid, 'SELECT WITH GRANT OPTION')`,
    [[internalSchema], clientRole],
  )
  await inBatches(tables, (names) =>
    client.query(`GRANT SELECT ON ${names} TO ${clientRole} WITH GRANT OPTION`),
  )
}

/** A privilege that is missing, or is there and should not be. */
interface Difference {
  /** The schema or table, quoted. */
  readonly name: string
  readonly user: string
  readonly isMissing: boolean
}

/**
 * Grants users their connections, and takes away those that are no longer theirs.
 * @param former names of roles that see none
 * @param schemas of all connections
 */
export async function grantConnections(
  client: Client,
  users: readonly CatalogUser[],
  former: readonly string[],
  schemas: readonly string[],
): Promise<void> {
  const roles = [...users.map(({ name }) => name), ...former]
  const pairs = users.flatMap((user) => user.schemas.map((schema) => ({ user: user.name, schema })))
  const wanted = [roles, pairs.map(({ user }) => user), pairs.map(({ schema }) => schema), schemas]
  const { rows: ofSchemas } = await client.query<Difference>(
    differences({
      objects: `SELECT oid, nspacl AS acl, nspname AS schema, quote_ident(nspname) AS name FROM pg_namespace
                 WHERE nspname = ANY ($4) AND nspowner = '${engineRole}'::regrole`,
      privilege: 'USAGE',
    }),
    wanted,
  )
  await change(client, 'USAGE ON SCHEMA', ofSchemas)
  const { rows: ofTables } = await client.query<Difference>(
    differences({
      objects: `SELECT oid, relacl AS acl, schema, format('%I.%I', schema, name) AS name FROM (${virtualTables}) AS t
                 WHERE schema = ANY ($4)`,
      privilege: 'SELECT',
    }),
    wanted,
  )
  await change(client, 'SELECT ON', ofTables)
}

/**
 * What the engine must grant and revoke: it is the grantor of what the configuration gives.
 * $1 are all roles, $2 and $3 the users and the schemas that they see, $4 the schemas.
 */
function differences({
  objects,
  privilege,
}: {
  readonly objects: string
  readonly privilege: string
}): string {
  return `WITH objects AS (${objects}),
      wanted AS (
        SELECT objects.oid, objects.name, seen.role
          FROM unnest($2::text[], $3::text[]) AS seen (role, schema) JOIN objects USING (schema)),
      granted AS (
        SELECT objects.oid, objects.name, r.rolname::text AS role
          FROM objects, aclexplode(objects.acl) AS a JOIN pg_roles r ON r.oid = a.grantee
         WHERE a.grantor = '${engineRole}'::regrole AND a.privilege_type = '${privilege}' AND r.rolname = ANY ($1))
    SELECT coalesce(wanted.name, granted.name) AS name, coalesce(wanted.role, granted.role) AS user,
           granted.oid IS NULL AS "isMissing"
      FROM wanted FULL JOIN granted ON granted.oid = wanted.oid AND granted.role = wanted.role
     WHERE wanted.oid IS NULL OR granted.oid IS NULL`
}

async function change(client: Client, what: string, found: readonly Difference[]): Promise<void> {
  for (const user of new Set(found.map((one) => one.user))) {
    const role = escapeIdentifier(user)
    const ofUser = found.filter((one) => one.user === user)
    await inBatches(
      ofUser.filter(({ isMissing }) => isMissing),
      (names) => client.query(`GRANT ${what} ${names} TO ${role}`),
    )
    await inBatches(
      ofUser.filter(({ isMissing }) => !isMissing),
      (names) => client.query(`REVOKE ${what} ${names} FROM ${role} CASCADE`),
    )
  }
}

async function inBatches(
  objects: readonly { readonly name: string }[],
  run: (names: string) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < objects.length; start += grantBatch) {
    const batch = objects.slice(start, start + grantBatch)
    await run(batch.map(({ name }) => name).join(', '))
  }
}

/**
 * Makes pg_dump leave out what was granted: it writes privileges of an extension's objects that are others than they were
 * when the extension took them. (https://www.postgresql.org/docs/18/catalog-pg-init-privs.html)
 */
export async function leaveGrantsOutOfDumps(client: Client): Promise<void> {
  for (const { catalog, acl, owner } of [
    { catalog: 'pg_class', acl: 'relacl', owner: 'relowner' },
    { catalog: 'pg_namespace', acl: 'nspacl', owner: 'nspowner' },
  ]) {
    await client.query(
      `UPDATE pg_init_privs SET initprivs = ${acl} FROM ${catalog}
        WHERE classoid = '${catalog}'::regclass AND objoid = oid AND objsubid = 0
          AND ${owner} = '${engineRole}'::regrole AND initprivs IS DISTINCT FROM ${acl} AND ${acl} IS NOT NULL`,
    )
  }
}
