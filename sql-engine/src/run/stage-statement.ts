/** Fetches what a planned statement needs, and stages it. */
import type { VirtualLeaf } from '../bind/binding.js'
import { timeToLive } from '../cache/time-to-live.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import type { Connection } from '../fetch/connection.js'
import { StatementMeter } from '../quota/statement-meter.js'
import type { ScanRecord } from '../report/scan-record.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { PrepareOptions, Session } from '../statement.js'
import { ownRows } from './own-rows.js'
import { type KeyCeiling, QualPusher } from './push-quals.js'
import { runScans, type ScanRun } from './run-scans.js'
import { memberSource } from './stage-members.js'
import type { StatementPlan } from './statement-plan.js'
import type { Workshop } from './workshop.js'

/**
 * @param reader who reads what is staged; PostgreSQL does not see over the loopback what is written while its
 *   transaction lasts: https://www.postgresql.org/docs/18/postgres-fdw.html, "Transaction Management"
 * @param records filled with what becomes of the scans
 * @throws DatabaseError; nothing is then left staged
 */
export async function stageStatement(
  plan: StatementPlan,
  workshop: Workshop,
  session: Session,
  { parameters, signal, notice }: PrepareOptions,
  reader: 'session' | 'loopback' = 'session',
  records: ScanRecord[] = [],
): Promise<ReadonlyMap<VirtualLeaf, ScanTable>> {
  const staged = new Map<VirtualLeaf, ScanTable>()
  const { scans, columns } = plan.fetching()
  const meter = new StatementMeter({
    limits: { ...workshop.limits, ...plan.settings.limits },
    notice: plan.settings.progress ? notice : undefined,
    now: workshop.now,
  })
  const ceiling: KeyCeiling = {
    limit: meter.limits.keys,
    check: (table, keys) => meter.checkKeys(table, keys),
  }
  const nameOf = (leaf: VirtualLeaf) => tableOf(staged, leaf).name
  const pusher = new QualPusher(session, parameters, plan.writer, nameOf, ceiling)
  await pusher.evaluateConstants(scans)
  const run: ScanRun = {
    plans: scans,
    columns,
    pusher,
    scanTables: workshop.scanTables,
    cache: workshop.cache,
    keyCache: workshop.keyCache,
    maxAgeOf: ({ table }, connection) =>
      timeToLive({
        session: plan.settings.cacheTtl,
        connection: connection.cacheTtl,
        table,
        server: workshop.cacheTtl,
      }),
    hasFixedSnapshot: reader === 'loopback' || plan.settings.hasFixedSnapshot,
    connectionOf: ({ table }) => connectionOf(table, workshop),
    aggregatorOf: ({ table }) => workshop.aggregators.get(table.connection.name),
    // postgres_fdw passes no notices on.
    notice: reader === 'session' && session.lender === undefined ? notice : undefined,
    told: new Set(),
    memberSource: ({ table }, member) => memberSource(table, member, workshop.virtualTables.values()),
    sharesScans: workshop.sharesScans,
    ownRowsOf: ({ table }) => ownRows(table, session.history, workshop),
    meter,
    records,
    signal,
  }
  try {
    await runScans(run, staged)
  } finally {
    meter.close()
    session.history?.add(records, plan.kept())
  }
  return staged
}

export function tableOf(staged: ReadonlyMap<VirtualLeaf, ScanTable>, leaf: VirtualLeaf): ScanTable {
  const table = staged.get(leaf)
  if (table === undefined) throw new Error(`the scan of ${leaf.name} is not staged`)
  return table
}

function connectionOf(table: VirtualTable, { connections }: Workshop): Connection {
  const connection = connections.get(table.connection.name)
  if (connection === undefined) throw new Error(`there is no connection ${table.connection.name}`)
  return connection
}
