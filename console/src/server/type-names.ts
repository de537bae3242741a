/** The names of columns' types. */
import { z } from 'zod'
import type { Column } from '../protocol/messages.js'
import type { Database, DatabaseColumn } from './database.js'
import { openSession } from './open-session.js'
import { count, readRecords } from './records.js'

const typeShape = z.object({ oid: count, name: z.string() })

/** Asked for in a session of its own, since a statement's is busy; each once, for they stay what they are. */
export class TypeNames {
  readonly #database: Database
  readonly #names = new Map<number, string>()

  constructor(database: Database) {
    this.#database = database
  }

  async of(columns: readonly DatabaseColumn[]): Promise<readonly Column[]> {
    const unknown = new Set(columns.map(({ type }) => type).filter((oid) => !this.#names.has(oid)))
    if (unknown.size > 0) await this.#find([...unknown])
    return columns.map(({ name, type }) => ({ name, oid: type, type: this.#names.get(type) ?? 'unknown' }))
  }

  async #find(oids: readonly number[]): Promise<void> {
    const session = await openSession(this.#database, { writes: false })
    try {
      const found = await readRecords(
        session,
        typeShape,
        'select oid::bigint as oid, pg_catalog.format_type(oid, null) as name from pg_catalog.unnest($1::oid[]) oid',
        [`{${oids.join(',')}}`],
      )
      for (const { oid, name } of found) this.#names.set(oid, name)
    } finally {
      await session.end()
    }
  }
}
