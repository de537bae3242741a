/**
 * Who may log in where. The database belongs to its users, who can shut out everyone, including themselves; only
 * Millrace can then put it right.
 */
import { type Client, type ClientConfig, escapeIdentifier } from 'pg'
import type { Logger } from 'pino'
import { withEngineClient } from './engine-connections.js'
import { clientRole, databaseName } from './names.js'

/** Settings of a database or a role that make every login fail, unless the connection's own options override them. */
const fatalSettings = ['local_preload_libraries', 'exit_on_error']

/** Allows connections where `ALTER DATABASE … ALLOW_CONNECTIONS false` shuts out even the engine. */
export async function allowConnections(config: ClientConfig, log: Logger): Promise<void> {
  await withEngineClient({ ...config, database: 'postgres' }, async (client) => {
    await repair(client, log, [`ALTER DATABASE ${databaseName} ALLOW_CONNECTIONS true`])
  })
}

/** Lets clients into their database, and no other. */
export async function removeLoginObstacles(client: Client, log: Logger): Promise<void> {
  const { rows: databases } = await client.query<{ name: string; limit: number; admits: boolean }>(
    `SELECT datname AS name, datconnlimit AS limit, has_database_privilege($1, oid, 'CONNECT') AS admits
       FROM pg_database WHERE datallowconn`,
    [clientRole],
  )
  const served = databases.find(({ name }) => name === databaseName)
  const { rows: settings } = await client.query<{ owner: string; name: string }>(
    `SELECT concat_ws(' IN ', CASE WHEN setrole <> 0 THEN 'ROLE ' || setrole::regrole END,
                      CASE WHEN setdatabase <> 0 THEN 'DATABASE ' || quote_ident(datname) END) AS owner,
            split_part(setting, '=', 1) AS name
       FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS setting
      WHERE split_part(setting, '=', 1) = ANY ($1)`,
    [fatalSettings],
  )
  await repair(client, log, [
    ...(served?.limit === 0 ? [`ALTER DATABASE ${databaseName} CONNECTION LIMIT -1`] : []),
    ...(served?.admits === false ? [`GRANT CONNECT ON DATABASE ${databaseName} TO ${clientRole}`] : []),
    ...settings.map(({ owner, name }) => `ALTER ${owner} RESET ${name}`),
  ])
  const others = databases.filter(({ name, admits }) => admits && name !== databaseName)
  if (others.length === 0) return
  const names = others.map(({ name }) => escapeIdentifier(name)).join(', ')
  await client.query(`REVOKE CONNECT ON DATABASE ${names} FROM PUBLIC`)
}

async function repair(client: Client, log: Logger, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    await client.query(statement)
    log.warn({ statement }, 'nobody could have logged in; this has been put right')
  }
}
