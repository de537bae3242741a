/** The roles of users: those that there are, and those that there have been. */
import { type Client, escapeIdentifier } from 'pg'
import type { Logger } from 'pino'
import { clientRole, databaseName, engineRole, loopbackServer, userGroup } from '../postgres/names.js'
import { attempt } from './catalog-changes.js'

/**
 * The roles that are users or were, and whether they may log in. They are told from others by the membership of the owner
 * of the database in them, which the engine alone can give.
 * @returns undefined where there has never been a user
 */
export async function knownRoles(client: Client): Promise<ReadonlyMap<string, boolean> | undefined> {
  const { rows } = await client.query<{ name: string | null; admits: boolean | null }>(
    `SELECT r.rolname AS name, r.rolcanlogin AS admits
       FROM pg_roles g
       LEFT JOIN (pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid)
         ON m.member = $2::regrole AND m.grantor = $3::regrole
      WHERE g.rolname = $1`,
    [userGroup, clientRole, engineRole],
  )
  if (rows.length === 0) return undefined
  return new Map(
    rows.flatMap(({ name, admits }) => (name === null ? [] : [[name, admits === true] as const])),
  )
}

/**
 * Makes a role that may log in, and a schema of its own. The owner of the database may become it: to see what it sees,
 * and to dump what it has stored.
 * @param mayLogIn undefined where there is no such role yet
 */
export async function ensureRole(client: Client, name: string, mayLogIn: boolean | undefined): Promise<void> {
  const role = escapeIdentifier(name)
  const joining = `GRANT ${userGroup} TO ${role} WITH INHERIT TRUE, SET FALSE, ADMIN FALSE;
    GRANT CONNECT, TEMPORARY ON DATABASE ${databaseName} TO ${role}`
  if (mayLogIn === undefined) {
    await client.query(`CREATE ROLE ${role} LOGIN; ${joining};
      GRANT ${role} TO ${clientRole} WITH INHERIT TRUE, SET TRUE, ADMIN FALSE`)
  } else if (!mayLogIn) await client.query(`ALTER ROLE ${role} LOGIN; ${joining}`)
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${role} AUTHORIZATION ${role}`)
}

/** Takes from a role all that the engine has given it, but for the connections. What it has stored stays. */
export async function shutOut(client: Client, name: string): Promise<void> {
  const role = escapeIdentifier(name)
  await client.query(`ALTER ROLE ${role} NOLOGIN; REVOKE ${userGroup} FROM ${role};
    REVOKE ALL ON DATABASE ${databaseName} FROM ${role};
    ALTER ROLE ${role} IN DATABASE ${databaseName} RESET ALL;
    DROP USER MAPPING IF EXISTS FOR ${role} SERVER ${loopbackServer}`)
}

/** Drops a former user's role, unless it has stored something: that waits for a user of the same name. */
export async function dropUnusedRole(client: Client, name: string, log: Logger): Promise<void> {
  const role = escapeIdentifier(name)
  const { rows } = await client.query<{ others: boolean; schema: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_shdepend
                     WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1::regrole AND deptype = 'o'
                       AND (classid, objid) IS DISTINCT FROM ('pg_namespace'::regclass, own.oid)) AS others,
            own.oid IS NOT NULL AS schema
       FROM (SELECT (SELECT oid FROM pg_namespace WHERE nspname = $2 AND nspowner = $1::regrole) AS oid) AS own`,
    [role, name],
  )
  const [owned] = rows
  const dropping = `${owned?.schema === true ? `DROP SCHEMA ${role};` : ''} DROP OWNED BY ${role}; DROP ROLE ${role}`
  const dependents = owned?.others === false ? await attempt(client, dropping) : 'its own tables'
  if (dependents !== undefined) {
    log.debug({ user: name, dependents }, 'a user has gone; what it has stored stays')
  }
}
