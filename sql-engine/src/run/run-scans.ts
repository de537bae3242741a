/** Runs the scans of a plan: each as soon as those are staged that its key queries read. */
import { setMaxListeners } from 'node:events'
import type { Row } from '@millrace/plugin-sdk'
import type { TableReference } from '../bind/binding.js'
import { cacheSource } from '../cache/cache-source.js'
import type { KeyCache } from '../cache/keys/key-cache.js'
import { lookupColumn, lookupKeys } from '../cache/keys/key-cache-sources.js'
import type { LeasedTable, ScanMaker } from '../cache/scans/cache-request.js'
import { countedRows } from '../cache/scans/counted-rows.js'
import type { ScanCache } from '../cache/scans/scan-cache.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { canceledError, DatabaseError } from '../database-error.js'
import { type Aggregator, narrowMembers } from '../fetch/aggregator.js'
import type { Connection } from '../fetch/connection.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import { countKeys, type ScanQuals } from '../fetch/scan-quals.js'
import type { ScanPlan } from '../plan/scan-plan.js'
import type { ScanMeter, StatementMeter } from '../quota/statement-meter.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { ScanTables } from '../stage/scan-tables.js'
import { fetchScan, withinOwnQuotas } from './fetch-scan.js'
import { tellMissing } from './missing-rows.js'
import type { PushedQuals, QualPusher } from './push-quals.js'
import { stageMembers } from './stage-members.js'
import type { SystemRows } from './system-rows.js'

export interface ScanRun {
  readonly plans: readonly ScanPlan[]
  /** Columns that each scan has to fill. */
  readonly columns: ReadonlyMap<TableReference, ReadonlySet<string>>
  readonly pusher: QualPusher
  readonly scanTables: ScanTables
  readonly cache: ScanCache
  readonly keyCache: KeyCache
  /** How old rows may be, in milliseconds. */
  maxAgeOf(table: VirtualTable, connection: Connection): number
  /** Whether the client's transaction does not see what is written while it lasts. */
  readonly hasFixedSnapshot: boolean
  connectionOf(fromItem: TableReference): Connection
  /** The aggregator that a table belongs to; undefined for a connection's own table. */
  aggregatorOf(fromItem: TableReference): Aggregator | undefined
  /** Tells the client something; undefined where the client would not hear of it. */
  readonly notice: ((message: string) => void) | undefined
  /** What the client has been told is missing. */
  readonly told: Set<string>
  /** What rows of an aggregator's table that come through one of its connections are kept under. */
  memberSource(fromItem: TableReference, member: Connection): string
  readonly sharesScans: boolean
  /** Undefined for tables of connections. */
  systemRowsOf(fromItem: TableReference): SystemRows | undefined
  readonly meter: StatementMeter
  /** What has become of the scans; filled as they end. */
  readonly records: ScanRecord[]
  readonly signal: AbortSignal
}

export type StagedScans = ReadonlyMap<TableReference, ScanTable>

/**
 * @param staged filled as scans are ready; key queries look there for the names of scan tables
 * @throws DatabaseError of the first scan that fails; all others have then ended, and nothing is left staged
 */
export async function runScans(run: ScanRun, staged: Map<TableReference, ScanTable>): Promise<void> {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // all scans listen to it
  const onAbort = () => controller.abort()
  if (run.signal.aborted) throw canceledError()
  run.signal.addEventListener('abort', onAbort, { once: true })
  const failures: unknown[] = []
  const tasks = new Map<TableReference, Promise<void>>()
  const shared = new Map<string, Promise<ScanTable>>()
  // The plans stand in such an order that every scan's task is there before those that wait for it.
  for (const plan of run.plans) {
    const task = runScan(run, plan, tasks, shared, controller.signal)
      .then((table) => {
        staged.set(plan.fromItem, table)
      })
      .catch((error: unknown) => {
        failures.push(error)
        controller.abort()
        throw error
      })
    tasks.set(plan.fromItem, task)
  }
  await Promise.allSettled(tasks.values())
  run.signal.removeEventListener('abort', onAbort)
  if (failures.length === 0) return
  for (const table of staged.values()) table.release()
  if (run.signal.aborted) throw canceledError()
  throw failures[0]
}

