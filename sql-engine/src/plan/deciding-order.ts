/** Which items of ORDER BY decide what is seen of a query's rows. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { type Binding, type Block, type BoundColumn, isColumns, ownColumn } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { engineColumns } from '../catalog/catalog-columns.js'
import { findAll, type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { cannotFail, isDiscardable } from './discardable.js'
import { columnType } from './output-types.js'
import { sortedColumn } from './pushable-order.js'
import { isRowWise } from './row-wise.js'

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

/**
 * Rows that the first items leave in one place are alike in the columns that these name. Where no other columns of
 * the query are read, no further item decides anything, not even which rows LIMIT leaves.
 * @param wanted the outputs that are read, by position
 */
export function decidingOrder(
  block: Block,
  wanted: ReadonlySet<number>,
  binding: Binding,
  functions: FunctionTraits,
): readonly Node[] {
  const { sortClause = [], limitOption, lockingClause, larg } = block.statement as SelectStmt
  const isPlain =
    limitOption !== 'LIMIT_OPTION_WITH_TIES' && lockingClause === undefined && larg === undefined
  const read = isPlain ? columnsRead(block, wanted, binding, functions) : undefined
  if (read === undefined) return sortClause
  const items = sortClause.map((node) => {
    const sortBy = inside(node, 'SortBy')
    return { node, column: sortBy && sortedColumn(sortBy, block, binding), sortBy }
  })
  const isFixedBy = (column: BoundColumn, index: number) => {
    const item = items[index]
    const isSame = item?.column?.fromItem === column.fromItem && item.column.index === column.index
    return isSame && item.sortBy?.sortby_dir !== 'SORTBY_USING' && hasOneSpelling(column, binding, functions)
  }
  // A table may be asked for the first rows by the first item.
  let deciding = 1
  for (const column of read) {
    // One of an outer query is the same in all rows.
    if (column.fromItem.block !== block || tellsConnection(column)) continue
    const index = items.findIndex((_, position) => isFixedBy(column, position))
    if (index < 0) return sortClause
    deciding = Math.max(deciding, index + 1)
  }
  return items.flatMap(({ node, column, sortBy }, index) =>
    index < deciding || (column === undefined && !cannotFail(sortBy?.node)) ? [node] : [],
  )
}

/** Whether a column tells through which connection rows came, which is the same for all rows of a table. */
function tellsConnection(column: BoundColumn): boolean {
  const { fromItem } = column
  if (fromItem.kind !== 'virtual' || fromItem.nullable.size > 0) return false
  const own = ownColumn(fromItem, column)
  return fromItem.table.connection.aggregator === undefined && engineColumns.some(({ name }) => name === own)
}

/** The columns that the outputs which are read are made of; undefined where they are made of more, or not known. */
function columnsRead(
  block: Block,
  wanted: ReadonlySet<number>,
  binding: Binding,
  functions: FunctionTraits,
): readonly BoundColumn[] | undefined {
  if (block.output === undefined) return undefined
  const columns: BoundColumn[] = []
  for (const [index, { column, reads }] of block.output.entries()) {
    if (!wanted.has(index)) {
      // What makes several rows of one comes before LIMIT.
      if (!isColumns(reads) && !isDiscardable(reads, functions)) return undefined
    } else if (column !== undefined) columns.push(column)
    else {
      const found = isColumns(reads) ? undefined : columnsIn(reads, binding, functions)
      if (found === undefined) return undefined
      columns.push(...found)
    }
  }
  return columns.every(({ index }) => index !== undefined) ? columns : undefined
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

function hasOneSpelling(column: BoundColumn, binding: Binding, functions: FunctionTraits): boolean {
  const type = columnType(column, binding, functions)
  if (type === undefined || type === 'literal' || !typesOfOneSpelling.has(type)) return false
  return type !== 'text' || !functions.hasNondeterministicCollations
}
