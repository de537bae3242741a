/** What a session sets of Millrace: ordinary settings, `SET millrace.cache_ttl = 60` or in a connection's options. */
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'

export interface SessionSettings {
  /** How old rows may be that a statement is answered from, in milliseconds; undefined for the server's default. */
  readonly cacheTtl: number | undefined
  /** Whether the transaction sees only what was there when it began. */
  readonly hasFixedSnapshot: boolean
}

export const settingsSchema = z.object({ cache_ttl: z.string().nullable(), isolation: z.string() })

/** An SQL expression: what {@link readSettings} reads, as JSON. A setting that is not set is NULL. */
export const settingsQuery = `pg_catalog.json_build_object(
      'cache_ttl', pg_catalog.current_setting('millrace.cache_ttl', true),
      'isolation', pg_catalog.current_setting('transaction_isolation'))`

/** @throws DatabaseError 22023 for values that are none */
export function readSettings({ cache_ttl, isolation }: z.infer<typeof settingsSchema>): SessionSettings {
  const hasFixedSnapshot = isolation !== 'read committed' && isolation !== 'read uncommitted'
  return { cacheTtl: readTtl(cache_ttl), hasFixedSnapshot }
}

function readTtl(ttl: string | null): number | undefined {
  // Empty is what RESET leaves.
  if (ttl === null || ttl === '') return undefined
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(ttl)) {
    throw new DatabaseError(`invalid value for parameter "millrace.cache_ttl": "${ttl}"`, {
      sqlState: '22023',
      hint: 'Give a number of seconds, 0 for rows that are asked for anew.',
    })
  }
  return Number(ttl) * 1000
}
