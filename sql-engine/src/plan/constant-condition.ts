/** Conditions whose truth is known without evaluating anything. */
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'
import { operatorName } from './operator-name.js'

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
  const cast = inside(expression, 'TypeCast')
  if (cast !== undefined) return isNullBoolean(cast)
  return comparedConstants(expression) === false
}

function isAlwaysTrue(expression: Node): boolean {
  return inside(expression, 'A_Const')?.boolval?.boolval === true || comparedConstants(expression) === true
}

/** Whether a cast is one of NULL to boolean. (A text that is cast goes through a function, which may be somebody's own.) */
function isNullBoolean(cast: Inside<'TypeCast'>): boolean {
  if (cast.arg === undefined || typeNameOf(cast) !== 'bool') return false
  const within = inside(cast.arg, 'TypeCast')
  return within === undefined ? inside(cast.arg, 'A_Const')?.isnull === true : isNullBoolean(within)
}

/** What each comparison says of two values, by how the first stands to the other: less, equal or greater. */
const comparisons: ReadonlyMap<string, readonly [boolean, boolean, boolean]> = new Map([
  ['=', [false, true, false]],
  ['<>', [true, false, true]],
  ['<', [true, false, false]],
  ['<=', [true, true, false]],
  ['>', [false, false, true]],
  ['>=', [false, true, true]],
])

/** Whether a comparison of constants is true, as in `1 = 0`; undefined for everything else. */
function comparedConstants(expression: Node): boolean | undefined {
  const { kind, name, lexpr, rexpr } = inside(expression, 'A_Expr') ?? {}
  if (kind !== 'AEXPR_OP' || name?.length !== 1) return undefined
  const order = orderOf(lexpr, rexpr)
  return order === undefined ? undefined : comparisons.get(operatorName(name) ?? '')?.[order + 1]
}

/** Of two integers, or two texts that are the same: whatever the collation, they are equal. */
function orderOf(left: Node | undefined, right: Node | undefined): -1 | 0 | 1 | undefined {
  const [one, other] = [integerOf(left), integerOf(right)]
  if (one !== undefined && other !== undefined) return one < other ? -1 : one > other ? 1 : 0
  const [text, otherText] = [inside(left, 'A_Const')?.sval, inside(right, 'A_Const')?.sval]
  return text !== undefined && otherText !== undefined && text.sval === otherText.sval ? 0 : undefined
}

/** An integer that is written out. */
export function integerOf(node: Node | undefined): number | undefined {
  const integer = inside(node, 'A_Const')?.ival
  // The grammar omits zero.
  return integer === undefined ? undefined : (integer.ival ?? 0)
}
