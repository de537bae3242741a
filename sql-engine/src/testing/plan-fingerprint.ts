/**
 * What an engine does with a statement, as far as its plan decides it, in a text: two planners with the same text for a
 * statement ask for the same rows and read them in the same way. It takes no PostgreSQL, but what one has once told.
 */
import type { Table } from '@millrace/plugin-sdk'
import { bind } from '../bind/binder.js'
import type { FromItem, TableReference } from '../bind/binding.js'
import { lookUpQuery, readNames } from '../bind/look-up-names.js'
import { parseText } from '../parse/parser.js'
import type { Node } from '../parse/syntax-tree.js'
import { DependencyFinder } from '../plan/dependencies.js'
import { neededColumns } from '../plan/needed-columns.js'
import { planScans } from '../plan/plan-scans.js'
import type { PlannedQual, PlannedSource, ScanPlan } from '../plan/scan-plan.js'
import { sharedColumns } from '../plan/shared-columns.js'
import { embeddedNames } from '../postgres/names.js'
import { RewritableStatement } from '../run/rewrite-statement.js'
import { plannedTable } from './planned-table.js'

/** The query that asks PostgreSQL for all that planning has to know; undefined for what is no statement. */
export function namesQuery(text: string): string | undefined {
  const tree = treeOf(text)
  return tree && lookUpQuery(tree, embeddedNames)
}

/**
 * @param answer what PostgreSQL has told, asked by {@link namesQuery}
 * @param tables the virtual ones, by OID
 */
export function planFingerprint(text: string, answer: string, tables: ReadonlyMap<number, Table>): string {
  try {
    return describePlan(text, answer, tables)
  } catch (error) {
    return error instanceof Error ? error.message : 'failed'
  }
}

function describePlan(text: string, answer: string, tables: ReadonlyMap<number, Table>): string {
  const tree = treeOf(text)
  if (tree === undefined) return 'no statement'
  const virtualTables = new Map(
    [...tables].map(([oid, table]) => [oid, plannedTable(oid, table, 'counting')]),
  )
  const names = readNames(answer, text, virtualTables, embeddedNames)
  const binding = bind(tree, (rangeVar) => names.relationOf(rangeVar), names.functions)
  const dependencyFinder = new DependencyFinder(binding, names.functions)
  const read = neededColumns(tree, binding, names.functions)
  const nameOf = (reference: TableReference) => `scan_${binding.tableReferences.indexOf(reference)}`
  const { text: rewritten } = new RewritableStatement(text, tree, binding).rewritten(nameOf)
  const scans = planScans(binding, read, read.readReferences, dependencyFinder, names.functions)
  const columns = [...sharedColumns(scans, read.columns)].map(([reference, ofReference]) => [
    nameOf(reference),
    [...ofReference].sort(),
  ])
  const fromItems = binding.blocks.flatMap((block) => block.fromItems)
  const described = scans.map((scan) => describeScan(scan, fromItems, nameOf))
  return JSON.stringify([rewritten, columns, described], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

function describeScan(
  { fromItem, isNeverRead, quals, limit, after }: ScanPlan,
  fromItems: readonly FromItem[],
  nameOf: (reference: TableReference) => string,
) {
  return {
    scan: nameOf(fromItem),
    isNeverRead,
    quals: quals.map((qual) => ({
      column: qual.column,
      operator: qual.comparison.operator,
      isExact: qual.isExact,
      sources: sourcesOf(qual).map((source) => describeSource(source, fromItems, nameOf)),
      // Parameters of a list, of which the types are known when the statement runs.
      lists: 'lists' in qual.comparison ? qual.comparison.lists : [],
    })),
    limit,
    after: [...after].map(nameOf).sort(),
  }
}

/** Key queries by what they are made of: to write them takes longer than all else. */
function describeSource(
  source: PlannedSource,
  fromItems: readonly FromItem[],
  nameOf: (reference: TableReference) => string,
) {
  if (source.kind === 'boolean') return source
  const { from, where, virtuals } = source.query
  return {
    source: source.source,
    from: from.map((fromItem) => fromItems.indexOf(fromItem)),
    where,
    virtuals: [...virtuals].map(nameOf).sort(),
  }
}

function sourcesOf({ comparison }: PlannedQual): readonly PlannedSource[] {
  if (comparison.operator === '=') {
    const { sources, together } = comparison
    return together === undefined ? sources : [...sources, together]
  }
  return 'source' in comparison ? [comparison.source] : []
}

function treeOf(text: string): Node | undefined {
  const [statement, ...others] = parseText(text) ?? []
  return others.length === 0 ? statement?.node : undefined
}
