/** Takes away all that Millrace has made in a user's PostgreSQL, and nothing that the user has. */
import { type Client, type ClientConfig, escapeIdentifier } from 'pg'
import { DatabaseError } from '../../database-error.js'
import { withEngineClient } from '../engine-connections.js'
import { loopbackServer, type Names } from '../names.js'
import { keepGatewaysOut } from './gateway-locks.js'
import { readOwnSchemas } from './own-schemas.js'

/** What there is of Millrace's. */
export interface GuestRemains {
  readonly schemas: readonly string[]
  /** The number of tables, views and the like in them. */
  readonly relations: number
  readonly hasServer: boolean
}

/** @throws DatabaseError 55P03 while a gateway works there */
export function lookAtRemains(config: ClientConfig, names: Names): Promise<GuestRemains> {
  return withEngineClient(config, async (client) => {
    await keepGatewaysOut(client, names.database)
    return remains(client, names)
  })
}

async function remains(client: Client, names: Names): Promise<GuestRemains> {
  const schemas = (await readOwnSchemas(client, names)) ?? []
  const { rows } = await client.query<{ relations: number; has_server: boolean }>(
    `SELECT (SELECT count(*)::int FROM pg_class WHERE relkind = ANY ('{r,v,m,f,p}')
                AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1))) AS relations,
            EXISTS (SELECT FROM pg_foreign_server JOIN pg_roles r ON r.oid = srvowner
                     WHERE srvname = $2 AND rolname = current_user) AS has_server`,
    [schemas, loopbackServer],
  )
  return { schemas, relations: rows[0]?.relations ?? 0, hasServer: rows[0]?.has_server === true }
}

/**
 * Removes it in one transaction.
 * @throws DatabaseError 2BP01 when objects of a user's would go along, 55P03 while a gateway works there
 */
export async function removeGuest(config: ClientConfig, names: Names): Promise<void> {
  await withEngineClient(config, async (client) => {
    await keepGatewaysOut(client, names.database)
    const { schemas, hasServer } = await remains(client, names)
    if (schemas.length === 0) return
    await client.query('BEGIN')
    try {
      const before = await objectsOutside(client, schemas)
      const list = schemas.map((schema) => escapeIdentifier(schema)).join(', ')
      await client.query(`DROP SCHEMA ${list} CASCADE`)
      if (hasServer) await client.query(`DROP SERVER ${loopbackServer} CASCADE`)
      const after = new Set(await objectsOutside(client, schemas))
      const lost = before.filter((object) => !after.has(object))
      if (lost.length > 0) throw wouldBeLost(lost)
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {}) // the first error matters more
      throw error
    }
  })
}

/** What a cascade could reach, in PostgreSQL's words: relations, functions, types, defaults, constraints, triggers. */
async function objectsOutside(client: Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ object: string }>(
    `WITH own AS (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1)),
          outside AS (SELECT oid FROM pg_class
                       WHERE relnamespace NOT IN (SELECT oid FROM own) AND relnamespace <> 'pg_toast'::regnamespace)
     SELECT pg_describe_object(class, id, 0) AS object FROM (
       SELECT 'pg_class'::regclass AS class, oid AS id FROM outside
       UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace NOT IN (SELECT oid FROM own)
       UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
                  WHERE typnamespace NOT IN (SELECT oid FROM own) AND typrelid = 0 AND typelem = 0
       UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM outside)
       UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE connamespace NOT IN (SELECT oid FROM own)
       UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM outside)
       UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid IN (SELECT oid FROM outside)
       UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server WHERE srvname <> $2) AS objects
      WHERE class <> 'pg_class'::regclass OR id >= 16384`,
    [schemas, loopbackServer],
  )
  return rows.map(({ object }) => object)
}

/** The most objects that an error lists. */
const mostListed = 20

function wouldBeLost(objects: readonly string[]): DatabaseError {
  const listed = objects.slice(0, mostListed).join(', ')
  const more = objects.length > mostListed ? `, and ${objects.length - mostListed} more` : ''
  return new DatabaseError('objects that are not Millrace’s depend on what is', {
    sqlState: '2BP01', // dependent_objects_still_exist
    detail: `They would go along: ${listed}${more}.`,
    hint: 'Drop them first, or change them so that they read no virtual table. Nothing has been removed.',
  })
}
