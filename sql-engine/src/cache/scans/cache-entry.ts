/** A scan whose rows are cached, or on their way. */
import { equalValues, type QualValue } from '@millrace/plugin-sdk'
import type { ScanLimit } from '../../fetch/scan-limit.js'
import type { StagedTable } from '../../stage/scan-table.js'
import type { CacheRequest, ScanMaker } from './cache-request.js'
import { covers, type ScanShape } from './covers.js'

export interface Entry {
  readonly shape: ScanShape
  readonly source: string
  readonly limit: ScanLimit | undefined
  /** The statement whose scan asked for it. */
  readonly statement: object
  readonly startedAt: number
  readonly expiresAt: number
  /** Aborted when nothing waits for the rows any more. */
  readonly controller: AbortController
  /** Its rows; those of another gateway can be had anew each time that somebody here reads them. */
  readonly rows: (maker: ScanMaker) => Promise<StagedTable>
  /** Called when nobody reads them any more, for the time being. */
  readonly unread: () => void
  /** The name that another gateway's scan table has there; undefined for rows that were fetched here. */
  readonly peerName: string | undefined
  /** Whether other gateways are told of its rows. */
  isShared: boolean
  /** Whether it may answer statements that have not asked for it yet. */
  isForOthers: boolean
  /** Whether it has failed, or was given up or dropped. */
  isGone: boolean
  table: StagedTable | undefined
  /** The table's bytes on disk, once they are known. */
  bytes: number
  leases: number
}

/** Rows that end at a limit are not all rows; whether they do is known only when they have come. */
export function hasAllRows({ limit, table }: Entry): boolean {
  return limit === undefined || (table !== undefined && table.rowCount < limit.rows)
}

/**
 * Whether a question is exactly the one that a fetch will answer. A fetch for a wider one, or for more rows, may take
 * much longer; one for fewer rows does not give enough.
 */
export function isSame({ shape, limit }: Entry, request: CacheRequest): boolean {
  return isSameLimit(limit, request.limit) && covers(request, shape, request.keys)
}

function isSameLimit(one: ScanLimit | undefined, other: ScanLimit | undefined): boolean {
  return (
    one?.rows === other?.rows &&
    one?.order?.column === other?.order?.column &&
    one?.order?.direction === other?.order?.direction
  )
}

/** Whether an entry's rows are all that is asked for, and possibly more. */
export function isAnswer(entry: Entry, request: CacheRequest): boolean {
  return (
    covers(entry.shape, request, request.keys) && (request.isGap !== true || hasNoOtherParts(entry, request))
  )
}

/** Whether a scan's rows are of no other parts than those that are missing: others are read already. */
function hasNoOtherParts({ shape }: Entry, { quals, partColumn }: CacheRequest): boolean {
  if (partColumn === undefined) return true
  const missing = new Set<QualValue>(equalValues(quals[partColumn]))
  return (equalValues(shape.quals[partColumn]) ?? []).every((part) => missing.has(part))
}
