/** Runs the scans of a plan: each as soon as the scans that its key queries read are staged. */

import { setMaxListeners } from 'node:events'
import type { Row } from '@millrace/plugin-sdk'
import type { TableReference } from '../bind/binding.js'
import { cacheSource } from '../cache/cache-source.js'
import { qualsText } from '../cache/quals-text.js'
import { canceledError } from '../database-error.js'
import { narrowMembers } from '../fetch/aggregator.js'
import type { ScanLimit } from '../fetch/scan-limit.js'
import { countKeys } from '../fetch/scan-quals.js'
import type { ScanPlan } from '../plan/scan-plan.js'
import { StatementMeter } from '../quota/statement-meter.js'
import { keptTextsBy } from '../report/describe-scans.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { Session, StageOptions } from '../statement.js'
import { ConnectionScans } from './connection-scans.js'
import type { EngineContext } from './engine-context.js'
import { missingText, withConnectionName } from './missing-rows.js'
import { type PushedQuals, QualPusher } from './push-quals.js'
import { readableScan } from './readable-scan.js'
import { isRefusal, memberSource, stageMembers } from './stage-members.js'
import { StagedScans } from './staged-scans.js'
import type { Fetching, PlannedStatement } from './statement-plan.js'
import { type SystemRows, systemRows } from './system-rows.js'
import { checkMembers, visibleContext } from './visible-context.js'

export interface ScanRunOptions extends StageOptions {
  readonly plan: PlannedStatement
  readonly context: EngineContext
  /** The session, which is asked one thing at a time. */
  readonly session: Session
  /**
   * Who reads what is staged. Over the loopback, PostgreSQL does not see what is written while its transaction lasts:
   * https://www.postgresql.org/docs/18/postgres-fdw.html, "Transaction Management"
   */
  readonly reader: 'session' | 'loopback'
}

/**
 * Fetches what a planned statement needs, and stages it.
 * @throws DatabaseError of the first scan that fails; all others have then ended, and nothing stays staged
 */
export async function stageScans(options: ScanRunOptions): Promise<StagedScans> {
  const { plan, context, session, notice } = options
  for (const { table } of plan.needed.keys()) if (table.failure !== undefined) throw table.failure
  const meter = new StatementMeter({
    quotas: { ...context.quotas, ...plan.settings.quotas },
    ceilings: session.ceilings,
    notice: plan.settings.progress === 'off' ? undefined : notice,
    progress: plan.settings.progress === 'json' ? 'json' : 'text',
    now: context.now,
    observer: context.observer,
  })
  const start = context.now()
  const runner = new ScanRunner(options, meter)
  try {
    return await runner.run()
  } finally {
    meter.close()
    context.observer?.passed('fetch', context.now() - start)
    session.history?.add(runner.records, keptTextsBy(plan.localConditions))
  }
}

/** What one scan asks for, once the values of its conditions are known. */
interface PushedScan {
  readonly reference: TableReference
  readonly columns: readonly string[]
  readonly pushed: PushedQuals
  readonly limit: ScanLimit | undefined
}

class ScanRunner {
  readonly #options: ScanRunOptions
  readonly #fetching: Fetching
  readonly #meter: StatementMeter
  readonly #pusher: QualPusher
  readonly #scans: ConnectionScans
  /** Aborted when the statement is, or one of its scans has failed. */
  readonly #controller = new AbortController()
  readonly #tasks = new Map<TableReference, Promise<void>>()
  readonly #shared = new Map<string, Promise<ScanTable>>()
  /** The notices of scans that the statement has gone on without. */
  readonly #told = new Set<string>()
  /** The scan tables, added as scans are ready: key queries read them. */
  readonly #staged = new Map<TableReference, ScanTable>()

