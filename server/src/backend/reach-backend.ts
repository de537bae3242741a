/** Connects a client to PostgreSQL, which may be about to start, and says what is wrong where that cannot be. */
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import { type BackendConnection, connectBackend } from './backend-connection.js'

/** States that pass: 08006, nothing listens; 57P03 (cannot_connect_now), PostgreSQL starts or is about to end. */
const passingStates: ReadonlySet<string> = new Set(['08006', '57P03'])

/** The most attempts to connect to PostgreSQL, and the pause between them in milliseconds. */
const mostAttempts = 20
const attemptPause = 50

/**
 * The errors of a wrong database: invalid_catalog_name, insufficient_privilege, and what PostgreSQL says of
 * template0.
 */
const wrongDatabase: ReadonlySet<string> = new Set(['3D000', '42501', '55000'])

/**
 * Connects, and tries again when PostgreSQL has just died and its restart has not begun yet.
 * @throws DatabaseError; of a wrong database, with which one to use
 */
export async function reachBackend(
  backend: Pick<Postgres, 'names' | 'sessions' | 'ready'>,
  parameters: ReadonlyMap<string, string>,
): Promise<BackendConnection> {
  for (let attempt = 1; ; attempt++) {
    await backend.ready()
    try {
      return await connectBackend(backend, parameters)
    } catch (error) {
      const isPassing = error instanceof DatabaseError && passingStates.has(error.sqlState)
      if (!isPassing || attempt === mostAttempts)
        throw withDatabaseHint(error, parameters.get('database'), backend.names.database)
      await delay(attemptPause)
    }
  }
}

/** Adds which database to use, where PostgreSQL says that one does not exist, or does not admit everyone. */
function withDatabaseHint(error: unknown, database: string | undefined, served: string): unknown {
  if (!(error instanceof DatabaseError) || database === served) return error
  const { message, sqlState, detail } = error
  if (!wrongDatabase.has(sqlState)) return error
  const hint = `Connect to the database "${served}".`
  return new DatabaseError(message, { sqlState, detail, hint, cause: error })
}
