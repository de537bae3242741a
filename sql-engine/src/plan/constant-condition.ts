/** Conditions whose truth is known without evaluating anything. */
import { inside, type Node } from '../parse/syntax-tree.js'

/** Whether a condition is false or NULL, whatever the row. */
export function isNeverTrue(expression: Node): boolean {
  const { boolop, args = [] } = inside(expression, 'BoolExpr') ?? {}
  if (boolop === 'AND_EXPR') return args.some(isNeverTrue)
  if (boolop === 'OR_EXPR') return args.every(isNeverTrue)
  if (boolop === 'NOT_EXPR') return args.every(isAlwaysTrue)
  const constant = inside(expression, 'A_Const')
  if (constant !== undefined) {
    return constant.isnull === true || (constant.boolval !== undefined && constant.boolval.boolval !== true)
  }
  const equal = comparesIntegers(expression)
  return equal === false
}

function isAlwaysTrue(expression: Node): boolean {
  return inside(expression, 'A_Const')?.boolval?.boolval === true || comparesIntegers(expression) === true
}

/** Whether two integers are equal, as in `1 = 0`; undefined for everything else. */
function comparesIntegers(expression: Node): boolean | undefined {
  const { kind, name, lexpr, rexpr } = inside(expression, 'A_Expr') ?? {}
  const [operator] = name ?? []
  const isEquality = kind === 'AEXPR_OP' && name?.length === 1 && inside(operator, 'String')?.sval === '='
  const [left, right] = [integerOf(lexpr), integerOf(rexpr)]
  return isEquality && left !== undefined && right !== undefined ? left === right : undefined
}

/** An integer that is written out. */
export function integerOf(node: Node | undefined): number | undefined {
  const integer = inside(node, 'A_Const')?.ival
  // The grammar omits zero.
  return integer === undefined ? undefined : (integer.ival ?? 0)
}
