/** Equality is transitive: of two columns that are equal, what one equals the other equals too. */
import { inside, type Node } from '../parse/syntax-tree.js'
import type { Pushable, ValueSource } from './pushable.js'

/** An equality between columns of two virtual tables that holds of every row that is used. */
interface Equality {
  readonly left: Pushable
  readonly right: Pushable
}

/**
 * The conditions that follow from others by equalities between columns of virtual tables. Only constants are passed
 * on: for other values, a key query reads the rows that have them.
 */
export function equalColumns(pushables: readonly Pushable[]): readonly Pushable[] {
  const equalities = equalitiesOf(pushables)
  const derived: Pushable[] = []
  let fresh: readonly Pushable[] = pushables.filter(isConstant)
  while (fresh.length > 0) {
    const next: Pushable[] = []
    for (const given of fresh) {
      for (const { left, right } of equalities) {
        if (left.condition.block !== given.condition.block || !isSame(left, given)) continue
        const { fromItem, column, anchor } = right
        const one: Pushable = { ...given, fromItem, column, anchor }
        const isKnown = [...pushables, ...derived, ...next].some(
          (other) => isSame(other, one) && other.comparison === one.comparison,
        )
        if (!isKnown) next.push(one)
      }
    }
    derived.push(...next)
    fresh = next
  }
  return derived
}

/** `a.x = b.y` gives two pushables, one for each side; both are there if both sides are of virtual tables. */
function equalitiesOf(pushables: readonly Pushable[]): readonly Equality[] {
  const found: Equality[] = []
  for (const left of pushables) {
    const { expression } = left.condition
    const { kind, lexpr, rexpr } = inside(expression, 'A_Expr') ?? {}
    const areColumns = inside(lexpr, 'ColumnRef') !== undefined && inside(rexpr, 'ColumnRef') !== undefined
    if (kind !== 'AEXPR_OP' || !areColumns || left.comparison.operator !== '=' || !holdsAlways(left)) continue
    for (const right of pushables) {
      const isOther = right !== left && right.condition === left.condition && !isSame(left, right)
      if (isOther && typeOf(left) === typeOf(right)) found.push({ left, right })
    }
  }
  return found
}

/** Whether a condition is one of WHERE or of an inner join. */
function holdsAlways({ condition: { clause }, anchor }: Pushable): boolean {
  return anchor !== undefined && (clause.kind !== 'on' || clause.join === 'inner')
}

/** Whether it compares a column with something that is the same for all rows and needs no table's rows. */
function isConstant(pushable: Pushable): boolean {
  const { comparison } = pushable
  if (comparison.operator !== '=' || !holdsAlways(pushable)) return false
  return comparison.sources.every(
    (source) => source.kind === 'boolean' || (isPlain(source) && isLiteral(source.node)),
  )
}

function isPlain(source: ValueSource): source is Extract<ValueSource, { kind: 'expression' }> {
  return source.kind === 'expression' && source.reading === undefined && source.matchesNull === undefined
}

function isLiteral(node: Node | undefined): boolean {
  const cast = inside(node, 'TypeCast')
  if (cast !== undefined) return isLiteral(cast.arg)
  return inside(node, 'A_Const') !== undefined || inside(node, 'ParamRef') !== undefined
}

function isSame(one: Pushable, other: Pushable): boolean {
  return one.fromItem === other.fromItem && one.column === other.column
}

function typeOf({ fromItem, column }: Pushable): string | undefined {
  return fromItem.table.columns.find(({ name }) => name === column)?.databaseType
}
