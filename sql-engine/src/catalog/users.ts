/**
 * The configuration's users: each is a role that owns nothing but a schema of its own, and sees its connections. What the
 * configuration gives, the engine grants. What the owner of the database grants and revokes by SQL stays beside that,
 * since a privilege remembers who has granted it.
 */
import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { SearchPathOptions } from './search-path.js'
import { grantConnections, grantSystemTables, leaveGrantsOutOfDumps } from './user-grants.js'
import { dropUnusedRole, ensureRole, knownRoles, shutOut } from './user-roles.js'
import { setRoleSettings } from './user-settings.js'

/** A user as the catalog has it. */
export interface CatalogUser {
  /** The role's name, and that of its own schema. */
  readonly name: string
  /** The schemas of connections that the configuration shows it. */
  readonly schemas: readonly string[]
  /** Settings of PostgreSQL that hold for its sessions, by their names. */
  readonly settings: Readonly<Record<string, string>>
}

export interface UserSynchronisation {
  readonly users: readonly CatalogUser[]
  /** The schemas of all connections. */
  readonly schemas: readonly string[]
  readonly searchPath: SearchPathOptions | undefined
  readonly log: Logger
}

/**
 * Makes PostgreSQL's roles and privileges what the users are. Where there are none and never were, it only looks.
 * @throws Error of PostgreSQL; nothing has changed then
 */
export async function synchroniseUsers(
  client: Client,
  { users, schemas, searchPath, log }: UserSynchronisation,
): Promise<void> {
  const known = await knownRoles(client)
  if (known === undefined && users.length === 0) return
  const former = [...(known?.keys() ?? [])].filter((name) => users.every((user) => user.name !== name))
  await client.query('BEGIN')
  try {
    await grantSystemTables(client)
    for (const name of former) if (known?.get(name) === true) await shutOut(client, name)
    for (const { name } of users) await ensureRole(client, name, known?.get(name))
    await grantConnections(client, users, former, schemas)
    for (const user of users) await setRoleSettings(client, user, schemas, searchPath)
    for (const name of former) await dropUnusedRole(client, name, log)
    await leaveGrantsOutOfDumps(client)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}
