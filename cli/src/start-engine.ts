/** The PostgreSQL of a home: the one that comes with Millrace, or one that the settings name. */
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'
import type { Settings } from './config/settings.js'
import { guestUrls } from './engine/guest-urls.js'

/**
 * @param onCrash called when it has ended by itself
 * @throws DatabaseError that says what is in the way
 */
export async function startEngine(
  settings: Pick<Settings, 'home' | 'values'>,
  log: Logger,
  onCrash: () => void,
): Promise<Postgres> {
  const { home, values } = settings
  if (values['engine.url'] === null) {
    const { startEmbeddedPostgres } = await import('@millrace/sql-engine/postgres/embedded-postgres')
    return startEmbeddedPostgres({ home, log, onCrash })
  }
  const { startGuestPostgres } = await import('@millrace/sql-engine/postgres/guest/guest-postgres')
  return startGuestPostgres({ home, ...guestUrls(settings), log, onCrash })
}
