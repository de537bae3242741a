/** What a session's statement has asked of APIs. */
import { z } from 'zod'
import type { ScanRecord } from '../protocol/messages.js'
import type { DatabaseSession } from './database.js'
import { count, readRecords } from './records.js'

const scanShape = z.object({
  connection: z.string(),
  table: z.string(),
  calls: count,
  retries: count,
  throttles: count,
  rows: count,
  bytes: count,
  cache: z.string(),
  milliseconds: count,
  error: z.string().nullable(),
})

/** The session must have run one statement only. */
export function readScanRecords(session: DatabaseSession): Promise<readonly ScanRecord[]> {
  return readRecords(
    session,
    scanShape,
    `select connection, table_name as table, calls, retries, throttles, rows, bytes, cache,
       duration_ms as milliseconds, error
     from millrace.scan order by statement, scan`,
  )
}
