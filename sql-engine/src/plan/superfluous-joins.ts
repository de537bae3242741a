/**
 * Outer joins that a query can do without: one that adds nothing but repeats of the other side's rows, where repeats make no
 * difference. BI tools join all tables of a model, and ask for the different values of one column.
 */
import { type Binding, type Block, type Clause, isColumns, type TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, type Node, stringsOf, walk } from '../parse/syntax-tree.js'
import { cannotFail } from './discardable.js'
import { isOfOther, ownJoin } from './outer-tables.js'

type SelectStmt = Inside<'SelectStmt'>

/**
 * The tables on the nullable sides of such joins, whose rows are then not needed either.
 * @param ignoresRepeats whether whoever reads the block makes no difference between rows and their repeats, as EXISTS does
 */
export function superfluousTables(
  block: Block,
  binding: Binding,
  functions: FunctionTraits,
  ignoresRepeats: boolean,
): ReadonlySet<TableReference> {
  const select = block.statement as SelectStmt
  const joins = findAll(select.fromClause, 'JoinExpr')
  const { output } = block
  if (joins.length === 0 || output === undefined || !losesRepeats(select, functions, ignoresRepeats)) {
    return new Set()
  }
  // Such joins read columns, or give them other names, without a reference.
  const areNamed = joins.some(
    ({ usingClause = [], isNatural, alias }) =>
      usingClause.length > 0 || isNatural === true || alias !== undefined,
  )
  // Someone's own operator may do anything.
  if (areNamed || functions.hasShadowedOperators) return new Set()
  const references = findAll(select, 'ColumnRef').filter(
    // What a star stands for here is among the outputs; in a query within, it is of that one's own tables.
    ({ fields = [] }) => fields.length > 1 || inside(fields[0], 'A_Star') === undefined,
  )
  return new Set(
    block.fromItems.filter((fromItem): fromItem is TableReference => {
      const join = ownJoin(fromItem)
      if (join === undefined || !cannotFail(join.quals)) return false
      const own = new Set(findAll(join.quals, 'ColumnRef'))
      const isShown = output.some(
        ({ reads }) => isColumns(reads) && reads.some((column) => column.fromItem === fromItem),
      )
      if (isShown) return false
      return references.every(
        (reference) =>
          own.has(reference) ||
          isOfOther(reference, fromItem, binding) ||
          binding.isOutputReference(reference),
      )
    }),
  )
}

/** Whether a condition is that of a join with one of the tables on its nullable side. */
export function isOfJoinWith(tables: ReadonlySet<TableReference>, clause: Clause): boolean {
  if (clause.kind !== 'on' || (clause.join !== 'left' && clause.join !== 'right')) return false
  const [only, another] = clause.join === 'left' ? clause.right : clause.left
  return another === undefined && only?.kind === 'virtual' && tables.has(only)
}

/** Aggregates that give the same of rows and of their repeats. */
const indifferentAggregates: ReadonlySet<string> = new Set(['min', 'max', 'bool_and', 'bool_or', 'every'])

/** Whether a query gives the same if rows of FROM are repeated. */
function losesRepeats(select: SelectStmt, functions: FunctionTraits, ignoresRepeats: boolean): boolean {
  const { distinctClause, groupClause, havingClause, limitCount, limitOffset, lockingClause } = select
  if (select.larg !== undefined || lockingClause !== undefined || mayVary(select, functions)) return false
  // Elsewhere, as in FROM and WHERE, aggregates are those of other queries.
  const { targetList, sortClause, windowClause } = select
  const expressions = [targetList, havingClause, sortClause, distinctClause, windowClause]
  let isGrouped = groupClause !== undefined || havingClause !== undefined
  const own = new Set(callsOutsideQueries(expressions))
  for (const call of findAll(expressions, 'FuncCall')) {
    const { over, agg_distinct } = call
    const name = stringsOf(call.funcname)?.at(-1) ?? ''
    if (over !== undefined) return false
    if (functions.isPlain(name)) continue
    if (!functions.isAggregate(name)) return false
    // Also in a query within: there it may be one of the rows outside.
    const isIndifferent = indifferentAggregates.has(name) && functions.isOwn(name)
    if (agg_distinct !== true && !isIndifferent) return false
    if (own.has(call)) isGrouped = true
  }
  // Aggregates without a name.
  if (findAll(expressions, 'JsonArrayAgg').length + findAll(expressions, 'JsonObjectAgg').length > 0)
    return false
  if (isGrouped || distinctClause !== undefined) return true
  return ignoresRepeats && limitCount === undefined && limitOffset === undefined
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
