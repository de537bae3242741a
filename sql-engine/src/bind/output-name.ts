import { inside, type Node, stringsOf } from '../parse/syntax-tree.js'

/** A name, and whether a cast around the expression keeps it. */
interface Figured {
  readonly name: string
  readonly isKept: boolean
}

/**
 * The name that PostgreSQL gives an output column without an alias (FigureColname in its parse_target.c); undefined
 * for kinds of expressions that are not followed here.
 */
export function outputName(expression: Node): string | undefined {
  const figured = figure(expression)
  return figured === 'none' ? '?column?' : figured?.name
}

function figure(expression: Node): Figured | 'none' | undefined {
  const fields = inside(expression, 'ColumnRef')?.fields
  if (fields !== undefined) return kept(stringsOf(fields.slice(-1))?.[0])
  const call = inside(expression, 'FuncCall')
  if (call !== undefined) return kept(stringsOf(call.funcname)?.at(-1))
  if (inside(expression, 'CoalesceExpr') !== undefined) return kept('coalesce')
  const extreme = inside(expression, 'MinMaxExpr')
  if (extreme !== undefined) return kept(extreme.op === 'IS_LEAST' ? 'least' : 'greatest')
  if (inside(expression, 'A_ArrayExpr') !== undefined) return kept('array')
  if (inside(expression, 'RowExpr') !== undefined) return kept('row')
  if (inside(expression, 'GroupingFunc') !== undefined) return kept('grouping')
  const cast = inside(expression, 'TypeCast')
  if (cast?.arg !== undefined) {
    const own = figure(cast.arg)
    if (own === undefined || (own !== 'none' && own.isKept)) return own
    return lost(stringsOf(cast.typeName?.names)?.at(-1))
  }
  const collated = inside(expression, 'CollateClause')?.arg
  if (collated !== undefined) return figure(collated)
  const choice = inside(expression, 'CaseExpr')
  if (choice !== undefined) {
    const own = choice.defresult === undefined ? 'none' : figure(choice.defresult)
    return own === undefined || (own !== 'none' && own.isKept) ? own : lost('case')
  }
  const link = inside(expression, 'SubLink')
  if (link !== undefined) return ofSubquery(link.subLinkType, link.subselect)
  const operation = inside(expression, 'A_Expr')
  if (operation !== undefined) return operation.kind === 'AEXPR_NULLIF' ? kept('nullif') : 'none'
  return namelessTags.some((tag) => inside(expression, tag) !== undefined) ? 'none' : undefined
}

const namelessTags = ['A_Const', 'BoolExpr', 'NullTest', 'BooleanTest', 'ParamRef'] as const

function ofSubquery(type: string | undefined, subselect: Node | undefined): Figured | 'none' | undefined {
  if (type === 'EXISTS_SUBLINK') return kept('exists')
  if (type === 'ARRAY_SUBLINK') return kept('array')
  if (type !== 'EXPR_SUBLINK') return type === 'ANY_SUBLINK' || type === 'ALL_SUBLINK' ? 'none' : undefined
  const [first] = inside(subselect, 'SelectStmt')?.targetList ?? []
  const target = inside(first, 'ResTarget')
  if (target?.name !== undefined) return kept(target.name)
  return target?.val === undefined ? undefined : figure(target.val)
}

function kept(name: string | undefined): Figured | undefined {
  return name === undefined ? undefined : { name, isKept: true }
}

function lost(name: string | undefined): Figured | undefined {
  return name === undefined ? undefined : { name, isKept: false }
}
