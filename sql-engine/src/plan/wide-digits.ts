/** Regular expressions that mean more to this database than to an API. */
import type { FunctionTraits } from '../bind/function-traits.js'
import { inside, type Node } from '../parse/syntax-tree.js'

/** The operators of regular expressions. */
const operators: ReadonlySet<string> = new Set(['~', '~*', '!~', '!~*'])

/** Whether digits are more than those of ASCII here, and an expression may ask for them. */
export function mayAskForWideDigits(operator: string, pattern: Node, functions: FunctionTraits): boolean {
  if (!functions.hasWideDigits || !operators.has(operator)) return false
  const literal = inside(pattern, 'A_Const')?.sval?.sval
  return literal === undefined || /\\d|digit/i.test(literal)
}
