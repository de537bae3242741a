import type { ClientConfig } from 'pg'
import type { Logger } from 'pino'
import { withEngineClient } from './engine-connections.js'

/** Where a table leaves rows that are dead once it is dropped. */
const catalogs = ['pg_class', 'pg_attribute', 'pg_type', 'pg_depend', 'pg_index', 'pg_statistic']

/**
 * Makes room in the catalog of what scan tables have left there. Autovacuum does that otherwise, by counts of dead rows; a
 * crash loses these (https://www.postgresql.org/docs/18/monitoring-stats.html#MONITORING-STATS-SETUP), and a server that
 * crashes again and again would never come to it. Never rejects.
 */
export async function vacuumCatalog(config: ClientConfig, log: Logger): Promise<void> {
  try {
    await withEngineClient(config, (client) => client.query(`VACUUM (SKIP_LOCKED) ${catalogs.join(', ')}`))
  } catch (error) {
    log.debug({ err: error }, 'the catalog could not be vacuumed')
  }
}
