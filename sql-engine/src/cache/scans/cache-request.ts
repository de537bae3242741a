/** What a scan asks of the cache, and what it gets. */
import type { Key, QualValue } from '@millrace/plugin-sdk'
import type { ScanLimit } from '../../fetch/scan-limit.js'
import type { ScanTable, StagedTable } from '../../stage/scan-table.js'
import type { ScanShape } from './covers.js'
import type { Interval } from './interval.js'

export interface CacheRequest extends ScanShape {
  /** The same for all scans of one table through one connection. */
  readonly source: string
  /** The same for such scans of all gateways over the database; undefined for rows that are kept to this one. */
  readonly sharedSource?: string | undefined
  readonly keys: Readonly<Record<string, Key | undefined>>
  /** Key columns by each of whose values the table's rows can be told apart. */
  readonly lookupKeys: readonly string[]
  /** The column by whose listed values the scan asks for parts that never change; undefined for another scan. */
  readonly partColumn?: string | undefined
  /** The same for all scans of a statement, which never asks for the same thing twice, however old rows may be. */
  readonly statement: object
  readonly limit: ScanLimit | undefined
  /** Whether it asks for what cached rows lack of a wider range, or of the parts of a table. */
  readonly isGap?: boolean
  /** The most milliseconds since another statement asked for the rows; 0 asks again and caches nothing. */
  readonly maxAge: number
  readonly signal: AbortSignal
}

/** Rows of one table among others that are read together. */
export interface TablePart {
  readonly table: ScanTable
  /** Which of its rows count; undefined for all of them. */
  readonly counted: CountedPart | undefined
}

/** Rows by the values of a column. */
export type CountedPart =
  | { readonly kind: 'values'; readonly values: readonly QualValue[] }
  | { readonly kind: 'range'; readonly interval: Interval }

/** How a scan's rows come about. */
export interface ScanMaker {
  /** Fills a new scan table; the signal is aborted when none of those that waited for it are left. */
  fetch(shape: ScanShape, signal: AbortSignal): Promise<StagedTable>
  /** Makes a view over a scan table of another gateway. @throws DatabaseError, also where it is gone */
  readPeer(name: string): Promise<ScanTable>
  /** Puts rows of several tables together, without copying them. */
  combine(column: string, parts: readonly TablePart[], signal: AbortSignal): Promise<ScanTable>
}

/** A scan table that is not dropped before it is released. */
export interface LeasedTable extends ScanTable {
  /** Whether its rows were there, or on their way, before they were asked for. */
  readonly isHit: boolean
  /** Whether all of them were asked for by another scan of the same statement. */
  readonly isShared: boolean
}
