/**
 * Runs a table without the engine, for a plugin's tests.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from './api-error.js'
import type { Columns, Row } from './column.js'
import { isFetched, listRows } from './list-rows.js'
import type { Quals } from './qual.js'
import { delayBeforeRetry } from './retry.js'
import type { Hydrate, Scan, ScanOrder, Table } from './table.js'

export { errorOf } from './testing/error-of.js'
export { type RecordedHttp, type RecordedHttpOptions, recordedHttp } from './testing/recorded-http.js'
export { differencesFromSteampipe } from './testing/steampipe-columns.js'

export interface ScanRequest<Connection, TableColumns extends Columns> {
  readonly connection: Connection
  /** The columns that the query needs; all of them by default. */
  readonly columns?: readonly (keyof TableColumns & string)[]
  readonly quals?: Quals<TableColumns>
  readonly limit?: number
  readonly order?: ScanOrder<keyof TableColumns & string>
  readonly signal?: AbortSignal
  /** Called with the name of each API call that the table makes. */
  readonly onCall?: (name: string) => void
  /** How often a call is made at most, where its error says that this may help. Default 3. */
  readonly attempts?: number
  /** Called with each part that the table goes on without. By default none may be left out. */
  readonly onLeftOut?: (part: string, failure: ApiError) => void
  /** The API's codes of errors that the settings say to go on without. Default is none. */
  readonly ignoredCodes?: readonly string[]
}

/** Makes the scan that a table's functions are given. Calls run at once, without a limit. */
export function scanOf<Connection, TableColumns extends Columns>(
  table: Table<Connection, TableColumns>,
  request: ScanRequest<Connection, TableColumns>,
): Scan<Connection, TableColumns> {
  const signal = request.signal ?? new AbortController().signal
  setMaxListeners(0, signal) // all calls of the scan listen to it
  return {
    connection: request.connection,
    connectionName: 'test',
    columns: new Set<keyof TableColumns & string>(request.columns ?? Object.keys(table.columns)),
    quals: request.quals ?? {},
    limit: request.limit,
    order: request.order,
    signal,
    call: async (name, run) => {
      for (let made = 1; ; made++) {
        request.onCall?.(name)
        try {
          return await run(signal)
        } catch (error) {
          const delay = delayBeforeRetry(error, made, request.attempts ?? 3, Math.random)
          if (delay === undefined || signal.aborted) throw error
          await sleep(delay, undefined, { signal })
        }
      }
    },
    decode: (decoder, parts, options) => decoder.decode(parts, options),
    innerCallsMade: () => {},
    leaveOut: (part, failure) => {
      const isCancel = signal.aborted || (ApiError.is(failure) && failure.sqlState === '57014')
      if (request.onLeftOut === undefined || isCancel || !ApiError.is(failure)) throw failure
      request.onLeftOut(part, failure)
    },
    leaveOutValue: (column, failure) => {
      if (request.onLeftOut === undefined) throw failure
      request.onLeftOut(column, failure)
    },
    ignores: (failure) => isAmong(request.ignoredCodes, failure),
  }
}

/** All rows of a scan, with the hydrate functions applied whose columns are wanted. */
export async function collectRows<Connection, TableColumns extends Columns>(
  table: Table<Connection, TableColumns>,
  request: ScanRequest<Connection, TableColumns>,
): Promise<Row<TableColumns>[]> {
  const scan = scanOf(table, request)
  const hydrates = Object.values<Hydrate<Connection, TableColumns>>(table.hydrate ?? {}).filter((hydrate) =>
    hydrate.columns.some((column) => scan.columns.has(column)),
  )
  const rows: Row<TableColumns>[] = []
  for await (const batch of listRows(table, scan)) {
    rows.push(...(await Promise.all(batch.map((row) => hydrated(row, hydrates, scan)))))
  }
  return rows
}

async function hydrated<Connection, TableColumns extends Columns>(
  row: Row<TableColumns>,
  hydrates: readonly Hydrate<Connection, TableColumns>[],
  scan: Scan<Connection, TableColumns>,
): Promise<Row<TableColumns>> {
  const parts = await Promise.all(
    hydrates.map(async (hydrate) => {
      if (isFetched(row, hydrate)) return {}
      try {
        return await hydrate.fetch(row, scan)
      } catch (error) {
        if (scan.ignores(error) || isAmong(hydrate.optional, error)) return {}
        throw error
      }
    }),
  )
  return Object.assign({}, row, ...parts)
}

function isAmong(codes: readonly string[] | undefined, failure: unknown): boolean {
  return ApiError.is(failure) && failure.code !== undefined && codes?.includes(failure.code) === true
}
