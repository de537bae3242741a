/** Queries that give the same if rows of FROM are repeated, and what they may then do without. */
import { type Binding, type Block, isColumns } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, type Node, stringsOf, walk } from '../parse/syntax-tree.js'
import { integerOf } from './constant-condition.js'
import type { ReadOfRows } from './deciding-order.js'
import { mayDiscard } from './discardable.js'
import { distinctOn } from './distinct-on.js'
import { isRowWise } from './row-wise.js'

type SelectStmt = Inside<'SelectStmt'>

/** EXISTS, IN and ANY, ALL make no difference between rows and their repeats. */
export const linksWithoutRepeats: ReadonlySet<Inside<'SubLink'>['subLinkType']> = new Set([
  'EXISTS_SUBLINK',
  'ANY_SUBLINK',
  'ALL_SUBLINK',
])

/** Aggregates that give the same of rows and of their repeats. */
const indifferentAggregates: ReadonlySet<string> = new Set(['min', 'max', 'bool_and', 'bool_or', 'every'])

/**
 * Whether a query gives the same if rows of FROM are repeated.
 * @param ignoresRepeats whether whoever reads it makes no difference between rows and their repeats, as EXISTS does
 */
export function losesRepeats(
  select: SelectStmt,
  functions: FunctionTraits,
  ignoresRepeats: boolean,
): boolean {
  const { distinctClause, groupClause, havingClause, lockingClause } = select
  if (select.larg !== undefined || lockingClause !== undefined || mayVary(select, functions)) return false
  // Elsewhere, as in FROM and WHERE, aggregates are those of other queries.
  const { targetList, sortClause, windowClause } = select
  const expressions = [targetList, havingClause, sortClause, distinctClause, windowClause]
  let isGrouped = groupClause !== undefined || havingClause !== undefined
  const own = new Set(callsOutsideQueries(expressions))
  for (const call of findAll(expressions, 'FuncCall')) {
    const { over, agg_distinct, agg_star } = call
    const isOwn = own.has(call)
    // A window, and count(*), look at rows of the query in which they stand.
    if (!isOwn && (over !== undefined || agg_star === true)) continue
    const name = stringsOf(call.funcname)?.at(-1) ?? ''
    if (over !== undefined) return false
    if (functions.isPlain(name)) continue
    if (!functions.isAggregate(name)) return false
    // Also in a query within: there it may be one of the rows outside.
    const isIndifferent = indifferentAggregates.has(name) && functions.isOwn(name)
    if (agg_distinct !== true && !isIndifferent) return false
    if (isOwn) isGrouped = true
  }
  // Aggregates without a name.
  if (findAll(expressions, 'JsonArrayAgg').length + findAll(expressions, 'JsonObjectAgg').length > 0)
    return false
  if (isGrouped || distinctClause !== undefined || takesFirst(select)) return true
  return ignoresRepeats && takesAll(select)
}

/** Whether a query gives its first row alone: a repeat of it stands in the same place. */
function takesFirst({ limitCount, limitOffset, limitOption }: SelectStmt): boolean {
  return integerOf(limitCount) === 1 && limitOffset === undefined && limitOption === 'LIMIT_OPTION_COUNT'
}

/** Whether something in a query may give another value each time. */
function mayVary(select: SelectStmt, functions: FunctionTraits): boolean {
  return findAll(select, 'FuncCall').some(({ funcname }) => {
    const name = stringsOf(funcname)?.at(-1)
    return name === undefined || functions.isVolatile(name)
  })
}

function callsOutsideQueries(expressions: unknown): readonly Inside<'FuncCall'>[] {
  const calls: Inside<'FuncCall'>[] = []
  walk(expressions, (object) => {
    const call = inside(object as unknown as Node, 'FuncCall')
    if (call !== undefined) calls.push(call)
    return !('SelectStmt' in object)
  })
  return calls
}

/** Whether all rows of a query are read: a repeat would stand for another row that LIMIT or OFFSET count. */
export function takesAll({ limitCount, limitOffset }: SelectStmt): boolean {
  return limitCount === undefined && limitOffset === undefined
}

/**
 * Whether DISTINCT, or GROUP BY of columns, does nothing but leave out repeats, so that whoever ignores them needs only
 * the columns that are read. (PostgreSQL leaves out both of an EXISTS, in simplify_EXISTS_query.)
 * @param computed queries of which PostgreSQL may compute outputs that are not read
 */
export function onlyDropsRepeats(
  block: Block,
  { wanted, ignoresRepeats }: ReadOfRows,
  computed: ReadonlySet<Block>,
  binding: Binding,
  functions: FunctionTraits,
): boolean {
  const select = block.statement as SelectStmt
  const { distinctClause = [], groupClause = [], havingClause, targetList, sortClause } = select
  // Of rows that are only counted, the first is as good as its repeats.
  const isOne = takesFirst(select) && wanted.size === 0
  if (!(isOne || (ignoresRepeats && takesAll(select)))) return false
  if (distinctOn(distinctClause).length > 0) return false
  if (groupClause.length === 0) return distinctClause.length > 0
  const read = block.output?.filter(
    (output, index) => wanted.has(index) || !mayDiscard(output, block, computed.has(block), functions),
  )
  const expressions = read?.map(({ reads }) => (isColumns(reads) ? [] : reads)) ?? targetList
  return (
    havingClause === undefined &&
    isRowWise([expressions, sortClause], functions) &&
    groupClause.every((item) => isColumn(item, block, binding))
  )
}

/** Whether an item of GROUP BY is a column, which fails for no values. */
function isColumn(item: Node, { output }: Block, binding: Binding): boolean {
  const position = integerOf(item)
  if (position !== undefined) return output?.[position - 1]?.column !== undefined
  const reference = inside(item, 'ColumnRef')
  return reference !== undefined && !binding.isOutputReference(reference)
}

/** Queries whose readers make no difference between rows and their repeats. */
export class RepeatsIgnored {
  readonly #queries = new Set<Block>()
  /** Of each CTE, how many readers are known to ignore repeats. */
  readonly #readers = new Map<Block, number>()

  has(query: Block): boolean {
    return this.#queries.has(query)
  }

  add(query: Block): void {
    this.#queries.add(query)
  }

  /** @param reader a query that gives the same if rows of FROM are repeated */
  addSourcesOf({ fromItems }: Block): void {
    for (const fromItem of fromItems) {
      if (fromItem.kind === 'subquery') this.#queries.add(fromItem.query)
      if (fromItem.kind !== 'cte' || fromItem.cte.query === undefined || fromItem.cte.recursive) continue
      const { query, references } = fromItem.cte
      const readers = (this.#readers.get(query) ?? 0) + 1
      this.#readers.set(query, readers)
      if (readers === references) this.#queries.add(query)
    }
  }
}
