import type { VirtualLeaf } from '../bind/binding.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import type { ScanQuals } from '../fetch/scan-quals.js'
import type { CacheUse, ScanMeter } from './statement-meter.js'

/** What became of one scan, through one connection. */
export interface ScanRecord {
  readonly leaf: VirtualLeaf
  readonly connection: string
  readonly columns: readonly string[]
  /** Undefined when no row could fulfil the conditions, and nothing was asked. */
  readonly quals: ScanQuals | undefined
  readonly limit: ScanLimit | undefined
  readonly cache: CacheUse
  readonly meter: ScanMeter
  readonly startedAt: Date
  readonly milliseconds: number
  /** Why it has failed. */
  readonly error: string | undefined
}
