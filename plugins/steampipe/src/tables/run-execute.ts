/** Makes one call of Execute, and reads the rows that it is answered by. */
import { ApiError, type ColumnType, type Row, type Scan } from '@millrace/plugin-sdk'
import type { PluginHost } from '../process/plugin-host.js'
import { writeExecuteRequest } from '../protocol/execute-request.js'
import { RowReader } from '../protocol/row-reader.js'
import type { PlannedExecute } from './plan-executes.js'
import { pluginFailure } from './plugin-failure.js'

export interface ExecuteContext {
  readonly host: PluginHost
  readonly table: string
  readonly scan: Scan
  /** The columns to fetch, with the columns of the tests, by name. */
  readonly types: ReadonlyMap<string, ColumnType>
}

/** The name of the call, for EXPLAIN and errors. */
export const callName = 'Execute'

/**
 * Yields the rows that belong to the call.
 * @throws {ApiError} of the plugin, {RpcError} where the get function has found a key in several places
 */
export async function* runExecute(
  { host, table, scan, types }: ExecuteContext,
  { quals, tests, isGet }: PlannedExecute,
  limit?: number,
): AsyncGenerator<readonly Row[]> {
  const { connectionName: connection } = scan
  const callId = host.nextCallId()
  const request = writeExecuteRequest({ table, connection, callId, columns: [...types.keys()], quals, limit })
  const reader = new RowReader(types, (column, value) => scan.leaveOutValue(column, refused(column, value)))
  const reading = new AbortController()
  const abort = () => reading.abort()
  scan.signal.addEventListener('abort', abort, { once: true })
  const answers = host.execute(connection, callId, request, reading.signal)
  let received = 0
  let fetched = 0
  let hydrateCalls = 0
  let isAnswered = false
  try {
    // The call is done, for the limits on calls, once rows come: how long they take is up to whoever reads them.
    let next = await scan.call(callName, async (signal) => {
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      try {
        return await answers.next()
      } catch (error) {
        throw pluginFailure(error, connection)
      } finally {
        signal.removeEventListener('abort', abort)
      }
    })
    isAnswered = true
    while (next.done !== true) {
      const rows: Row[] = []
      for (const message of next.value) {
        const { row, rowsFetched, hydrateCalls: made } = reader.read(message)
        fetched = Math.max(fetched, rowsFetched)
        hydrateCalls = Math.max(hydrateCalls, made)
        if (row === undefined) continue
        received++
        if (tests.every(({ column, holds }) => holds(row[column]))) rows.push(row)
      }
      if (rows.length > 0) yield rows
      next = await answers.next()
    }
  } catch (error) {
    scan.signal.throwIfAborted()
    throw pluginFailure(error, connection, isAnswered ? `${callName}: ` : '')
  } finally {
    scan.signal.removeEventListener('abort', abort)
    scan.innerCallsMade(hydrateCalls)
    await answers.return(undefined)
  }
  // With a limit, the SDK may send fewer rows than it has counted; whoever passes one looks at how many have come.
  if (!isGet && limit === undefined && fetched > received) throw lostRows(fetched, received)
}

function refused(column: string, value: string): ApiError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value
  return new ApiError(`PostgreSQL does not take the plugin's value of ${column}`, {
    detail: `It is ${JSON.stringify(shown)}.`,
  })
}

/** The SDK may lose an error on its way: what shows is that rows are missing. */
function lostRows(fetched: number, received: number): ApiError {
  return new ApiError(
    `the plugin has fetched ${fetched} rows, and sent ${received}: an error of its own was lost`,
    {
      hint: "Run the query again; the server's log has what the plugin wrote.",
    },
  )
}
