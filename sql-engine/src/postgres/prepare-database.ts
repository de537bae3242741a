import { type Client, type ClientConfig, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { settingNames } from '../settings/session-settings.js'
import { catalogViews, ensureCatalogViews } from './catalog-views.js'
import { dropOwnedRefusal, ensureDropOwnedRefusal } from './drop-owned.js'
import { dropScanTables } from './drop-scan-tables.js'
import { connectEngine, withEngineClient } from './engine-connections.js'
import { ensureHiddenSchemas, hiddenSchemas } from './hidden-schemas.js'
import { allowConnections, removeLoginObstacles } from './login-obstacles.js'
import { clientRole, databaseName, embeddedNames } from './names.js'
import { ensureReader, ensureReaderPrivileges, readerObjects } from './reader.js'
import { ensureTryCasts, ownerCasts, tryCasts } from './try-casts.js'

/** The objects that the code creates in a database, which distinguish its template from an older one's. */
export const databaseObjects = [readerObjects, hiddenSchemas, tryCasts, catalogViews, dropOwnedRefusal]

/** Creates role, database and schemas where they are missing, and drops scan tables of an earlier run. */
export async function prepareDatabase(config: ClientConfig, log: Logger): Promise<void> {
  const client = await connectDatabase(config, log)
  try {
    await removeLoginObstacles(client, log)
    await ensureReader(client)
    await ensureHiddenSchemas(client)
    await ensureReaderPrivileges(client)
    await ensureCatalogViews(client)
    await ensureTryCasts(client, ownerCasts)
    await ensureDropOwnedRefusal(client)
    await grantSettings(client)
    await dropScanTables(client, embeddedNames, log)
  } finally {
    await client.end()
  }
}

async function connectDatabase(config: ClientConfig, log: Logger): Promise<Client> {
  try {
    return await connectEngine(config)
  } catch (error) {
    switch (error instanceof ServerError && error.code) {
      case '3D000': // invalid_catalog_name
        await createDatabase(config)
        break
      case '55000': // object_not_in_prerequisite_state: it is not accepting connections
        await allowConnections(config, log)
        break
      default:
        throw error
    }
    return connectEngine(config)
  }
}

async function createDatabase(config: ClientConfig): Promise<void> {
  await withEngineClient({ ...config, database: 'postgres' }, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [clientRole])
    if (rowCount === 0) await client.query(`CREATE ROLE ${clientRole} LOGIN`)
    await client.query(`CREATE DATABASE ${databaseName} OWNER ${clientRole}`)
  })
}

/**
 * Grants settings: otherwise, only a superuser may ALTER ROLE or ALTER DATABASE … SET what PostgreSQL itself does not
 * know.
 */
async function grantSettings(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name WHERE NOT has_parameter_privilege($2, name, 'SET')`,
    [settingNames, clientRole],
  )
  if (rows.length === 0) return
  await client.query(`GRANT SET ON PARAMETER ${rows.map(({ name }) => name).join(', ')} TO ${clientRole}`)
}
