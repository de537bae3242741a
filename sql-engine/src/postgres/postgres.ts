import type { ClientConfig } from 'pg'
import type { Names } from './names.js'

/** A PostgreSQL that the engine works with. */
export interface Postgres {
  /** The names of Millrace's objects in it. */
  readonly names: Names
  /** The folder of the server's Unix socket, which only the gateway can reach. */
  readonly socketFolder: string
  /** The socket itself, `<folder>/.s.PGSQL.5432`. */
  readonly socketPath: string
  /** The engine's own superuser connection to the database. Its search path is `pg_catalog` alone. */
  readonly engineConfig: ClientConfig
  /**
   * Resolves when the server accepts connections: at once, or after it has come back from a crash.
   * @throws DatabaseError 57P03 when it does not come back, or has been stopped
   */
  ready(): Promise<void>
  /** Ends the server and releases the home. Resolves when the process is gone; may be called again. */
  stop(): Promise<void>
}
