/** Which items of ORDER BY decide what is seen of a query's rows. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { type Binding, type Block, type BoundColumn, isColumns, ownColumn } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { columnType } from '../bind/output-types.js'
import { engineColumns } from '../catalog/catalog-columns.js'
import { findAll, type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { cannotFail, isDiscardable } from './discardable.js'
import { pushableOrder, sortedColumn, sortedOutput } from './pushable-order.js'
import { isRowWise } from './row-wise.js'
import type { Want } from './wanted-outputs.js'

type SelectStmt = Inside<'SelectStmt'>

/** Types whose values are the same where they stand in one place of an order. Numbers may be spelt in several ways. */
const typesOfOneSpelling: ReadonlySet<ColumnType> = new Set([
  'bigint',
  'boolean',
  'inet',
  'cidr',
  'uuid',
  'date',
  'timestamp with time zone',
  'text',
])

/** Types whose values may be equal and yet be spelt otherwise. */
const typesOfSeveralSpellings: ReadonlySet<ColumnType> = new Set(['numeric', 'double precision', 'jsonb'])

/** What is read of a query's rows. */
export interface ReadOfRows {
  /** The outputs, by position. */
  readonly wanted: ReadonlyMap<number, Want>
  /** Whether the reader makes no difference between rows and their repeats. */
  readonly ignoresRepeats: boolean
}

/** A column that an output which is read is made of. */
interface ReadColumn {
  readonly column: BoundColumn
  readonly want: Want
}

/**
 * Rows that the first items leave in one place are alike in the columns that these name. Where no other columns of
 * the query are read, no further item decides anything, not even which rows LIMIT leaves. WITH TIES leaves more of them
 * then, all of which are alike.
 */
export function decidingOrder(
  block: Block,
  { wanted, ignoresRepeats }: ReadOfRows,
  binding: Binding,
  functions: FunctionTraits,
): readonly Node[] {
  const { sortClause = [], limitOption, lockingClause, larg } = block.statement as SelectStmt
  const isPlain =
    (limitOption !== 'LIMIT_OPTION_WITH_TIES' || ignoresRepeats) &&
    lockingClause === undefined &&
    larg === undefined
  const read = isPlain ? columnsRead(block, wanted, binding, functions) : undefined
  if (read === undefined) return sortClause
  const items = sortClause.map((node) => {
    const sortBy = inside(node, 'SortBy')
    return { node, column: sortBy && sortedColumn(sortBy, block, binding), sortBy }
  })
  const isFixedBy = ({ column, want }: ReadColumn, index: number) => {
    const item = items[index]
    const isSame = item?.column?.fromItem === column.fromItem && item.column.index === column.index
    return isSame && item.sortBy?.sortby_dir !== 'SORTBY_USING' && isFixed(column, want, binding, functions)
  }
  let deciding = read.length === 0 && mayBeIgnored(block, sortClause, binding, functions) ? 0 : 1
  for (const one of read) {
    // One of an outer query is the same in all rows.
    if (one.column.fromItem.block !== block || tellsConnection(one.column)) continue
    const index = items.findIndex((_, position) => isFixedBy(one, position))
    if (index < 0) return sortClause
    deciding = Math.max(deciding, index + 1)
  }
  return items.flatMap(({ node, column, sortBy }, index) =>
    index < deciding || (column === undefined && mayFail(sortBy, block, functions)) ? [node] : [],
  )
}

/**
 * Whether the order of a query of which nothing is read need not be known. A table that has conditions may better be asked
 * for the first rows by the first item than for all.
 */
function mayBeIgnored(
  block: Block,
  sortClause: readonly Node[],
  binding: Binding,
  functions: FunctionTraits,
): boolean {
  const [only, another] = block.fromItems
  const isAsked =
    only?.kind === 'virtual' &&
    another === undefined &&
    block.conditions.length > 0 &&
    pushableOrder(only, binding) !== undefined
  return !isAsked && !sortClause.some((node) => mayFail(inside(node, 'SortBy'), block, functions))
}

/** Whether sorting by an item may fail, which it then does in PostgreSQL although nothing of it is read. */
function mayFail(item: Inside<'SortBy'> | undefined, block: Block, functions: FunctionTraits): boolean {
  const output = item && sortedOutput(item, block)
  if (output === 'unknown') return true
  if (output === undefined) return !cannotFail(item?.node, functions)
  return output.column === undefined && (isColumns(output.reads) || !cannotFail(output.reads, functions))
}

/** Whether a column tells through which connection rows came, which is the same for all rows of a table. */
function tellsConnection(column: BoundColumn): boolean {
  const { fromItem } = column
  if (fromItem.kind !== 'virtual' || fromItem.nullable.size > 0) return false
  const own = ownColumn(fromItem, column)
  return fromItem.table.connection.aggregator === undefined && engineColumns.some(({ name }) => name === own)
}

/** The columns that the outputs which are read are made of; undefined where they are made of more, or not known. */
export function columnsRead(
  block: Block,
  wanted: ReadonlyMap<number, Want>,
  binding: Binding,
  functions: FunctionTraits,
): readonly ReadColumn[] | undefined {
  if (block.output === undefined) return undefined
  const columns: ReadColumn[] = []
  for (const [index, { column, reads }] of block.output.entries()) {
    const want = wanted.get(index)
    if (want === undefined) {
      // What makes several rows of one comes before LIMIT.
      if (!isColumns(reads) && !isDiscardable(reads, functions)) return undefined
    } else if (column !== undefined) columns.push({ column, want })
    else {
      const found = isColumns(reads) ? undefined : columnsIn(reads, binding, functions)
      if (found === undefined) return undefined
      for (const one of found) columns.push({ column: one, want: 'spelt' })
    }
  }
  return columns.every(({ column: { index } }) => index !== undefined) ? columns : undefined
}

/** @returns undefined for an expression that is not the same for the same values of its columns */
function columnsIn(
  expression: Node,
  binding: Binding,
  functions: FunctionTraits,
): readonly BoundColumn[] | undefined {
  const isOfRow =
    findAll(expression, 'SubLink').length === 0 &&
    isDiscardable(expression, functions) &&
    isRowWise(expression, functions)
  const columns = findAll(expression, 'ColumnRef').map((reference) => binding.columnOf(reference))
  return isOfRow && columns.every((column) => column !== undefined) ? columns : undefined
}

/** Whether values that stand in one place of an order are the same to whoever reads them. */
export function isFixed(
  column: BoundColumn,
  want: Want,
  binding: Binding,
  functions: FunctionTraits,
): boolean {
  const type = columnType(column, binding, functions)
  if (type === undefined || type === 'literal') return false
  if (want === 'equal' && typesOfSeveralSpellings.has(type)) return true
  if (!typesOfOneSpelling.has(type)) return false
  return type !== 'text' || !functions.hasNondeterministicCollations
}
