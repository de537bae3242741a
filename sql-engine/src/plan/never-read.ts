/**
 * Scans whose rows can reach no answer. Clients ask so for a query's columns: `… WHERE 1 = 0`, `… LIMIT 0`,
 * often around a query of their user's.
 */
import type { Block, Condition, Leaf, SubqueryLeaf } from '../bind/binding.js'
import type { Inside, Node } from '../parse/syntax-tree.js'
import { integerOf, isNeverTrue } from './constant-condition.js'

/** Whether a condition that is never true, or LIMIT 0, drops all that is made of a leaf's rows. */
export function isNeverRead(leaf: Leaf): boolean {
  const { block } = leaf
  if (block.conditions.some((condition) => drops(condition, leaf))) return true
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
  // A CTE may be read elsewhere, and a subquery of an expression at other times.
  const leaf = parent.leaves.find(
    (one): one is SubqueryLeaf => one.kind === 'subquery' && one.query === block,
  )
  return leaf !== undefined && isNeverRead(leaf)
}

function drops({ expression, position }: Condition, leaf: Leaf): boolean {
  if (!isNeverTrue(expression)) return false
  if (position.kind !== 'on') return true
  const { join, left, right } = position
  if (join === 'inner') return left.has(leaf) || right.has(leaf)
  return (join === 'left' && right.has(leaf)) || (join === 'right' && left.has(leaf))
}

function isConstant(node: Node | undefined, value: number): boolean {
  return integerOf(node) === value
}

function selectOf({ statement }: Block): Inside<'SelectStmt'> | undefined {
  return 'op' in statement ? (statement as Inside<'SelectStmt'>) : undefined
}
