/** Which outputs of a query need not be computed where they are not read. */
import { type Block, isColumns, type OutputColumn } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, isObject, type Node, stringsOf } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'
import { isRowWise } from './row-wise.js'

/**
 * Whether an expression, left out, leaves the rows as they are: it calls no function with an effect of its own, and
 * none that makes several rows out of one. (PostgreSQL's planner leaves out the same, in
 * remove_unused_subquery_outputs.)
 */
export function isDiscardable(expression: unknown, functions: FunctionTraits): boolean {
  return findAll(expression, 'FuncCall').every(({ funcname, over }) => {
    const name = stringsOf(funcname)?.at(-1)
    if (name === undefined || functions.isVolatile(name)) return false
    return over !== undefined || functions.isPlain(name) || functions.isAggregate(name)
  })
}

/** Operators of PostgreSQL's own that give a result for whatever values they take. */
const totalOperators: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=', '->', '->>'])
const patternOperators: ReadonlySet<string> = new Set(['~', '~*', '!~', '!~*'])

/** Functions of PostgreSQL's own that give a result for whatever values they take. */
const totalFunctions: ReadonlySet<string> = new Set([
  'abbrev',
  'ceil',
  'ceiling',
  'char_length',
  'floor',
  'host',
  'length',
  'lower',
  'masklen',
  'text',
  'upper',
])

const totalTags = ['ColumnRef', 'A_Const', 'ParamRef', 'BoolExpr', 'NullTest', 'BooleanTest'] as const
const rowTags = ['ColumnRef', 'SelectStmt'] as const
const choiceTags = ['CaseExpr', 'CaseWhen', 'CoalesceExpr'] as const

/**
 * Whether an expression fails for no values. Where PostgreSQL computes an output that is not read, as in a CTE that
 * is read twice, other values may end the statement with an error, and it should be the right one.
 */
export function cannotFail(expression: unknown, functions: FunctionTraits): boolean {
  if (Array.isArray(expression)) return expression.every((item) => cannotFail(item, functions))
  if (!isObject(expression)) return true
  const node = expression as unknown as Node
  if (inside(node, 'ColumnRef') !== undefined || inside(node, 'A_Const') !== undefined) return true
  const cast = inside(node, 'TypeCast')
  if (cast !== undefined) {
    // A constant fails whatever the values are.
    if (inside(cast.arg, 'A_Const') !== undefined) return true
    return typeNameOf(cast) === 'text' && !functions.hasShadowedTypes && cannotFail(cast.arg, functions)
  }
  const operation = inside(node, 'A_Expr')
  if (operation !== undefined && isTotalOperation(operation, functions)) return true
  const call = inside(node, 'FuncCall')
  if (call !== undefined && isTotalCall(call, functions)) return true
  const tag = [...totalTags, ...choiceTags].find((one) => inside(node, one) !== undefined)
  if (tag !== undefined) return cannotFail(Object.values(inside(node, tag) ?? {}), functions)
  return isConstant(node, functions)
}

/** Whether an expression depends on no row: it fails for all of them or for none. */
function isConstant(node: Node, functions: FunctionTraits): boolean {
  const readsRows = rowTags.some((tag) => findAll(node, tag).length > 0)
  return !readsRows && isDiscardable(node, functions) && isRowWise(node, functions)
}

function isTotalOperation(
  { kind, name, lexpr, rexpr }: Inside<'A_Expr'>,
  functions: FunctionTraits,
): boolean {
  const [operator = '', ...qualified] = stringsOf(name) ?? []
  if (functions.hasShadowedOperators || qualified.length > 0) return false
  const items = inside(rexpr, 'List')?.items ?? rexpr
  const pattern = inside(rexpr, 'A_Const')?.sval
  switch (kind) {
    case 'AEXPR_OP':
      return (
        (totalOperators.has(operator) || (patternOperators.has(operator) && pattern !== undefined)) &&
        cannotFail([lexpr, rexpr], functions)
      )
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      // A backslash at the end is an error only where it is reached.
      return pattern !== undefined && pattern.sval?.includes('\\') !== true && cannotFail(lexpr, functions)
    case 'AEXPR_OP_ANY':
      return operator === '=' && cannotFail([lexpr, rexpr], functions)
    case 'AEXPR_IN':
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return cannotFail([lexpr, items], functions)
    default:
      return false
  }
}

function isTotalCall(
  { funcname, args = [], ...others }: Inside<'FuncCall'>,
  functions: FunctionTraits,
): boolean {
  const name = stringsOf(funcname)?.at(-1)
  const isPlain = args.length === 1 && others.over === undefined && others.func_variadic !== true
  return (
    isPlain &&
    name !== undefined &&
    totalFunctions.has(name) &&
    functions.isOwn(name) &&
    cannotFail(args, functions)
  )
}

const totalAggregates: ReadonlySet<string> = new Set(['count', 'min', 'max', 'bool_and', 'bool_or', 'every'])

/** Whether an expression is an aggregate that fails for no values. */
export function isTotalAggregate(expression: unknown, functions: FunctionTraits): boolean {
  if (!isObject(expression)) return false
  const call = inside(expression as unknown as Node, 'FuncCall')
  const name = stringsOf(call?.funcname)?.at(-1)
  if (call === undefined || call.over !== undefined || name === undefined || !functions.isOwn(name))
    return false
  return (
    totalAggregates.has(name) &&
    call.agg_order === undefined &&
    cannotFail([call.args, call.agg_filter], functions)
  )
}

const totalWindowFunctions: ReadonlySet<string> = new Set([
  'row_number',
  'rank',
  'dense_rank',
  'percent_rank',
  'cume_dist',
])

/**
 * Whether an expression is a window function that fails for no values.
 * @param windows those of WINDOW
 */
export function isTotalWindow(
  expression: unknown,
  windows: readonly Node[],
  functions: FunctionTraits,
): boolean {
  if (!isObject(expression)) return false
  const { funcname, args = [], agg_star, over } = inside(expression as unknown as Node, 'FuncCall') ?? {}
  const name = stringsOf(funcname)?.at(-1)
  if (over === undefined || name === undefined || !functions.isOwn(name)) return false
  const isTotal = agg_star === true ? name === 'count' : totalWindowFunctions.has(name) && args.length === 0
  const named = windows.map((node) => inside(node, 'WindowDef'))
  return (
    isTotal && [over, ...named].every((window) => window !== undefined && dividesAnyRows(window, functions))
  )
}

/** Distances of a frame may be negative, which is an error. */
function dividesAnyRows(window: Inside<'WindowDef'>, functions: FunctionTraits): boolean {
  const { startOffset, endOffset, partitionClause = [], orderClause = [] } = window
  const items = [...partitionClause, ...orderClause.map((node) => inside(node, 'SortBy')?.node)]
  return startOffset === undefined && endOffset === undefined && cannotFail(items, functions)
}

/**
 * Whether an output that is not read may be left out.
 * @param isComputed whether PostgreSQL may compute it all the same
 */
export function mayDiscard(
  { reads }: OutputColumn,
  { statement }: Block,
  isComputed: boolean,
  functions: FunctionTraits,
): boolean {
  if (isColumns(reads)) return true
  if (!isDiscardable(reads, functions)) return false
  const { windowClause = [] } = statement as Inside<'SelectStmt'>
  const isTotal =
    cannotFail(reads, functions) ||
    isTotalAggregate(reads, functions) ||
    isTotalWindow(reads, windowClause, functions)
  return isTotal || !isComputed
}
