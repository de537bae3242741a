import type { TableReference } from '../bind/binding.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import type { ScanQuals } from '../fetch/scan-quals.js'
import type { CacheUse } from '../quota/statement-meter.js'

/** What a scan has asked for, and got. */
export interface ScanCounts {
  readonly calls: number
  readonly retries: number
  readonly throttles: number
  /** Those that whoever answered has made in turn, as far as that is known. */
  readonly innerCalls: number
  readonly rows: number
  readonly bytes: number
}

/** What became of one scan, through one connection. */
export interface ScanRecord {
  readonly fromItem: TableReference
  readonly connection: string
  readonly columns: readonly string[]
  /** The conditions; undefined when no row could fulfil them, and nothing was asked. */
  readonly quals: ScanQuals | undefined
  readonly limit: ScanLimit | undefined
  readonly cache: CacheUse
  readonly meter: ScanCounts
  readonly startedAt: Date
  readonly milliseconds: number
  /** Why it has failed, or what it has no rows of. */
  readonly error: string | undefined
}