  constructor(options: ScanRunOptions, meter: StatementMeter) {
    const { plan, context, session, parameters, notice, reader } = options
    this.#options = options
    this.#fetching = plan.fetching()
    this.#meter = meter
    const ready = new StagedScans(this.#staged, [])
    this.#pusher = new QualPusher(
      session,
      parameters,
      plan.writer,
      (one) => ready.tableOf(one).qualifiedName,
      {
        limit: meter.quotas.keys,
        check: (table, keys) => meter.checkKeys(table, keys),
      },
    )
    this.#scans = new ConnectionScans({
      context,
      meter,
      cacheTtl: plan.settings.cacheTtl,
      hasFixedSnapshot: reader === 'loopback' || plan.settings.hasFixedSnapshot,
      isRestricted: plan.reader.isRestricted,
      // postgres_fdw passes no notices on.
      notice: reader === 'session' && session.loopbackFor === undefined ? notice : undefined,
    })
  }

  /** What has become of the scans so far. */
  get records() {
    return this.#scans.records
  }

  async run(): Promise<StagedScans> {
    const { scans } = this.#fetching
    const { signal } = this.#options
    await this.#pusher.evaluateConstants(scans)
    if (signal.aborted) throw canceledError()
    const controller = this.#controller
    setMaxListeners(0, controller.signal) // all scans listen to it
    const onAbort = () => controller.abort()
    signal.addEventListener('abort', onAbort, { once: true })
    const failures: unknown[] = []
    // The order of the plans ensures that every scan's task is there before those that wait for it.
    for (const plan of scans) {
      const task = this.#run(plan)
        .then((table) => this.#readable(table, plan))
        .then((table) => {
          this.#staged.set(plan.fromItem, table)
        })
        .catch((error: unknown) => {
          failures.push(error)
          controller.abort()
          throw error
        })
      this.#tasks.set(plan.fromItem, task)
    }
    await Promise.allSettled(this.#tasks.values())
    signal.removeEventListener('abort', onAbort)
    const staged = new StagedScans(this.#staged, this.records)
    if (failures.length === 0) return staged
    staged.release()
    if (signal.aborted) throw canceledError()
    throw failures[0]
  }

  #readable(table: ScanTable, { fromItem }: ScanPlan): Promise<ScanTable> {
    const { plan, context } = this.#options
    return readableScan(table, {
      scanTables: context.scanTables,
      reader: plan.reader,
      tableName: fromItem.table.definition.name,
      signal: this.#controller.signal,
    })
  }

  async #run(plan: ScanPlan): Promise<ScanTable> {
    const { context } = this.#options
    await Promise.all([...plan.after].map((earlier) => this.#tasks.get(earlier)))
    if (this.#controller.signal.aborted) throw canceledError()
    const scan = await this.#pushed(plan)
    // Not earlier: a scan of all rows that starts at the same time has then asked for them, and this one waits for
    // them.
    const key = sharingKey(scan)
    const known = this.#shared.get(key)
    if (known !== undefined && context.sharesScans) {
      if (this.#systemRows(scan) === undefined) this.#note(scan, 'shared')
      return this.#orWithout(known, scan)
    }
    const staging = this.#stage(scan)
    this.#shared.set(key, staging)
    return this.#orWithout(staging, scan)
  }

  /** Goes on without rows of an API that fails, where the connection's settings say so and nothing depends on them. */
  async #orWithout(staging: Promise<ScanTable>, scan: PushedScan): Promise<ScanTable> {
    const { plan, context } = this.#options
    const { notice } = this.#scans
    const connection = context.connections.get(scan.reference.table.connection.name)
    if (connection?.options.onFailure !== 'notice' || notice === undefined) return staging
    if (!plan.optional().has(scan.reference)) return staging
    try {
      return await staging
    } catch (error) {
      if (this.#controller.signal.aborted || !isRefusal(error)) throw error
      const message = missingText('rows', withConnectionName(error, connection.name))
      if (!this.#told.has(message)) notice(message)
      this.#told.add(message)
      return this.#stageRows(scan, noRows())
    }
  }

  async #pushed(plan: ScanPlan): Promise<PushedScan> {
    const pushed: PushedQuals = plan.isNeverRead ? { kind: 'none' } : await this.#pusher.push(plan)
    const limit =
      plan.limit !== undefined && pushed.kind === 'some' && pushed.whole
        ? await this.#pusher.limitOf(plan.limit)
        : undefined
    const columns = [...(this.#fetching.columns.get(plan.fromItem) ?? [])]
    return { reference: plan.fromItem, columns, pushed, limit }
  }

  async #stage(scan: PushedScan): Promise<ScanTable> {
    const { pushed, limit, columns, reference } = scan
    const { table } = reference
    const system = this.#systemRows(scan)
    if (system !== undefined) {
      return this.#stageRows(scan, pushed.kind === 'some' ? oneBatch(() => system(pushed.quals)) : noRows())
    }
    // PostgreSQL itself rejects negative ones.
    if (pushed.kind === 'none' || (limit !== undefined && limit.rows <= 0)) {
      this.#note(scan, 'none')
      return this.#stageRows(scan, noRows())
    }
    this.#meter.checkKeys(table.definition.name, countKeys(pushed.quals, table.definition.keys))
    const { context } = this.#options
    const { signal } = this.#controller
    const aggregator = context.aggregators.get(table.connection.name)
    if (aggregator === undefined) {
      const connection = context.connections.get(table.connection.name)
      if (connection === undefined) throw new Error(`there is no connection ${table.connection.name}`)
      const source = cacheSource(table, connection)
      return this.#scans.stage({ reference, connection, source, columns, limit }, pushed.quals, signal)
    }
    const { members, failed, quals } = narrowMembers(aggregator, pushed.quals)
    const { plan, session } = this.#options
    await checkMembers(table, { members, failed }, { context, reader: plan.reader, session })
    const leaveOut = aggregator.onMemberFailure === 'notice' ? this.#scans.notice : undefined
    for (const { name, error } of failed) {
      const named = withConnectionName(error, name)
      if (leaveOut === undefined || members.length === 0) throw named
      leaveOut(missingText('rows', named))
    }
    if (members.length === 0) return this.#stageRows(scan, noRows())
    return stageMembers(table, members, context.scanTables, signal, {
      stage: (connection, memberSignal) => {
        const source = memberSource(table, connection, context)
        return this.#scans.stage({ reference, connection, source, columns, limit }, quals, memberSignal)
      },
      leaveOut,
    })
  }

  #stageRows(
    { reference: { table }, columns }: PushedScan,
    rows: AsyncGenerator<readonly Row[], void, void>,
  ) {
    const { signal } = this.#controller
    const tableName = table.definition.name
    const { scanTables } = this.#options.context
    return scanTables.stage({ columns: table.columns, filled: columns, tableName, rows, signal })
  }

  /** Records a scan for which nothing is asked. */
  #note({ reference, columns, pushed, limit }: PushedScan, cache: 'shared' | 'none'): void {
    const quals = pushed.kind === 'some' ? pushed.quals : undefined
    this.#scans.note({ reference, columns, limit }, quals, cache)
  }

  /** The rows of a system table; undefined for tables of connections. */
  #systemRows({ reference: { table } }: PushedScan): SystemRows | undefined {
    const { plan, session, context } = this.#options
    return systemRows(table, session.history, () => visibleContext(context, plan.reader, session))
  }
}

async function* oneBatch(rows: () => Promise<readonly Row[]>): AsyncGenerator<readonly Row[], void, void> {
  yield await rows()
}

async function* noRows(): AsyncGenerator<never, void, void> {}

/** A key that is equal for two references to one table that would fetch the same rows. */
function sharingKey({ reference: { table }, columns, pushed, limit }: PushedScan): string {
  const quals = pushed.kind === 'some' ? qualsText(pushed.quals) : 'none'
  return JSON.stringify([table.oid, [...columns].sort(), limit ?? 'all', quals])
}
