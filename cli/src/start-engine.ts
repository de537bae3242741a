/** The PostgreSQL of a home: the one that comes with Millrace, or one that the settings name. */
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { Logger } from 'pino'
import type { Settings } from './config/settings.js'
import { guestUrls } from './engine/guest-urls.js'
import { UserError } from './user-error.js'

export interface EngineEvents {
  /** It has ended by itself. */
  readonly onCrash: () => void
  /** A process of it is at work; nothing is called where there is none to wait for. */
  readonly onSpawn?: () => void
}

/** @throws DatabaseError or UserError that says what is in the way */
export async function startEngine(
  settings: Pick<Settings, 'home' | 'values'>,
  log: Logger,
  { onCrash, onSpawn }: EngineEvents,
): Promise<Postgres> {
  const { home, values } = settings
  const limits = {
    time: values['limits.statement_timeout'] ?? undefined,
    workMemory: values['limits.work_mem_mb'] ?? undefined,
    temporaryFiles: values['limits.max_temp_file_mb'] ?? undefined,
  }
  if (values['engine.url'] === null) {
    const { startEmbeddedPostgres } = await import('@millrace/sql-engine/postgres/embedded-postgres')
    return startEmbeddedPostgres({ home, log, limits, onCrash, ...(onSpawn && { onSpawn }) })
  }
  if (limits.temporaryFiles !== undefined) {
    throw new UserError(
      'limits.max_temp_file_mb holds in the PostgreSQL that comes with Millrace only; in yours, a superuser sets it: ALTER ROLE … SET temp_file_limit',
      2,
    )
  }
  const { startGuestPostgres } = await import('@millrace/sql-engine/postgres/guest/guest-postgres')
  return startGuestPostgres({ home, ...guestUrls(settings), log, limits, onCrash })
}
