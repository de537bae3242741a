import { inside, type Node, stringsOf } from '../parse/syntax-tree.js'

/**
 * The name that PostgreSQL gives an output column without an alias (FigureColname in its parse_target.c), in
 * the plain cases; undefined in the others.
 */
export function outputName(expression: Node): string | undefined {
  const own = ownName(expression)
  if (own !== undefined) return own
  const cast = inside(expression, 'TypeCast')
  if (cast?.arg !== undefined) {
    if (!hasNoName(cast.arg)) return outputName(cast.arg)
    return stringsOf(cast.typeName?.names)?.at(-1)
  }
  return hasNoName(expression) ? '?column?' : undefined
}

/** Names that a cast around the expression keeps. */
function ownName(expression: Node): string | undefined {
  const fields = inside(expression, 'ColumnRef')?.fields
  if (fields !== undefined) return stringsOf(fields.slice(-1))?.[0]
  const call = inside(expression, 'FuncCall')
  if (call !== undefined) return stringsOf(call.funcname)?.at(-1)
  if (inside(expression, 'CoalesceExpr') !== undefined) return 'coalesce'
  return undefined
}

function hasNoName(expression: Node): boolean {
  const operation = inside(expression, 'A_Expr')
  if (operation !== undefined) return operation.kind !== 'AEXPR_NULLIF'
  return inside(expression, 'A_Const') !== undefined || inside(expression, 'BoolExpr') !== undefined
}
