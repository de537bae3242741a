/** A table of a plugin, as a table of Millrace. */
import {
  ApiError,
  type Column,
  type Columns,
  type ColumnType,
  merge,
  type Row,
  type Scan,
  type Table,
} from '@millrace/plugin-sdk'
import type { PluginHost } from '../process/plugin-host.js'
import type { PluginColumnType, PluginTable } from '../protocol/plugin-schema.js'
import { type KeyColumns, keyColumnsOf } from './key-columns.js'
import { forOneValue, MissingKey, type PlannedExecute, planExecutes } from './plan-executes.js'
import { isNotUnique } from './plugin-failure.js'
import { callName, type ExecuteContext, runExecute } from './run-execute.js'
import { type Batches, withoutTwins } from './without-twins.js'

/** The types that Steampipe gives them; PostgreSQL has `ltree` only as an extension. */
const columnTypes: Readonly<Record<PluginColumnType, ColumnType>> = {
  bool: 'boolean',
  int: 'bigint',
  double: 'double precision',
  string: 'text',
  json: 'jsonb',
  datetime: 'timestamp with time zone',
  timestamp: 'timestamp with time zone',
  ipaddr: 'inet',
  cidr: 'cidr',
  inet: 'inet',
  ltree: 'text',
  unknown: 'text',
}

/** Columns of every row that the engine itself has. */
const ownColumns: ReadonlySet<string> = new Set(['_ctx', 'sp_ctx', 'sp_connection_name'])

/** How many calls of one scan are made side by side. */
const executesAtOnce = 4

/**
 * The largest limit that is passed. A table with fewer rows is listed twice; larger ones are left to stopping to read,
 * at which a plugin stops as well, if a little later.
 */
const largestLimit = 100

export function bridgedTable(table: PluginTable, host: PluginHost): Table<unknown, Columns> {
  const columns: Record<string, Column> = {}
  for (const { name, type, description } of table.columns) {
    if (!ownColumns.has(name)) columns[name] = { type: columnTypes[type], description }
  }
  const types = new Map(Object.entries(columns).map(([name, { type }]) => [name, type]))
  const keys = keyColumnsOf(table, types)
  return {
    name: table.name,
    description: table.description,
    columns,
    keys: keys.keys,
    calls: [{ name: callName, makesCalls: true }],
    examples: [],
    list: (scan) => rowsOf({ table: table.name, host, types, keys }, scan),
  }
}

interface Source {
  readonly table: string
  readonly host: PluginHost
  readonly types: ReadonlyMap<string, ColumnType>
  readonly keys: KeyColumns
}

async function* rowsOf(source: Source, scan: Scan): AsyncGenerator<readonly Row[]> {
  const executes = plannedFor(source, scan, false)
  const { limit = Number.POSITIVE_INFINITY } = scan
  if (limit <= largestLimit && Object.keys(scan.quals).length === 0 && scan.order === undefined) {
    yield* limitedRows(source, scan, executes, limit)
    return
  }
  yield* merge(
    executes.map((execute) => rowsOfExecute(source, scan, execute)),
    executesAtOnce,
  )
}

function plannedFor({ table, types, keys }: Source, scan: Scan, withoutGet: boolean): PlannedExecute[] {
  try {
    return planExecutes({ quals: scan.quals, types, keys, withoutGet })
  } catch (error) {
    if (!(error instanceof MissingKey)) throw error
    throw new ApiError(`${table} cannot be asked like this: ${error.message}`, {
      hint: 'Add a condition of the form column = value.',
      cause: error,
    })
  }
}

/**
 * The SDK counts rows to a limit before it sends them, and may send fewer. Then all are asked for, and the reader stops
 * when it has enough. (As many rows as were sent are the first ones of those: all rows are alike to LIMIT.)
 */
async function* limitedRows(
  source: Source,
  scan: Scan,
  [execute]: readonly PlannedExecute[],
  limit: number,
): AsyncGenerator<readonly Row[]> {
  if (execute === undefined) return
  const context = contextOf(source, scan, execute)
  const rows: Row[] = []
  for await (const batch of runExecute(context, execute, limit)) rows.push(...batch)
  if (rows.length >= limit) yield rows
  else yield* runExecute(context, execute)
}

async function* rowsOfExecute(
  source: Source,
  scan: Scan,
  execute: PlannedExecute,
): AsyncGenerator<readonly Row[]> {
  const context = contextOf(source, scan, execute)
  if (execute.isGet) yield* rowsOfGet(source, scan, execute, context)
  else yield* eachOnce(runExecute(context, execute), execute, context)
}

/** Rows of a call, each of them once, though the API may take several values of its list for the same. */
function eachOnce(batches: Batches, execute: PlannedExecute, context: ExecuteContext): Batches {
  const { list } = execute
  if (list === undefined) return batches
  const { column, values } = list
  const type = context.types.get(column) ?? 'text'
  return withoutTwins(batches, { column, type, values }, [...context.types.keys()], (value) =>
    runExecute(context, forOneValue(execute, column, type, value)),
  )
}

/** A row for each key: few enough to be held until it is sure that there are not two for one key. */
async function* rowsOfGet(
  source: Source,
  scan: Scan,
  execute: PlannedExecute,
  context: ExecuteContext,
): AsyncGenerator<readonly Row[]> {
  const rows: Row[] = []
  try {
    for await (const batch of runExecute(context, execute)) rows.push(...batch)
  } catch (error) {
    if (!isNotUnique(error)) throw error
    for (const other of plannedFor(source, scan, true)) {
      const all = { ...other, tests: [...other.tests, ...execute.tests] }
      yield* rowsOfExecute(source, scan, all)
    }
    return
  }
  yield* eachOnce([rows], execute, context)
}

/** The columns that the scan needs, and those of the tests. */
function contextOf({ table, host, types }: Source, scan: Scan, { tests }: PlannedExecute): ExecuteContext {
  const names = new Set([...scan.columns, ...tests.map(({ column }) => column)])
  const wanted = new Map(
    [...names].flatMap((name) => {
      const type = types.get(name)
      return type === undefined ? [] : [[name, type] as const]
    }),
  )
  return { host, table, scan, types: wanted }
}
