/**
 * Statements that look up one key are the most frequent ones, and the shortest: asking PostgreSQL again what their
 * names stand for and what their parameter is would take longer than the lookup. If a session has done nothing else
 * meanwhile, what was found the first time still holds.
 */
import { cacheSource } from '../cache/cache-source.js'
import { lookupColumn } from '../cache/keys/key-cache-sources.js'
import { timeToLive } from '../cache/time-to-live.js'
import type { ScanQuals } from '../fetch/scan-quals.js'
import { findAll, inside, type Node, relationsOf } from '../parse/syntax-tree.js'
import type { ScanPlan } from '../plan/scan-plan.js'
import type { ScanCounts, ScanRecord } from '../report/scan-record.js'
import type { BoundParameters } from '../statement.js'
import type { EngineContext } from './engine-context.js'
import { parameterText } from './parameter-value.js'
import type { StagedScans } from './staged-scans.js'
import type { PlannedStatement, StatementPlan } from './statement-plan.js'

/** @returns undefined when the statement has to be staged again */
export type RepeatLookup = (parameters: BoundParameters) => RepeatedLookup | undefined

export interface RepeatedLookup {
  readonly record: ScanRecord
  /**
   * @param tree of the client's own statement
   * @param staged the lookup's rows, among others, as they were found the first time
   * @returns undefined for statements that are not that simple
   */
  readonly release: () => void
}

const nothingAsked: ScanCounts = { calls: 0, retries: 0, throttles: 0, innerCalls: 0, rows: 0, bytes: 0 }

/** Whether the statement names one table, and calls nothing that could change its session's settings. */
export function repeatLookup(
  plan: PlannedStatement,
  tree: Node,
  staged: StagedScans,
  context: EngineContext,
): RepeatLookup | undefined {
  const [[fromItem, table] = [], ...others] = staged.tables
  const [first] = staged.records
  if (fromItem === undefined || table === undefined || first === undefined || others.length > 0)
    return undefined
  // Its rows are read by a view of the statement's own.
  if (plan.reader.isRestricted || !isPlain(plan, tree)) return undefined
  const key = lookupColumn(fromItem.table)
  const connection = context.connections.get(fromItem.table.connection.name)
  if (key === undefined || connection === undefined) return undefined
  // A transaction with a fixed snapshot reads no table of the key cache.
  const source = cacheSource(fromItem.table, connection)
  if (!context.keyCache.has(source, table.name)) return undefined
  const number = keyParameter(plan.fetching().scans, key.name)
  if (number === undefined) return undefined
  const maxAge = timeToLive({
    session: plan.settings.cacheTtl,
    connection: connection.cacheTtl,
    table: fromItem.table.definition,
    server: context.cacheTtl,
  })
  return (parameters) => {
    const text = parameterText(parameters, number, key.type)
    if (text === undefined) return undefined
    const startedAt = new Date()
    const release = context.keyCache.holdKnown(source, table.name, [text], maxAge)
    if (release === undefined) return undefined
    const quals: ScanQuals = { [key.name]: [{ operator: '=', values: [text] }] }
    const record: ScanRecord = {
      ...first,
      quals,
      cache: 'hit',
      meter: nothingAsked,
      startedAt,
      milliseconds: 0,
      error: undefined,
    }
    return { record, release }
  }
}

/** Whether the statement names one table, and calls nothing that could change what its session is set to. */
function isPlain(plan: StatementPlan, tree: Node): boolean {
  return (
    plan.tree === tree &&
    inside(tree, 'SelectStmt') !== undefined &&
    relationsOf(tree).length === 1 &&
    findAll(tree, 'FuncCall').length === 0
  )
}

/** The number of the parameter that is the scan's only key. */
function keyParameter([scan, ...others]: readonly ScanPlan[], column: string): number | undefined {
  const [qual, ...more] = scan?.quals ?? []
  if (others.length > 0 || more.length > 0 || qual?.column !== column || scan?.isNeverRead) return undefined
  if (qual.comparison.operator !== '=') return undefined
  const [value, ...values] = qual.comparison.sources
  if (values.length > 0 || value?.kind !== 'query' || value.source.kind !== 'expression') return undefined
  if (value.source.reading !== undefined) return undefined
  return inside(value.source.node, 'ParamRef')?.number
}
