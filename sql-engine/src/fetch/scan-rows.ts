/** Runs one scan: makes the table's calls, adds what hydrate functions fetch, and stops at the limit. */
import {
  ApiError,
  type Columns,
  type Hydrate,
  isFetched,
  listRows,
  merge,
  type Row,
  type Scan,
  toJsonText,
} from '@millrace/plugin-sdk'
import { engineColumns } from '../catalog/catalog-columns.js'
import type { CatalogColumn, VirtualTable } from '../catalog/virtual-table.js'
import { canceledError, DatabaseError } from '../database-error.js'
import type { DecodeThreads } from '../decode/decode-threads.js'
import type { CallCounts } from '../quota/call-counts.js'
import { untilAborted } from '../stage/abortable.js'
import { encodedRowsOf, firstRows } from '../stage/encoded-rows.js'
import type { MissingPart } from '../stage/scan-table.js'
import type { Connection } from './connection.js'
import { decodeBeside, decodeHere } from './decode-answers.js'
import { CallDefect, CallError, makeCall } from './make-call.js'
import { PluginWork, StrayFailure } from './plugin-work.js'
import type { ScanLimit } from './scan-limit.js'
import { callsOf, countKeys, type ScanQuals } from './scan-quals.js'
import { placeOf } from './thrown.js'

export interface ScanRequest {
  readonly table: VirtualTable
  readonly connection: Connection
  /** Names of the columns to be filled. */
  readonly columns: readonly string[]
  readonly quals: ScanQuals
  readonly limit: ScanLimit | undefined
  readonly counts: CallCounts
  /** The same for all scans of a statement; statements take turns. */
  readonly statement: object
  /** Where rows may be decoded, and the columns in which they are written; in the main thread by default. */
  readonly decoding?: { readonly threads: DecodeThreads; readonly columns: readonly CatalogColumn[] }
  /** Called with each part that the plugin goes on without. */
  readonly leaveOut: (missing: MissingPart) => void
  readonly signal: AbortSignal
}

/** A plugin's scan, as the engine sees all of them. */
type AnyScan = Scan<unknown, Columns>

/**
 * The rows of a scan, in batches, as they come.
 * @throws DatabaseError that names table and API call
 */
export async function* scanRows(request: ScanRequest): AsyncGenerator<readonly Row[], void, void> {
  const { table, connection } = request
  if (request.signal.aborted) throw canceledError()
  const work = new PluginWork(connection.plugin.name, `table ${table.definition.name}`, request.signal)
  const constants = constantsOf(request)
  let left = enoughRows(request.limit)
  try {
    // Lists wait for places for their calls; starting more of them than there are places would only take memory.
    const lists = listsOf(request, work)
    for await (const batch of untilAborted(merge(lists, connection.concurrency), work.signal)) {
      const rows = batch.length > left ? firstRows(batch, left) : batch
      left -= rows.length
      const isWhole = constants === undefined || encodedRowsOf(rows) !== undefined
      if (rows.length > 0) yield isWhole ? rows : rows.map((row) => ({ ...row, ...constants }))
      if (left === 0) return
    }
  } catch (error) {
    throw request.signal.aborted ? canceledError() : scanError(error, request)
  } finally {
    work.stop()
  }
}

/** The most parts that are asked for by their names; more of them are read as one list. */
const mostParts = 10_000

/**
 * The parts of the table that hold all rows of a scan.
 * @returns undefined where they are read as one list: where there are none or too many, or some may be missing
 * @throws DatabaseError that names table and API call
 */
export async function tableParts(request: ScanRequest): Promise<readonly string[] | undefined> {
  const { definition: table } = request.table
  const { parts } = table
  if (parts === undefined) return undefined
  let isMissing = false
  const noting = { ...request, leaveOut: () => (isMissing = true) }
  const work = new PluginWork(request.connection.plugin.name, `table ${table.name}`, request.signal)
  const found = new Set<string>()
  try {
    const decode = decodeOf(request, true, work)
    const columns = new Set(request.columns)
    const scan = scanOf({ request: noting, columns, quals: request.quals, work, decode })
    const listed = work.iterate(() => parts.list(scan))
    for await (const values of untilAborted(listed, work.signal)) {
      for (const value of values) found.add(value)
      if (found.size > mostParts || isMissing) return undefined
    }
  } catch (error) {
    if (request.signal.aborted) throw canceledError()
    // The list itself says what to go on without.
    if (isIgnored(error, request)) return undefined
    throw scanError(error, request)
  } finally {
    work.stop()
  }
  return found.size === 0 || isMissing ? undefined : [...found]
}

