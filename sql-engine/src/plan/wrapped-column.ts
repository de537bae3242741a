/** A column inside casts and functions: `log_group_name::text`, `host(ip)`, `date_trunc('day', timestamp)`. */

import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'

/** What stands directly around a column, or around a wrapper of it. */
export type Wrapper =
  | { readonly kind: 'collation' }
  /** A cast to a type, by PostgreSQL's internal name. @see typeNameOf */
  | { readonly kind: 'cast'; readonly type: string }
  /** One of PostgreSQL's own functions; the column is one of its arguments, and no column is in the others. */
  | {
      readonly kind: 'call'
      readonly name: string
      readonly args: readonly Node[]
      readonly position: number
    }
  /** An arithmetic operation, or `||`, with something that names no column. */
  | {
      readonly kind: 'operation'
      readonly operator: string
      readonly other: Node
      readonly side: 'left' | 'right'
    }

export interface WrappedColumn {
  readonly reference: Inside<'ColumnRef'>
  /** The wrappers, from the column outwards. */
  readonly wrappers: readonly Wrapper[]
}

/** @returns undefined for an expression that is neither a column nor one inside such wrappers */
export function wrappedColumn(node: Node | undefined, functions: FunctionTraits): WrappedColumn | undefined {
  if (node === undefined) return undefined
  const reference = inside(node, 'ColumnRef')
  if (reference !== undefined) return { reference, wrappers: [] }
  if (functions.hasShadowedTypes) return undefined
  const layer = outermost(node, functions)
  const within = layer && wrappedColumn(layer.arg, functions)
  return within && { reference: within.reference, wrappers: [...within.wrappers, layer.wrapper] }
}

interface Layer {
  readonly arg: Node
  readonly wrapper: Wrapper
}

function outermost(node: Node, functions: FunctionTraits): Layer | undefined {
  const collated = inside(node, 'CollateClause')?.arg
  if (collated !== undefined) {
    // Under some collations, different texts are equal.
    return functions.hasNondeterministicCollations
      ? undefined
      : { arg: collated, wrapper: { kind: 'collation' } }
  }
  const cast = inside(node, 'TypeCast')
  if (cast !== undefined) {
    const type = typeNameOf(cast)
    return cast.arg === undefined || type === undefined
      ? undefined
      : { arg: cast.arg, wrapper: { kind: 'cast', type } }
  }
  const call = inside(node, 'FuncCall')
  if (call !== undefined) return ofCall(call, functions)
  const { kind, name, lexpr, rexpr } = inside(node, 'A_Expr') ?? {}
  const [operator, ...schema] = (stringsOf(name) ?? []).toReversed()
  if (kind !== 'AEXPR_OP' || operator === undefined || lexpr === undefined || rexpr === undefined)
    return undefined
  const isOwn = schema.length === 0 || schema[0] === 'pg_catalog'
  if (!isOwn || !wrappingOperators.has(operator) || functions.hasShadowedOperators) return undefined
  if (isConstant(rexpr))
    return { arg: lexpr, wrapper: { kind: 'operation', operator, other: rexpr, side: 'left' } }
  return isConstant(lexpr)
    ? { arg: rexpr, wrapper: { kind: 'operation', operator, other: lexpr, side: 'right' } }
    : undefined
}

const wrappingOperators: ReadonlySet<string> = new Set(['+', '-', '*', '/', '||'])

function ofCall(call: Inside<'FuncCall'>, functions: FunctionTraits): Layer | undefined {
  const name = stringsOf(call.funcname)?.at(-1)
  const { args = [], over, agg_distinct, agg_filter } = call
  const isPlain = over === undefined && agg_distinct === undefined && agg_filter === undefined
  if (name === undefined || !isPlain || !functions.isOwn(name)) return undefined
  const position = args.findIndex((arg) => !isConstant(arg))
  const arg = args[position]
  if (arg === undefined || args.some((other) => other !== arg && !isConstant(other))) return undefined
  return { arg, wrapper: { kind: 'call', name, args, position } }
}

/** Whether an expression names no column, and reads nothing. */
function isConstant(node: Node): boolean {
  return findAll(node, 'ColumnRef').length === 0 && findAll(node, 'SubLink').length === 0
}
