/**
 * The values of `x IN (…)`. PostgreSQL gives all that name no column of the query one type, which depends on each of them
 * and on x: beside a floating-point number, integers and literals are rounded, and 9007199254740993 is …992
 * (transformAExprIn in PostgreSQL's parser/parse_expr.c).
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import { internalTypeNames } from '../catalog/internal-type-names.js'
import { inside, type Node, sameTree } from '../parse/syntax-tree.js'
import { castNode } from './build-nodes.js'
import type { Equality, ParameterList, QueriedSource, ValueSource } from './pushable.js'

/**
 * Whether the type of one may change what another is: they are neither all constants nor all of one kind.
 * @param isOwn whether an item names a column of the same query: such items stand for themselves
 */
export function isMixedList(items: readonly Node[], isOwn: (item: Node) => boolean): boolean {
  const others = items.filter((item) => !isOwn(item))
  const [first] = others
  const areAlike =
    others.every(isSimpleConstant) ||
    others.every(isNumber) ||
    others.every((item) => inside(item, 'ParamRef') !== undefined) ||
    others.every((item) => first !== undefined && isCastAlike(first, item))
  return others.length > 1 && !areAlike
}

/** What a list that is not mixed says: each value by itself. The types of parameters are known when the statement runs. */
export function listed(items: readonly Node[]): Equality {
  const sources = items.map((node): ValueSource => ({ kind: 'expression', node }))
  const numbers = items.map((item) => inside(item, 'ParamRef')?.number)
  const list = numbers.filter((number) => number !== undefined)
  const areParameters = list.length === items.length && new Set(list).size > 1
  return { operator: '=', sources, ...(areParameters ? { lists: [list] } : {}) }
}

/** Types of numbers. PostgreSQL has one for any of them that are listed. */
const numberTypes: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700])

/** Kinds of types of which a list has one that keeps apart what each of them does, by their OIDs. */
const kinds: ReadonlyMap<number, string> = new Map([
  [21, 'number'],
  [23, 'number'],
  [20, 'number'],
  [1700, 'number'],
  [25, 'text'],
  [1043, 'text'],
])

/** Whether the type of one parameter of a list may change what another is. @param types OIDs, one per parameter */
export function isMixedByTypes(list: ParameterList, types: readonly number[]): boolean {
  const listedTypes = typesOf(list, types)
  return new Set(listedTypes.map((type) => kinds.get(type) ?? type)).size > 1
}

/** Whether all parameters of a list are numbers. @param types OIDs, one per parameter */
export function areNumbers(list: ParameterList, types: readonly number[]): boolean {
  return typesOf(list, types).every((type) => numberTypes.has(type))
}

function typesOf(list: ParameterList, types: readonly number[]): readonly number[] {
  return list.map((number) => types[number - 1] ?? 0)
}

/**
 * What a comparison says of a column, where its parameters are of several types: they have one type together, which depends
 * on the column's. Undefined where it compares with other values, too.
 */
export function listTogether({ lists = [], sources }: Equality, type: ColumnType): QueriedSource | undefined {
  const [list] = lists
  if (list === undefined || list.length < sources.length) return undefined
  return inOneArray(
    list.map((number) => ({ ParamRef: { number } })),
    type,
  )
}

/** The values of a mixed list in an array, which has the type that the list has for a column of some type. */
export function mixedListSources(
  items: readonly Node[],
  type: ColumnType,
  isOwn: (item: Node) => boolean,
): readonly ValueSource[] {
  return [
    ...items.filter(isOwn).map((node): ValueSource => ({ kind: 'expression', node })),
    inOneArray(
      items.filter((item) => !isOwn(item)),
      type,
    ),
  ]
}

function inOneArray(items: readonly Node[], type: ColumnType): QueriedSource {
  const typed = castNode({ A_Const: { isnull: true } }, internalTypeNames[type])
  return { kind: 'elements', node: { A_ArrayExpr: { elements: [typed, ...items] } } }
}

/** Literals have the type of the column, and integers none that is wider than those of the columns. */
function isSimpleConstant(item: Node): boolean {
  const constant = inside(item, 'A_Const')
  return constant !== undefined && constant.fval === undefined
}

function isNumber(item: Node): boolean {
  const constant = inside(item, 'A_Const')
  return constant !== undefined && constant.sval === undefined
}

function isCastAlike(one: Node, other: Node): boolean {
  const [type, otherType] = [inside(one, 'TypeCast')?.typeName, inside(other, 'TypeCast')?.typeName]
  return (
    type !== undefined && otherType !== undefined && sameTree({ TypeName: type }, { TypeName: otherType })
  )
}