function* listsOf(request: ScanRequest, work: PluginWork): Generator<AsyncIterable<readonly Row[]>> {
  const { definition: table } = request.table
  // The engine's own columns are not the plugin's.
  const wanted = new Set(request.columns.filter((column) => Object.hasOwn(table.columns, column)))
  const hydrates = Object.values(table.hydrate ?? {}).filter(({ columns }) =>
    columns.some((column) => wanted.has(column)),
  )
  for (const quals of callsOf(request.quals, table.keys)) {
    const decode = decodeOf(request, hydrates.length > 0, work)
    const scan = scanOf({ request, columns: wanted, quals, work, decode })
    const listed = work.iterate(() => listRows(table, scan))
    const rows = hydrates.length === 0 ? listed : hydratedRows(listed, hydrates, { scan, request, work })
    yield counted(unlessIgnored(rows, request), countKeys(quals, table.keys), request.counts)
  }
}

/**
 * The number of rows after which no more are needed. Which rows are the first by an order is known only when all have
 * come.
 */
function enoughRows(limit: ScanLimit | undefined): number {
  return limit === undefined || limit.order !== undefined ? Number.POSITIVE_INFINITY : limit.rows
}

/** Keeps the rows so far of a list that ends in an error which the settings tolerate. */
async function* unlessIgnored(
  rows: AsyncIterable<readonly Row[]>,
  request: ScanRequest,
): AsyncGenerator<readonly Row[], void, void> {
  try {
    yield* rows
  } catch (error) {
    if (request.signal.aborted || !isIgnored(error, request)) throw error
    leaveOut('rows', 'rows', error, request)
  }
}

function isIgnored(failure: unknown, { connection }: ScanRequest): boolean {
  const cause = causeOf(failure)
  return ApiError.is(cause) && connection.ignoredErrors.has(cause)
}

function causeOf(failure: unknown): unknown {
  return failure instanceof CallError ? failure.cause : failure
}

function leaveOut(kind: MissingPart['kind'], part: string, failure: unknown, request: ScanRequest): void {
  request.leaveOut({ kind, part, error: scanError(failure, request) })
}

/** Reports when the keys of a list are done. */
async function* counted(
  rows: AsyncIterable<readonly Row[]>,
  keys: number,
  counts: CallCounts,
): AsyncGenerator<readonly Row[], void, void> {
  yield* rows
  counts.keysDone(keys)
}

/**
 * How many rows have their further columns fetched side by side. Their calls wait for places; more at once would only
 * take memory. It is enough for hydrate functions that put the keys of many rows into one call.
 */
const rowsHydratedAtOnce = 200

/** What the hydrate functions of a list are called with and for. */
interface Hydration {
  readonly scan: AnyScan
  readonly request: ScanRequest
  readonly work: PluginWork
}

async function* hydratedRows(
  listed: AsyncIterable<readonly Row[]>,
  hydrates: readonly Hydrate<unknown, Columns>[],
  hydration: Hydration,
): AsyncGenerator<readonly Row[], void, void> {
  let left = enoughRows(hydration.request.limit)
  for await (const batch of listed) {
    const rows = batch.slice(0, left)
    left -= rows.length
    for (let start = 0; start < rows.length; start += rowsHydratedAtOnce) {
      const part = rows.slice(start, start + rowsHydratedAtOnce)
      yield await Promise.all(part.map((row) => hydrated(row, hydrates, hydration)))
    }
    if (left === 0) return
  }
}

async function hydrated(
  row: Row,
  hydrates: readonly Hydrate<unknown, Columns>[],
  hydration: Hydration,
): Promise<Row> {
  const needed = hydrates.filter((hydrate) => !isFetched(row, hydrate))
  const parts = await Promise.all(needed.map((hydrate) => partOf(row, hydrate, hydration)))
  return Object.assign({}, row, ...parts) as Row
}

/** What a hydrate function fetches; nothing, which is NULL, where that is better than no answer at all. */
async function partOf(
  row: Row,
  hydrate: Hydrate<unknown, Columns>,
  { scan, request, work }: Hydration,
): Promise<Row> {
  try {
    return await work.run(() => hydrate.fetch(row, scan))
  } catch (error) {
    const cause = causeOf(error)
    const isOptional =
      ApiError.is(cause) && cause.code !== undefined && hydrate.optional?.includes(cause.code) === true
    if (scan.signal.aborted || (!isOptional && !isIgnored(error, request))) throw error
    const columns = hydrate.columns.filter((column) => scan.columns.has(column))
    leaveOut('values', `values of ${columns.join(', ')}`, error, request)
    return {}
  }
}

