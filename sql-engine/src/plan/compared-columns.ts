import type { FunctionTraits } from '../bind/function-traits.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { operatorName } from './operator-name.js'

/** What an expression does with its operands. */
export interface Compared {
  /** Columns of which it matters only what they equal, not how that is spelt: `2.0` is as good as `2.00`. */
  readonly columns: readonly Inside<'ColumnRef'>[]
  readonly others: readonly Node[]
}

const comparingOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>='])

const comparingKinds: ReadonlySet<Inside<'A_Expr'>['kind']> = new Set([
  'AEXPR_OP',
  'AEXPR_OP_ANY',
  'AEXPR_OP_ALL',
  'AEXPR_DISTINCT',
  'AEXPR_NOT_DISTINCT',
  'AEXPR_IN',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_BETWEEN_SYM',
  'AEXPR_NOT_BETWEEN_SYM',
])

const rangeKinds = /BETWEEN/

/** @returns undefined for what is no comparison, or may be one of somebody's own */
export function comparedColumns(node: Node, functions: FunctionTraits): Compared | undefined {
  if (functions.hasShadowedOperators) return undefined
  const test = inside(node, 'NullTest')
  if (test?.arg !== undefined) return parted([test.arg])
  const { kind, name, lexpr, rexpr } = inside(node, 'A_Expr') ?? {}
  const operator = operatorName(name) ?? ''
  const isComparison =
    kind !== undefined &&
    comparingKinds.has(kind) &&
    (rangeKinds.test(kind) || comparingOperators.has(operator))
  return isComparison ? parted([lexpr, rexpr]) : undefined
}

function parted(operands: readonly (Node | undefined)[]): Compared {
  const columns: Inside<'ColumnRef'>[] = []
  const others: Node[] = []
  for (const operand of operands) {
    if (operand === undefined) continue
    const parts = inside(operand, 'RowExpr')?.args ?? inside(operand, 'List')?.items ?? [operand]
    for (const part of parts) {
      const reference = inside(part, 'ColumnRef')
      if (reference === undefined) others.push(part)
      else columns.push(reference)
    }
  }
  return { columns, others }
}
