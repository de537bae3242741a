/** Numbers of a statement as numeric, with which bounds are computed. */
import { inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { castNode } from './build-nodes.js'

const exactTypes: ReadonlySet<string> = new Set(['int2', 'int4', 'int8', 'numeric'])

/** Whether an expression is certainly a number of a type that holds all its digits, or a literal that can be one. */
export function isExactNumber(node: Node): boolean {
  const cast = inside(node, 'TypeCast')
  if (cast === undefined) return inside(node, 'A_Const') !== undefined
  const type = stringsOf(cast.typeName?.names)?.at(-1)
  return type !== undefined && exactTypes.has(type)
}

/** A number as numeric. Of a `real`, PostgreSQL would keep six digits; as double precision, all that it compares. */
export function asNumeric(node: Node): Node {
  return castNode(isExactNumber(node) ? node : castNode(node, 'float8'), 'numeric')
}
