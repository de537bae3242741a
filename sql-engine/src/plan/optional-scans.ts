/**
 * Which scans a statement can do without, so that NULL stands for what they would have told: those on the nullable side
 * of an outer join whose columns are shown as they are, and read by nothing else. A condition, a function or an
 * aggregate would take NULL for an answer; so would another table.
 */
import type { Binding, FromItem, TableReference } from '../bind/binding.js'
import { findAll, type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { isOfOther, ownJoin } from './outer-tables.js'

type ColumnRef = Inside<'ColumnRef'>

/** @returns none for anything but a query: what would be stored must be whole */
export function optionalScans(statement: Node, binding: Binding): ReadonlySet<TableReference> {
  const select = inside(statement, 'SelectStmt')
  const block = select && binding.blockOf(select)
  if (select === undefined || block === undefined) return new Set()
  if (select.larg !== undefined || select.intoClause !== undefined) return new Set()
  // NULL would decide which groups, or which rows, come.
  const isLimited = select.limitCount !== undefined || select.limitOffset !== undefined
  if (select.havingClause !== undefined || (isLimited && select.sortClause !== undefined)) return new Set()
  const joins = findAll(select.fromClause, 'JoinExpr')
  // Such joins read columns, or give them other names, without a reference.
  const areNamed = joins.some(
    ({ usingClause = [], isNatural, alias }) =>
      usingClause.length > 0 || isNatural === true || alias !== undefined,
  )
  if (areNamed) return new Set()
  const references = findAll(statement, 'ColumnRef')
  const shown = shownReferences(select)
  return new Set(
    block.fromItems.filter((fromItem): fromItem is TableReference => {
      const join = ownJoin(fromItem)
      if (join === undefined) return false
      const own = new Set(findAll(join.quals, 'ColumnRef'))
      // Where none of its columns is shown, nothing would tell that it is missing: its rows are counted, for example.
      if (!isShown(fromItem, select, binding)) return false
      return references.every(
        (reference) => shown.has(reference) || own.has(reference) || isOfOther(reference, fromItem, binding),
      )
    }),
  )
}

/** References that stand by themselves in the select list, GROUP BY or ORDER BY. */
function shownReferences({ targetList = [], groupClause = [], sortClause = [] }: Inside<'SelectStmt'>) {
  const items = [
    ...targetList.map((target) => inside(target, 'ResTarget')?.val),
    ...groupClause,
    ...sortClause.map((sort) => inside(sort, 'SortBy')?.node),
  ]
  return new Set<ColumnRef | undefined>(items.map((item) => inside(item, 'ColumnRef')))
}

function isShown(fromItem: FromItem, { targetList = [] }: Inside<'SelectStmt'>, binding: Binding): boolean {
  return targetList.some((target) => {
    const reference = inside(inside(target, 'ResTarget')?.val, 'ColumnRef')
    if (reference === undefined) return false
    const isStar = reference.fields?.some((field) => inside(field, 'A_Star') !== undefined) === true
    return isStar ? reference.fields?.length === 1 : binding.columnOf(reference)?.fromItem === fromItem
  })
}
