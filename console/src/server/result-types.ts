/** The names of columns' types. */
import { z } from 'zod'
import type { Column } from '../protocol/messages.js'
import type { DatabaseColumn, DatabaseSession } from './database.js'
import { count, readRecords } from './records.js'

const typeShape = z.object({ oid: count, name: z.string() })

/** @throws what PostgreSQL says, where the session's transaction has failed */
export async function withTypes(
  session: DatabaseSession,
  columns: readonly DatabaseColumn[],
): Promise<readonly Column[]> {
  const oids = [...new Set(columns.map(({ type }) => type))]
  if (oids.length === 0) return []
  const found = await readRecords(
    session,
    typeShape,
    'select oid::bigint as oid, pg_catalog.format_type(oid, null) as name from pg_catalog.unnest($1::oid[]) oid',
    [`{${oids.join(',')}}`],
  )
  const names = new Map(found.map(({ oid, name }) => [oid, name]))
  return columns.map(({ name, type }) => ({ name, oid: type, type: names.get(type) ?? 'unknown' }))
}
