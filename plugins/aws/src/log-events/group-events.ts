/** Events of one log group, by FilterLogEvents in each region that may have it. */

import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import {
  ApiError,
  type Columns,
  type Direction,
  equalValue,
  equalValues,
  isSureToFulfil,
  type Key,
  merge,
  type Qual,
  type Quals,
  type Row,
  type Scan,
} from '@millrace/plugin-sdk'
import type { ExpectedError } from '../calls/aws-call.js'
import {
  type IdentityScan,
  type IdentityValues,
  identityKeys,
  identityOfScan,
} from '../columns/identity-columns.js'
import { isStreamName, logGroupOf, regionsOfGroup } from '../log-groups/log-group-identifier.js'
import { eachRegion } from '../regions/each-region.js'
import { type EventPage, type PageScan, RegionEvents, type UnreadPage } from './event-pages.js'
import { FirstEvents } from './first-events.js'
import { type TimeBounds, type TimeQuals, timeBoundsOf } from './time-bounds.js'

/** A key for times. For several values of `=`, what lies between them is asked for too. */
export const timeKey = {
  operators: ['=', '>', '>=', '<', '<='],
  exact: ['>', '>=', '<', '<='],
  inherent: true,
  immutable: true,
} as const satisfies Key

/** Keys of every table of log events. */
export const logEventKeys = {
  log_group_name: { operators: ['='], require: 'required', valuesPerCall: 1 },
  filter: { operators: ['='], valuesPerCall: 1 },
  log_stream_name: { operators: ['='], valuesPerCall: 100, inherent: true },
  timestamp: timeKey,
  ...identityKeys,
} as const satisfies Record<string, Key>

/** The orders of FilterLogEvents, which gives events from either end. */
export const timeOrder = ['asc', 'desc'] as const satisfies readonly Direction[]

/** Conditions on those keys. */
export interface LogEventQuals extends TimeQuals {
  readonly log_group_name?: readonly Qual<string>[] | undefined
  readonly filter?: readonly Qual<string>[] | undefined
  readonly log_stream_name?: readonly Qual<string>[] | undefined
  readonly region?: readonly Qual<string>[] | undefined
  readonly account_id?: readonly Qual<string>[] | undefined
}

/** What is asked of every region, on every page. */
interface LogEventRequest {
  readonly logGroupName: string
  readonly input: {
    readonly bounds: TimeBounds
    readonly logStreamNames: string[] | undefined
    readonly filterPattern: string | undefined
  }
}

interface EventReading<AnyRow> {
  readonly readRow: (event: FilteredLogEvent) => AnyRow
  /** Makes rows of pages that have not been read; undefined where all are read. */
  readonly decode: ((page: UnreadPage) => AsyncIterable<readonly AnyRow[]>) | undefined
}

/** Values of all rows that come from a region. */
export interface RegionValues extends IdentityValues {
  readonly filter: string | undefined
  readonly log_group_name: string | undefined
  readonly region: string
}

/** Of a table of log events. */
interface LogEventScan<TableColumns extends Columns> extends GroupScan, IdentityScan {
  readonly quals: Quals<TableColumns> & LogEventQuals
}

/**
 * The rows of a table of log events.
 * @param pattern what conditions on other columns become in a filter pattern
 * @param readerOf makes the function that turns a region's events into rows
 * @param decode makes rows of a region's page that has not been read; undefined where all are read
 * @throws ApiError without a log group, and as {@link groupEvents}
 */
export async function* logEventRows<TableColumns extends Columns>(
  scan: LogEventScan<TableColumns>,
  columns: TableColumns,
  pattern: string | undefined,
  readerOf: (values: RegionValues) => (event: FilteredLogEvent) => Row<TableColumns>,
  decode?: (page: UnreadPage, values: RegionValues) => AsyncIterable<readonly Row<TableColumns>[]>,
): AsyncGenerator<readonly Row<TableColumns>[]> {
  const request = logEventRequest(scan.quals, pattern)
  if (request === undefined) return
  const identity = await identityOfScan(scan, scan.quals.account_id)
  if (identity === undefined) return
  const echo = echoOf(scan.quals)
  yield* groupEvents(
    request,
    scan,
    (region) => {
      const values = { ...echo, ...identity, region }
      return { readRow: readerOf(values), decode: decode && ((page) => decode(page, values)) }
    },
    (row) => isSureToFulfil(row, scan.quals, columns),
  )
}