async function runScan(
  run: ScanRun,
  plan: ScanPlan,
  tasks: ReadonlyMap<TableReference, Promise<void>>,
  shared: Map<string, Promise<ScanTable>>,
  signal: AbortSignal,
): Promise<ScanTable> {
  await Promise.all([...plan.after].map((fromItem) => tasks.get(fromItem)))
  if (signal.aborted) throw canceledError()
  const pushed: PushedQuals = plan.isNeverRead ? { kind: 'none' } : await run.pusher.push(plan)
  // Found last: a scan of all rows that starts at the same time has then asked for them, and they do here too.
  const limit =
    plan.limit !== undefined && pushed.kind === 'some' && pushed.whole
      ? await run.pusher.limitOf(plan.limit)
      : undefined
  const columns = [...(run.columns.get(plan.fromItem) ?? [])]
  const key = sharingKey(plan.fromItem, columns, pushed, limit)
  const known = shared.get(key)
  if (known !== undefined && run.sharesScans) {
    if (run.systemRowsOf(plan.fromItem) === undefined)
      note(run, plan.fromItem, columns, pushed, limit, 'shared')
    return known
  }
  const staging = stage(run, plan.fromItem, columns, pushed, limit, signal)
  shared.set(key, staging)
  return staging
}

async function stage(
  run: ScanRun,
  fromItem: TableReference,
  columns: readonly string[],
  pushed: PushedQuals,
  limit: ScanLimit | undefined,
  signal: AbortSignal,
): Promise<ScanTable> {
  const { table } = fromItem
  const request = { columns: table.columns, filled: columns, tableName: table.definition.name }
  const stageNothing = () => run.scanTables.stage({ ...request, rows: noRows(), signal })
  const own = run.systemRowsOf(fromItem)
  if (own !== undefined) {
    const rows = pushed.kind === 'some' ? oneBatch(own, pushed.quals) : noRows()
    return run.scanTables.stage({ ...request, rows, signal })
  }
  // PostgreSQL refuses negative ones itself.
  if (pushed.kind === 'none' || (limit !== undefined && limit.rows <= 0)) {
    note(run, fromItem, columns, pushed, limit, 'none')
    return stageNothing()
  }
  if (table.failure !== undefined) throw table.failure
  run.meter.checkKeys(table.definition.name, countKeys(pushed.quals, table.definition.keys))
  const aggregated = run.aggregatorOf(fromItem)
  if (aggregated === undefined) {
    const connection = run.connectionOf(fromItem)
    const source = cacheSource(table, connection)
    return recorded(run, { fromItem, table, connection, source, columns, limit }, pushed.quals, signal)
  }
  const { members, quals } = narrowMembers(aggregated.members, pushed.quals)
  if (members.length === 0) return stageNothing()
  return stageMembers(table, members, run.scanTables, signal, {
    stage: (connection, memberSignal) => {
      const source = run.memberSource(fromItem, connection)
      return recorded(run, { fromItem, table, connection, source, columns, limit }, quals, memberSignal)
    },
    leaveOut: aggregated.onMemberFailure === 'notice' ? run.notice : undefined,
  })
}

/** A scan through one connection. */
interface ConnectionScan {
  readonly fromItem: TableReference
  readonly table: VirtualTable
  readonly connection: Connection
  /** The same for scans of one table through one connection. */
  readonly source: string
  readonly columns: readonly string[]
  readonly limit: ScanLimit | undefined
}

/** Stages a scan, and takes note of what became of it. */
async function recorded(
  run: ScanRun,
  scan: ConnectionScan,
  quals: ScanQuals,
  signal: AbortSignal,
): Promise<ScanTable> {
  const { fromItem, table, connection, columns, limit } = scan
  const meter = run.meter.scan(table.definition.name)
  const startedAt = new Date()
  const start = run.meter.now
  let isShared = false
  let failure: string | undefined
  try {
    const staged = await stageConnection(run, scan, quals, meter, signal)
    isShared = staged.isShared
    failure = tellMissing(staged, { tableName: table.definition.name, connection: connection.name }, run)
    return staged
  } catch (error) {
    if (signal.aborted) failure = 'canceled with its statement'
    else failure = error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    run.records.push({
      fromItem,
      connection: connection.name,
      columns,
      quals,
      limit,
      cache: isShared ? 'shared' : meter.cacheUse(countKeys(quals, table.definition.keys)),
      meter,
      startedAt,
      milliseconds: run.meter.now - start,
      error: failure,
    })
  }
}

/** Takes note of a scan for which nothing is asked. */
function note(
  run: ScanRun,
  fromItem: TableReference,
  columns: readonly string[],
  pushed: PushedQuals,
  limit: ScanLimit | undefined,
  cache: 'shared' | 'none',
): void {
  run.records.push({
    fromItem,
    connection: fromItem.table.connection.name,
    columns,
    quals: pushed.kind === 'some' ? pushed.quals : undefined,
    limit,
    cache,
    meter: run.meter.scan(fromItem.table.definition.name),
    startedAt: new Date(),
    milliseconds: 0,
    error: undefined,
  })
}

