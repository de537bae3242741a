/** Fetches what a planned statement needs, and stages it. */
import type { TableReference } from '../bind/binding.js'
import { timeToLive } from '../cache/time-to-live.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'
import { StatementMeter } from '../quota/statement-meter.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { Session, StageOptions } from '../statement.js'
import type { EngineContext } from './engine-context.js'
import { type KeyQuota, QualPusher } from './push-quals.js'
import { runScans, type ScanRun } from './run-scans.js'
import { memberSource } from './stage-members.js'
import type { StatementPlan } from './statement-plan.js'
import { systemRows } from './system-rows.js'

/**
 * @param reader who reads what is staged; PostgreSQL does not see over the loopback what is written while its
 *   transaction lasts: https://www.postgresql.org/docs/18/postgres-fdw.html, "Transaction Management"
 * @param records filled with what becomes of the scans
 * @throws DatabaseError; nothing is then left staged
 */
export async function stageScans(
  plan: StatementPlan,
  context: EngineContext,
  session: Session,
  { parameters, signal, notice }: StageOptions,
  reader: 'session' | 'loopback' = 'session',
  records: ScanRecord[] = [],
): Promise<ReadonlyMap<TableReference, ScanTable>> {
  const staged = new Map<TableReference, ScanTable>()
  const { scans, columns } = plan.fetching()
  const meter = new StatementMeter({
    quotas: { ...context.quotas, ...plan.settings.quotas },
    notice: plan.settings.progress ? notice : undefined,
    now: context.now,
  })
  const ceiling: KeyQuota = {
    limit: meter.quotas.keys,
    check: (table, keys) => meter.checkKeys(table, keys),
  }
  const nameOf = (fromItem: TableReference) => tableOf(staged, fromItem).name
  const pusher = new QualPusher(session, parameters, plan.writer, nameOf, ceiling)
  await pusher.evaluateConstants(scans)
  const run: ScanRun = {
    plans: scans,
    columns,
    pusher,
    scanTables: context.scanTables,
    cache: context.cache,
    keyCache: context.keyCache,
    maxAgeOf: ({ definition: table }, connection) =>
      timeToLive({
        session: plan.settings.cacheTtl,
        connection: connection.cacheTtl,
        table,
        server: context.cacheTtl,
      }),
    hasFixedSnapshot: reader === 'loopback' || plan.settings.hasFixedSnapshot,
    connectionOf: ({ table }) => connectionOf(table, context),
    aggregatorOf: ({ table }) => context.aggregators.get(table.connection.name),
    // postgres_fdw passes no notices on.
    notice: reader === 'session' && session.loopbackFor === undefined ? notice : undefined,
    told: new Set(),
    memberSource: ({ table }, member) => memberSource(table, member, context),
    sharesScans: context.sharesScans,
    systemRowsOf: ({ table }) => systemRows(table, session.history, context),
    meter,
    records,
    signal,
  }
  try {
    await runScans(run, staged)
  } finally {
    meter.close()
    session.history?.add(records, plan.localConditions())
  }
  return staged
}

export function tableOf(staged: ReadonlyMap<TableReference, ScanTable>, fromItem: TableReference): ScanTable {
  const table = staged.get(fromItem)
  if (table === undefined) throw new Error(`the scan of ${fromItem.name} is not staged`)
  return table
}

function connectionOf(table: VirtualTable, { connections }: EngineContext): Connection {
  const connection = connections.get(table.connection.name)
  if (connection === undefined) throw new Error(`there is no connection ${table.connection.name}`)
  return connection
}
