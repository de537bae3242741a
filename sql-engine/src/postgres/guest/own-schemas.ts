/**
 * Which schemas of a user's PostgreSQL are Millrace's, written down in one of them. The role may own others: by the
 * owner alone, a schema that the user has made would be taken for Millrace's, and dropped with it.
 */
import { type Client, escapeIdentifier, escapeLiteral } from 'pg'
import { DatabaseError } from '../../database-error.js'
import { castSchema, clientRolesOf, internalSchemasOf, type Names } from '../names.js'

/** The table of the schemas' OIDs. */
export const registryOf = ({ internalSchema }: Pick<Names, 'internalSchema'>) =>
  `${internalSchema}.own_schema`

/** The schemas that there are whatever connections there are. */
function schemasOf(names: Names): readonly string[] {
  return [...internalSchemasOf(names), castSchema]
}

/** The statements that make the internal schemas, for one who wants to see them first. */
export function guestSchemaStatements(names: Names): readonly string[] {
  const { internalSchema } = names
  return [
    `CREATE SCHEMA ${internalSchema}`,
    `CREATE TABLE ${registryOf(names)} (schema oid PRIMARY KEY)`,
    registering(internalSchema, names),
    ...schemasOf(names)
      .filter((schema) => schema !== internalSchema)
      .flatMap((schema) => [`CREATE SCHEMA ${schema}`, registering(schema, names)]),
  ]
}

/** Notes that a schema, which has just been made, is Millrace's. */
export function registering(schema: string, names: Pick<Names, 'internalSchema'>): string {
  const name = escapeLiteral(escapeIdentifier(schema))
  return `INSERT INTO ${registryOf(names)} (schema) VALUES (${name}::pg_catalog.regnamespace)`
}

/** The names of schemas that are Millrace's; undefined where Millrace has none. */
export async function readOwnSchemas(
  client: Client,
  names: Pick<Names, 'internalSchema'>,
): Promise<readonly string[] | undefined> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    registryOf(names),
  ])
  if (rows[0]?.there !== true) return undefined
  const { rows: schemas } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM ${registryOf(names)} JOIN pg_namespace n ON n.oid = schema ORDER BY 1`,
  )
  return schemas.map(({ name }) => name)
}

/** Makes the internal schemas where they are missing. @throws DatabaseError when a user's schema has such a name */
export async function ensureGuestSchemas(client: Client, names: Names): Promise<void> {
  const own = (await readOwnSchemas(client, names)) ?? []
  const wanted = schemasOf(names)
  if (wanted.every((name) => own.includes(name))) return
  const { rows } = await client.query<{ name: string }>(
    'SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY ($1) AND nspname <> ALL ($2)',
    [wanted, own],
  )
  const [taken] = rows
  if (taken !== undefined) throw notOurs(taken.name)
  if (own.length === 0) await client.query(inTransaction(guestSchemaStatements(names)))
  else {
    const missing = wanted.filter((name) => !own.includes(name))
    const making = missing.flatMap((name) => [`CREATE SCHEMA ${name}`, registering(name, names)])
    await client.query(inTransaction(making))
  }
}

export function notOurs(schema: string): DatabaseError {
  return new DatabaseError(`there is a schema "${schema}" in the database that is not Millrace's`, {
    sqlState: 'F0000', // config_file_error
    detail: 'Millrace keeps what it needs in schemas of certain names, and touches no others.',
    hint: 'Rename that schema, or give Millrace a database of its own.',
  })
}

function inTransaction(statements: readonly string[]): string {
  return ['BEGIN', ...statements, 'COMMIT'].join('; ')
}

/** Lets clients' roles read what Millrace has made and will make. */
export async function ensureGuestPrivileges(client: Client, names: Names): Promise<void> {
  const others = clientRolesOf(names).filter((role) => role !== names.engineRole)
  const { rows } = await client.query<{ role: string }>(
    `SELECT role FROM unnest($1::text[]) AS role WHERE NOT has_schema_privilege(role, $2, 'USAGE')`,
    [others, names.scanSchema],
  )
  const lacking = rows.map(({ role }) => escapeIdentifier(role)).join(', ')
  if (lacking === '') return
  const schemas = ((await readOwnSchemas(client, names)) ?? [])
    .map((name) => escapeIdentifier(name))
    .join(', ')
  await client.query(inTransaction(guestGrants(schemas, lacking, names)))
}

/** @param schemas @param roles lists of quoted names */
export function guestGrants(
  schemas: string,
  roles: string,
  { scanSchema, lookupSchema }: Names,
): readonly string[] {
  return [
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${schemas} TO ${roles}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA ${scanSchema}, ${lookupSchema} GRANT SELECT ON TABLES TO ${roles}`,
    // Last: it says that all of it is done.
    `GRANT USAGE ON SCHEMA ${schemas} TO ${roles}`,
  ]
}
