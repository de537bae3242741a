/** The PostgreSQL of a home: the one that comes with Millrace, or one that the settings name. */
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'
import type { Settings } from './config/settings.js'

/**
 * @param onCrash called when it has ended by itself
 * @throws DatabaseError that says what is in the way
 */
export async function startEngine(
  { home, values }: Pick<Settings, 'home' | 'values'>,
  log: Logger,
  onCrash: () => void,
): Promise<Postgres> {
  const url = values['engine.url']
  if (url === null) {
    const { startEmbeddedPostgres } = await import('@millrace/sql-engine/postgres/embedded-postgres')
    return startEmbeddedPostgres({ home, log, onCrash })
  }
  const { startGuestPostgres } = await import('@millrace/sql-engine/postgres/guest/guest-postgres')
  return startGuestPostgres({
    home,
    url,
    clientUrl: values['engine.client_url'] ?? undefined,
    readerUrl: values['engine.reader_url'] ?? undefined,
    log,
    onCrash,
  })
}