async function stageConnection(
  run: ScanRun,
  scan: ConnectionScan,
  quals: ScanQuals,
  meter: ScanMeter,
  signal: AbortSignal,
): Promise<LeasedTable> {
  const { table, connection, source, columns, limit } = scan
  const maxAge = run.maxAgeOf(table, connection)
  const lookup = await lookUp(run, scan, quals, maxAge, meter, signal)
  if (lookup !== undefined) return lookup
  const { keys } = table.definition
  const asked = {
    source,
    keys,
    lookupKeys: lookupKeysOf(table),
    statement: run.sharesScans ? run.meter : scan,
    columns: new Set(columns),
    quals,
    limit,
    maxAge,
    signal,
  }
  const maker: ScanMaker = {
    fetch: (shape, fetchSignal) =>
      fetchScan(
        { table, connection, columns, quals: shape.quals, limit, signal: fetchSignal },
        run.scanTables,
        meter,
      ),
    combine: (name, parts, combineSignal) => {
      meter.noteCachedRows()
      const column = table.columns.find((one) => one.name === name)
      if (column === undefined) throw new Error(`${table.definition.name} has no column ${name}`)
      const rows = parts.map((part) => ({ table: part.table, condition: countedRows(column, part.counted) }))
      return run.scanTables.combine(table.definition.name, rows, combineSignal)
    },
  }
  return withinOwnQuotas(run.meter, () => run.cache.get(asked, maker))
}

/** @returns undefined for a scan that is no lookup, or cannot be answered from those that are kept */
async function lookUp(
  { keyCache, scanTables, hasFixedSnapshot, meter: statement }: ScanRun,
  { table, connection, source, columns, limit }: ConnectionScan,
  quals: ScanQuals,
  maxAge: number,
  meter: ScanMeter,
  signal: AbortSignal,
): Promise<LeasedTable | undefined> {
  if (maxAge <= 0 || hasFixedSnapshot || !keyCache.keeps(source)) return undefined
  const keys = lookupKeys(table, columns, quals)
  const column = lookupColumn(table)
  if (keys === undefined || column === undefined) return undefined
  const [listed] = quals[column.name] ?? []
  const values = new Map(listed?.operator === '=' ? listed.values.map((value) => [String(value), value]) : [])
  const ask = () =>
    keyCache.get({
      source,
      columns: new Set(columns),
      keys,
      // The first rows by an order are found among those of all keys.
      limit: limit?.order === undefined ? limit?.rows : undefined,
      maxAge,
      signal,
      fetch: (missing, filled, fetchSignal) => {
        const [first, ...others] = missing.flatMap((key) => values.get(key) ?? [])
        if (first === undefined) throw new Error(`no value is left for ${column.name}`)
        const missingQuals: ScanQuals = {
          [column.name]: [{ operator: '=', values: [first, ...others] }],
        }
        const request = { table, connection, columns: filled, quals: missingQuals, limit: undefined }
        return fetchScan({ ...request, signal: fetchSignal }, scanTables, meter)
      },
    })
  return withinOwnQuotas(statement, ask)
}

/** The keys by whose values a table's rows can be told apart, since each is found by one of them. */
function lookupKeysOf({ definition: table, columns }: VirtualTable): readonly string[] {
  return columns.flatMap(({ name, type, databaseType }) =>
    table.keys[name]?.valuesPerCall !== undefined && type === databaseType ? [name] : [],
  )
}

async function* oneBatch(own: SystemRows, quals: ScanQuals): AsyncGenerator<readonly Row[], void, void> {
  yield await own(quals)
}

async function* noRows(): AsyncGenerator<never, void, void> {}

/** Equal for two references to one table that would fetch the same rows. */
function sharingKey(
  { table }: TableReference,
  columns: readonly string[],
  pushed: PushedQuals,
  limit: ScanLimit | undefined,
): string {
  const quals = pushed.kind === 'some' ? Object.entries(pushed.quals).sort() : 'none'
  return JSON.stringify([table.oid, [...columns].sort(), limit ?? 'all', quals], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

/** For errors of the engine's own queries: their positions mean nothing to the client. */
export function withoutPosition(error: unknown): unknown {
  if (!(error instanceof DatabaseError) || error.position === undefined) return error
  const { sqlState, detail, hint, cause } = error
  return new DatabaseError(error.message, { sqlState, detail, hint, cause })
}