/** Rows that something is added to, or that are looked at, are decoded here. */
function decodeOf(request: ScanRequest, isHydrated: boolean, { signal }: PluginWork): AnyScan['decode'] {
  const { definition: table } = request.table
  const { decoding } = request
  const isLookedAt = isHydrated || Object.keys(table.get ?? {}).length > 0
  if (decoding === undefined || !decoding.threads.areThere || isLookedAt) return decodeHere
  const { threads, columns } = decoding
  const encoding = {
    columns: columns.map(({ name, type }) => ({ name, type })),
    constants: constantsOf(request),
    tableName: table.name,
  }
  return decodeBeside(threads, encoding, signal)
}

interface ScanParts {
  readonly request: ScanRequest
  readonly columns: ReadonlySet<string>
  readonly quals: ScanQuals
  readonly work: PluginWork
  readonly decode: AnyScan['decode']
}

function scanOf({ request, columns, quals, work, decode }: ScanParts): AnyScan {
  const { connection, limit, counts, statement } = request
  const { signal } = work
  return {
    connection: connection.state,
    connectionName: connection.name,
    columns,
    // The columns' types and the values' were brought together when the values were decoded.
    quals: quals as AnyScan['quals'],
    limit: limit?.rows,
    order: limit?.order,
    signal,
    call: (name, run, scope = '') =>
      makeCall({ name, scope, owner: statement, signal, counts, run, within: work }, connection),
    decode,
    innerCallsMade: (count) => {
      counts.innerCalls += count
    },
    leaveOut: (part, failure) => {
      const cause = causeOf(failure)
      if (signal.aborted || !ApiError.is(cause) || !isOfApi(cause)) throw failure
      leaveOut('rows', `rows of ${part}`, failure, request)
    },
    leaveOutValue: (column, failure) => leaveOut('values', `values of ${column}`, failure, request),
    ignores: (failure) => isIgnored(failure, request),
  }
}

/** Whether an error is the API's: not a cancellation, nor a failure of this machine. */
function isOfApi({ sqlState }: ApiError): boolean {
  return sqlState !== '57014' && sqlState !== '53000'
}

function scanError(error: unknown, { table: { definition: table }, connection }: ScanRequest): DatabaseError {
  if (error instanceof DatabaseError) return error
  const { log, plugin } = connection
  if (error instanceof StrayFailure) {
    log.error(
      { table: table.name, plugin: plugin.name, error: placeOf(error.thrown) },
      `the plugin ${error.message}`,
    )
    return new DatabaseError(`${table.name}: the plugin ${plugin.name} ${error.message}`, {
      sqlState: 'HV000',
      detail: error.place === undefined ? undefined : `At ${error.place}.`,
      hint: 'This is a defect of the plugin: a promise without an await, or a timer or listener that throws.',
      cause: error,
    })
  }
  const isOfCall = error instanceof CallError || error instanceof CallDefect
  const [call, cause] = isOfCall ? [`${error.call}: `, error.cause] : ['', error]
  if (ApiError.is(cause)) {
    const { sqlState, detail, hint } = cause
    const made = error instanceof CallError ? error.attempts : 1
    const times = made > 1 ? ` (asked ${made} times)` : ''
    return new DatabaseError(`${table.name}: ${call}${cause.message}${times}`, {
      sqlState,
      detail,
      hint,
      cause,
    })
  }
  // Anything else is a defect of the plugin. Its message is not shown: it may hold what the plugin was sent.
  log.error({ table: table.name, call, error: placeOf(cause) }, 'plugin failed')
  return new DatabaseError(`${table.name}: ${call}the plugin failed unexpectedly`, {
    sqlState: 'HV000',
    detail: cause instanceof Error ? cause.name : undefined,
    hint: 'The server log has more. Please report this as a defect of the plugin.',
    cause,
  })
}

/** Values of the columns that the engine adds, where they are wanted. */
function constantsOf({ columns, connection }: ScanRequest): Row | undefined {
  const context = toJsonText({ connection_name: connection.name })
  const values: Record<string, Row[string]> = {}
  for (const { name, type } of engineColumns) {
    if (columns.includes(name)) values[name] = type === 'jsonb' ? context : connection.name
  }
  return Object.keys(values).length === 0 ? undefined : values
}
