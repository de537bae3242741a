import { inside, type Node } from '../parse/syntax-tree.js'

/** The boolean that an expression is compared with, as in `(x = 1) = true`. A column is compared like any other. */
export function comparedTruth(
  left: Node,
  right: Node,
): { readonly expression: Node; readonly value: boolean } | undefined {
  for (const [expression, constant] of [
    [left, right],
    [right, left],
  ] as const) {
    const value = inside(constant, 'A_Const')?.boolval
    const isColumn = inside(expression, 'ColumnRef') !== undefined
    if (value !== undefined && !isColumn) return { expression, value: value.boolval === true }
  }
  return undefined
}
