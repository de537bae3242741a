/** Sessions for single statements. What a statement sets serves no other. */
import type { Database, DatabaseNotice, DatabaseSession } from './database.js'

export interface SessionOptions {
  /** Whether its statement may write. */
  readonly writes: boolean
  /** Settings of the session, by their names. */
  readonly settings?: Readonly<Record<string, string>>
  readonly onNotice?: (notice: DatabaseNotice) => void
}

/**
 * Where it may not write, its transaction is read-only, and has begun: from its first snapshot on, PostgreSQL no longer
 * lets it become read-write. The statement comes by the extended protocol, which takes no second one behind it.
 */
export async function openSession(
  database: Database,
  { writes, settings = {}, onNotice = () => {} }: SessionOptions,
): Promise<DatabaseSession> {
  const session = await database.open(onNotice)
  try {
    for (const [name, value] of Object.entries(settings)) {
      await session.command('select pg_catalog.set_config($1, $2, false)', [name, value])
    }
    if (!writes) {
      await session.command('begin transaction read only')
      await session.command('select')
    }
    return session
  } catch (error) {
    await session.end()
    throw error
  }
}
