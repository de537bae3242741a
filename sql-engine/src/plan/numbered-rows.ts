/** Outputs that number rows, and windows. */
import { type Binding, type Block, isColumns } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, type Node, stringsOf, walk } from '../parse/syntax-tree.js'
import { isReferenceTo } from './column-reference.js'
import { columnsRead, isFixed } from './deciding-order.js'
import { cannotFail } from './discardable.js'
import { distinctOn } from './distinct-on.js'
import type { Want } from './wanted-outputs.js'

/**
 * What decides the numbers of `row_number() OVER (PARTITION BY … ORDER BY …)`. Rows of one partition that the first items
 * leave in one place are alike in the columns that these name. Where no other columns of the query are read, it makes no
 * difference which of them has which number.
 * @param wanted the outputs that are read
 * @returns undefined for every other output, and where all of it decides
 */
export function decidingNumbers(
  block: Block,
  index: number,
  wanted: ReadonlyMap<number, Want>,
  binding: Binding,
  functions: FunctionTraits,
): readonly Node[] | undefined {
  const window = numbering(block, index, functions)
  if (window === undefined) return undefined
  const others = new Map([...wanted].filter(([other]) => other !== index))
  const read = columnsRead(block, others, binding, functions)
  if (read === undefined) return undefined
  const { partitionClause = [], orderClause = [] } = window
  const items = orderClause.map((node) => inside(node, 'SortBy'))
  let deciding = 0
  for (const { column, want } of read) {
    if (column.fromItem.block !== block) continue
    if (!isFixed(column, want, binding, functions)) return undefined
    const isSame = (node: Node | undefined) => isReferenceTo(column, node, binding)
    if (partitionClause.some(isSame)) continue
    const position = items.findIndex((item) => item?.sortby_dir !== 'SORTBY_USING' && isSame(item?.node))
    if (position < 0) return undefined
    deciding = Math.max(deciding, position + 1)
  }
  const decidingItems = items.flatMap((item, position) =>
    item?.node !== undefined && position < deciding ? [item.node] : [],
  )
  return [...partitionClause, ...decidingItems]
}

/** Whether expressions use a window of WINDOW. */
export function namesWindow(expressions: unknown): boolean {
  return findAll(expressions, 'FuncCall').some(
    ({ over }) => over?.name !== undefined || over?.refname !== undefined,
  )
}

/**
 * What a query divides and orders the rows of its windows by, where that may fail. PostgreSQL leaves out a window function
 * that nobody reads, but computes these for each row all the same: they are columns of the query (resjunk).
 */
export function failingItems(select: Inside<'SelectStmt'>, functions: FunctionTraits): readonly Node[] {
  const windows: Inside<'WindowDef'>[] = [...findAll(select.windowClause, 'WindowDef')]
  walk(select.targetList, (object) => {
    const over = inside(object as unknown as Node, 'FuncCall')?.over
    if (over !== undefined) windows.push(over)
    // Those of a query within are its own.
    return !('SelectStmt' in object)
  })
  return windows.flatMap(({ partitionClause = [], orderClause = [] }) =>
    [...partitionClause, ...orderClause].filter(
      (item) => !cannotFail(inside(item, 'SortBy')?.node ?? item, functions),
    ),
  )
}

/** The outputs that are made of the rows of a window. */
export function windowOutputs({ output = [] }: Block): readonly number[] {
  return output.flatMap(({ reads }, index) =>
    !isColumns(reads) && inside(reads, 'FuncCall')?.over !== undefined ? [index] : [],
  )
}

/** The window by which an output numbers rows, if the query does nothing else with their order. */
function numbering(
  { output, statement }: Block,
  index: number,
  functions: FunctionTraits,
): Inside<'WindowDef'> | undefined {
  const select = statement as Inside<'SelectStmt'>
  const { groupClause, havingClause, distinctClause, sortClause } = select
  const isPlain = [
    groupClause,
    havingClause,
    sortClause,
    select.limitCount,
    select.limitOffset,
    select.lockingClause,
    select.larg,
    distinctOn(distinctClause)[0],
  ].every((clause) => clause === undefined)
  const reads = output?.[index]?.reads
  if (!isPlain || reads === undefined || isColumns(reads)) return undefined
  const { funcname, over, args, agg_filter } = inside(reads, 'FuncCall') ?? {}
  const isOwn = functions.isOwn('row_number') && stringsOf(funcname)?.at(-1) === 'row_number'
  const isInline = over !== undefined && over.name === undefined && over.refname === undefined
  return isOwn && isInline && args === undefined && agg_filter === undefined ? over : undefined
}
