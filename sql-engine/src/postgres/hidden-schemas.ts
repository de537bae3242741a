/** The schemas of internal objects. */
import type { Client } from 'pg'
import {
  clientRole,
  embeddedNames,
  engineRole,
  formerSchemas,
  internalSchemasOf,
  readerRole,
} from './names.js'

const { scanSchema, lookupSchema } = embeddedNames
const all = internalSchemasOf(embeddedNames)

/**
 * Creates the schemas; may be run any number of times. Clients' statements read tables in them, by the names that the
 * gateway puts into the statements. By https://www.postgresql.org/docs/18/runtime-config-developer.html, a superuser
 * may create names that begin with `pg_` under allow_system_table_mods.
 */
export const hiddenSchemas = `
  SET allow_system_table_mods = on;
  ${all.map((schema) => `CREATE SCHEMA IF NOT EXISTS ${schema};`).join('\n  ')}
  RESET allow_system_table_mods;
  GRANT USAGE ON SCHEMA ${all.join(', ')} TO ${clientRole}, ${readerRole};
  ALTER DEFAULT PRIVILEGES IN SCHEMA ${scanSchema}, ${lookupSchema} GRANT SELECT ON TABLES TO ${clientRole}`

/** Creates the schemas where they are missing; those of an older home are renamed, with what is in them. */
export async function ensureHiddenSchemas(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY ($1) AND nspowner = $2::regrole`,
    [[...all, ...formerSchemas.keys()], engineRole],
  )
  const present = new Set(rows.map(({ name }) => name))
  if (all.every((name) => present.has(name))) return
  const renamed = [...formerSchemas].filter(([former, name]) => present.has(former) && !present.has(name))
  const renaming = renamed.map(([former, name]) => `ALTER SCHEMA ${former} RENAME TO ${name}`)
  await client.query(['SET allow_system_table_mods = on', ...renaming, hiddenSchemas].join('; '))
}
