/**
 * Scans whose rows can reach no answer. Clients ask like this for a query's columns: `… WHERE 1 = 0`, `… LIMIT 0`,
 * often around a query of their user's.
 */
import type { Block, Condition, FromItem, SubqueryItem } from '../bind/binding.js'
import type { Inside, Node } from '../parse/syntax-tree.js'
import { integerOf, isNeverTrue } from './constant-condition.js'

/** Whether a condition that is never true, or LIMIT 0, drops everything that is made of a FROM item's rows. */
export function isNeverRead(fromItem: FromItem): boolean {
  const { block } = fromItem
  if (block.conditions.some((condition) => drops(condition, fromItem))) return true
  return isDropped(block)
}

/** Whether nothing that a block yields is looked at. */
function isDropped(block: Block): boolean {
  const { parent } = block
  const select = selectOf(block)
  if (select?.limitOption === 'LIMIT_OPTION_COUNT' && isConstant(select.limitCount, 0)) return true
  if (parent === undefined) return false
  const outer = selectOf(parent)
  const isArm = outer?.larg === block.statement || outer?.rarg === block.statement
  if (isArm) return isDropped(parent)
  // A CTE may be read elsewhere, and a subquery in an expression at other times.
  const fromItem = parent.fromItems.find(
    (one): one is SubqueryItem => one.kind === 'subquery' && one.query === block,
  )
  return fromItem !== undefined && isNeverRead(fromItem)
}

function drops({ expression, clause }: Condition, fromItem: FromItem): boolean {
  if (!isNeverTrue(expression)) return false
  if (clause.kind !== 'on') return true
  const { join, left, right } = clause
  if (join === 'inner') return left.has(fromItem) || right.has(fromItem)
  return (join === 'left' && right.has(fromItem)) || (join === 'right' && left.has(fromItem))
}

function isConstant(node: Node | undefined, value: number): boolean {
  return integerOf(node) === value
}

function selectOf({ statement }: Block): Inside<'SelectStmt'> | undefined {
  return 'op' in statement ? (statement as Inside<'SelectStmt'>) : undefined
}
