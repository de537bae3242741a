import type { Logger } from 'pino'
import type { Postgres } from './postgres.js'

export interface EmbeddedPostgresOptions {
  /** Folder for all state; made if it is missing. One process at a time may use it. */
  readonly home: string
  readonly log: Logger
  /** Called when the server has died by itself. All its connections are gone; it is being started again. */
  readonly onCrash?: (error: Error) => void
}

/** Starts the embedded PostgreSQL; on a new home, after making its data folder. */
export function startEmbeddedPostgres(_options: EmbeddedPostgresOptions): Promise<Postgres> {
  return Promise.reject(new Error('not yet'))
}
