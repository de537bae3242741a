/** The way of one statement: bind, plan, order, find keys, fetch, stage, rewrite. */

import type { VirtualLeaf } from '../bind/binding.js'
import type { ScanCache } from '../cache/scan-cache.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import { expandExecute } from '../expand/expand-execute.js'
import type { Aggregator } from '../fetch/aggregator.js'
import type { Connection } from '../fetch/connection.js'
import { SourceText } from '../parse/source-text.js'
import { executeOf, findAll, type Node } from '../parse/syntax-tree.js'
import type { ScanTable } from '../stage/scan-table.js'
import type { ScanTables } from '../stage/scan-tables.js'
import {
  type PreparedStatement,
  type PrepareOptions,
  type Session,
  unchangedStatement,
} from '../statement.js'
import { QualPusher } from './push-quals.js'
import { runScans, withoutPosition } from './run-scans.js'
import { memberSource } from './stage-members.js'
import type { StatementPlans } from './statement-plan.js'

/** What statements are prepared with; the same for all. */
export interface Workshop {
  readonly virtualTables: ReadonlyMap<number, VirtualTable>
  readonly connections: ReadonlyMap<string, Connection>
  readonly aggregators: ReadonlyMap<string, Aggregator>
  readonly plans: StatementPlans
  readonly scanTables: ScanTables
  readonly cache: ScanCache
  /** How long rows answer later statements, unless their session says otherwise; in milliseconds. */
  readonly cacheTtl: number
  /** Whether scans of one statement that ask the same are one. */
  readonly sharesScans: boolean
}

export async function prepareStatement(
  text: string,
  tree: Node,
  workshop: Workshop,
  clientSession: Session,
  options: PrepareOptions,
): Promise<PreparedStatement> {
  const session = oneByOne(clientSession)
  const execute = executeOf(tree)
  const executed = execute && (await expandExecute(text, tree, execute, clientSession))
  if (execute !== undefined && executed === undefined) return unchangedStatement(text)
  const plan = await workshop.plans.plan(executed?.tree ?? tree, executed?.edited.text ?? text, session)
  if (plan === undefined) return unchangedStatement(text)
  if (options.parameters === undefined) refuseParameters(text, tree)

  const staged = new Map<VirtualLeaf, ScanTable>()
  const tableOf = (leaf: VirtualLeaf): ScanTable => {
    const table = staged.get(leaf)
    if (table === undefined) throw new Error(`the scan of ${leaf.name} is not staged`)
    return table
  }
  const pusher = new QualPusher(session, options.parameters, plan.writer, (leaf) => tableOf(leaf).name)
  await pusher.evaluateConstants(plan.scans)
  await runScans(
    {
      plans: plan.scans,
      columns: plan.columns,
      pusher,
      scanTables: workshop.scanTables,
      cache: workshop.cache,
      maxAge: plan.settings.cacheTtl ?? workshop.cacheTtl,
      connectionOf: ({ table }) => connectionOf(table, workshop),
      membersOf: ({ table }) => workshop.aggregators.get(table.connection.name)?.members,
      memberSource: ({ table }, member) => memberSource(table, member, workshop.virtualTables.values()),
      sharesScans: workshop.sharesScans,
      signal: options.signal,
    },
    staged,
  )
  const edited = plan.rewritable.rewritten((leaf) => tableOf(leaf).qualifiedName)
  return {
    text: edited.text,
    originalPosition: (position) => {
      const planned = plan.originalPosition(edited.originalPosition(position))
      return executed?.edited.originalPosition(planned) ?? planned
    },
    relations: new Map([...staged].map(([leaf, table]) => [table.oid, leaf.table.oid])),
    originalNames: (message) => withOriginalNames(message, staged),
    release: () => {
      for (const table of staged.values()) table.release()
    },
  }
}

/** A simple query has no parameters; PostgreSQL says so in these words. */
function refuseParameters(text: string, tree: Node): void {
  const [parameter] = findAll(tree, 'ParamRef')
  if (parameter === undefined) return
  throw new DatabaseError(`there is no parameter $${parameter.number ?? 0}`, {
    sqlState: '42P02',
    position: new SourceText(text).charactersBefore(parameter.location ?? 0) + 1,
  })
}

function connectionOf(table: VirtualTable, { connections }: Workshop): Connection {
  const connection = connections.get(table.connection.name)
  if (connection === undefined) throw new Error(`there is no connection ${table.connection.name}`)
  return connection
}

function withOriginalNames(message: string, staged: ReadonlyMap<VirtualLeaf, ScanTable>): string {
  let named = message
  for (const [leaf, table] of staged) {
    const original = leaf.table.table.name
    named = named.replaceAll(table.qualifiedName, original)
    // Not the beginning of a longer name: s_1 is not s_12.
    named = named.replace(new RegExp(`\\b${table.name}\\b`, 'g'), original)
  }
  return named
}

/** A session that is asked one thing at a time, whatever runs side by side. */
function oneByOne(session: Session): Session {
  let last: Promise<unknown> = Promise.resolve()
  return {
    query(text, parameters) {
      const result = last.then(() => session.query(text, parameters))
      last = result.catch(() => {})
      return result.catch((error: unknown) => {
        throw withoutPosition(error)
      })
    },
  }
}