/** @returns undefined when no event can fulfil the conditions */
function logEventRequest(quals: LogEventQuals, pattern?: string): LogEventRequest | undefined {
  const logGroupName = equalValue(quals.log_group_name)
  if (logGroupName === undefined) throw new ApiError('a log_group_name must be given')
  const bounds = timeBoundsOf(quals)
  if (bounds === undefined) return undefined
  const logStreamNames = equalValues(quals.log_stream_name)?.filter(isStreamName)
  if (logStreamNames?.length === 0) return undefined
  // A pattern of the user's own is sent as it stands; PostgreSQL checks whatever else is asked of the event.
  const filterPattern = equalValue(quals.filter) || pattern
  return { logGroupName, input: { bounds, logStreamNames, filterPattern } }
}

/** Columns that only repeat what was asked for. */
function echoOf(quals: LogEventQuals) {
  return { filter: equalValue(quals.filter), log_group_name: equalValue(quals.log_group_name) }
}

interface GroupScan extends PageScan, Pick<Scan, 'leaveOut' | 'ignores' | 'order'> {
  readonly quals: LogEventQuals
}

/**
 * Rows of all events that a request asks for.
 * @param readingOf makes the functions that turn a region's events into rows
 * @param isSure whether a row certainly fulfils the scan's quals
 * @throws ApiError where no region has the log group that may have it; the failure of one that is left out, where no
 *   other has it
 */
async function* groupEvents<AnyRow>(
  { logGroupName, input }: LogEventRequest,
  scan: GroupScan,
  readingOf: (region: string) => EventReading<AnyRow>,
  isSure: (row: AnyRow) => boolean,
): AsyncGenerator<readonly AnyRow[]> {
  const logGroup = logGroupOf(logGroupName)
  const regions = await regionsOfGroup(logGroup, scan, scan.quals.region)
  if (regions.length === 0) return

  const misses = new Map<string, ExpectedError>()
  async function* rowsOf(region: string): AsyncGenerator<readonly AnyRow[]> {
    const { readRow, decode } = readingOf(region)
    const { bounds, ...more } = input
    const query = { ...logGroup.parameter, ...more }
    if (scan.order !== undefined && scan.limit !== undefined) {
      const { direction } = scan.order
      const firstEvents = new FirstEvents(region, scan, { direction, limit: scan.limit, readRow, isSure })
      yield* firstEvents.rows(query, bounds)
      if (firstEvents.missing !== undefined) misses.set(region, firstEvents.missing)
      return
    }
    const regionEvents = new RegionEvents(region, scan)
    if (decode === undefined) {
      for await (const events of regionEvents.pages(query, bounds)) yield events.map(readRow)
    } else yield* decodedPages(regionEvents.unreadPages(query, bounds), readRow, decode)
    if (regionEvents.missing !== undefined) misses.set(region, regionEvents.missing)
  }
  const failures = yield* eachRegion(regions, scan, rowsOf)
  if (misses.size + failures.length < regions.length) return
  // The group may be in a region that has failed; there is then nothing to go on with in the others.
  const failure = failures.find((one) => !scan.ignores(one))
  if (failure !== undefined) throw failure
  if (failures.length > 0) return
  if (!leavesRegionsOut(scan.quals.region)) throw noSuchGroup(logGroupName, misses)
}

/** Unread pages that are decoded while the next ones are asked for. */
const pagesAtOnce = 4

function decodedPages<AnyRow>(
  pages: AsyncIterable<EventPage>,
  readRow: (event: FilteredLogEvent) => AnyRow,
  decode: (page: UnreadPage) => AsyncIterable<readonly AnyRow[]>,
): AsyncIterable<readonly AnyRow[]> {
  async function* rowsOf(page: EventPage) {
    if ('body' in page) yield* decode(page)
    else yield page.map(readRow)
  }
  async function* each() {
    for await (const page of pages) yield rowsOf(page)
  }
  return merge(each(), pagesAtOnce)
}

/** Whether regions are left out that may have the log group; then it is not an error that the others lack it. */
function leavesRegionsOut(quals: readonly Qual<string>[] | undefined): boolean {
  return (quals ?? []).some(({ operator }) => operator !== '=')
}

function noSuchGroup(name: string, misses: ReadonlyMap<string, ExpectedError>): ApiError {
  const regions = [...misses.keys()].join(', ')
  const said = [...misses.values()][0]
  return new ApiError(`FilterLogEvents: there is no log group "${name}" in ${regions}`, {
    ...(said === undefined ? {} : { detail: `${said.code}: ${said.message}` }),
    hint:
      'Check the name; the column log_group_arn of aws_cloudtrail_trail tells where trails deliver. A log group ' +
      "belongs to one region: if that is another, add it to the connection's setting regions.",
  })
}
