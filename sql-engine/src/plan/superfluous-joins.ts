/**
 * Outer joins that a query can do without: one that adds nothing but repeats of the other side's rows, where repeats make no
 * difference. BI tools join all tables of a model, and ask for the different values of one column.
 */
import {
  type Binding,
  type Block,
  type Clause,
  type FromItem,
  isColumns,
  type TableReference,
} from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside } from '../parse/syntax-tree.js'
import { cannotFail } from './discardable.js'
import { isOfOther, ownJoin } from './outer-tables.js'

type SelectStmt = Inside<'SelectStmt'>

/**
 * The tables on the nullable sides of such joins, whose rows are then not needed either.
 * @param losesRepeats whether the query gives the same if rows of FROM are repeated
 */
export function superfluousTables(
  block: Block,
  binding: Binding,
  functions: FunctionTraits,
  losesRepeats: boolean,
): ReadonlySet<TableReference> {
  const select = block.statement as SelectStmt
  const joins = findAll(select.fromClause, 'JoinExpr')
  const { output } = block
  if (!losesRepeats || joins.length === 0 || output === undefined) return new Set()
  // Such joins may read columns that are not known.
  const areUncertain = joins.some((join) => !binding.isCertainJoin(join))
  // Someone's own operator may do anything.
  if (areUncertain || functions.hasShadowedOperators) return new Set()
  // USING and NATURAL compare columns that they do not spell out.
  const conditions = block.conditions.map(({ expression }) => expression)
  const references = findAll([select, conditions], 'ColumnRef').filter(
    // What a star stands for here is among the outputs; in a query within, it is of that one's own tables.
    ({ fields = [] }) => fields.length > 1 || inside(fields[0], 'A_Star') === undefined,
  )
  return new Set(
    block.fromItems.filter((fromItem): fromItem is TableReference => {
      const join = ownJoin(fromItem)
      if (join === undefined || !cannotFail(join.quals, functions)) return false
      const table = new Set([fromItem])
      const compared = block.conditions.filter(({ clause }) => isOfJoinWith(table, clause))
      const own = new Set(
        findAll(
          compared.map(({ expression }) => expression),
          'ColumnRef',
        ),
      )
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
export function isOfJoinWith(tables: ReadonlySet<FromItem>, clause: Clause): boolean {
  if (clause.kind !== 'on' || (clause.join !== 'left' && clause.join !== 'right')) return false
  const [only, another] = clause.join === 'left' ? clause.right : clause.left
  return another === undefined && only?.kind === 'virtual' && tables.has(only)
}
