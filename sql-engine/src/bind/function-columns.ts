import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { ColumnNames } from './column-names.js'
import { aliasedColumns } from './output-columns.js'

/** Functions that give one column, named after the function or its alias. */
const namedByAlias = new Set([
  'generate_series',
  'json_object_keys',
  'jsonb_object_keys',
  'jsonb_path_query',
  'regexp_split_to_table',
  'string_to_table',
])

/** Functions whose columns have names of their own. */
const ownNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['json_array_elements', ['value']],
  ['json_array_elements_text', ['value']],
  ['jsonb_array_elements', ['value']],
  ['jsonb_array_elements_text', ['value']],
  ['json_each', ['key', 'value']],
  ['json_each_text', ['key', 'value']],
  ['jsonb_each', ['key', 'value']],
  ['jsonb_each_text', ['key', 'value']],
])

/**
 * The columns of a function in FROM, with or without WITH ORDINALITY; undefined for functions that are not listed
 * above.
 */
export function columnsOfFunction(item: Inside<'RangeFunction'>): ColumnNames | undefined {
  if (item.coldeflist !== undefined) return undefined
  const call = callOf(item)
  const names = stringsOf(call?.funcname)
  const name = names?.length === 1 || names?.[0] === 'pg_catalog' ? names.at(-1) : undefined
  if (call === undefined || name === undefined) return undefined
  const isUnnest = name === 'unnest' && call.args?.length === 1 && isArrayOfScalars(call.args[0])
  const named = ownNames.get(name)
  if (!isUnnest && !namedByAlias.has(name) && named === undefined) return undefined
  const own = named ?? [item.alias?.aliasname ?? name]
  const columns = item.ordinality === true ? [...own, 'ordinality'] : own
  return aliasedColumns(columns, item.alias?.colnames)
}

/** The name of the one function of an item, which without an alias is the item's name too. */
export function functionName(item: Inside<'RangeFunction'>): string | undefined {
  return stringsOf(callOf(item)?.funcname)?.at(-1)
}

/** The function call of an item; undefined for ROWS FROM with several functions. */
export function callOf(item: Inside<'RangeFunction'>): Inside<'FuncCall'> | undefined {
  const [list, ...more] = item.functions ?? []
  const [function_] = inside(list, 'List')?.items ?? []
  return more.length > 0 ? undefined : inside(function_, 'FuncCall')
}

/** Arrays that are written out. (An array of rows would unnest into several columns.) */
function isArrayOfScalars(node: Node | undefined): boolean {
  if (node === undefined) return false
  const items = inside(node, 'A_ArrayExpr')?.elements
  if (items !== undefined)
    return items.every((item) => inside(item, 'A_Const') !== undefined || isScalarCast(item))
  const cast = inside(node, 'TypeCast')
  if (cast?.typeName?.arrayBounds !== undefined) return isBuiltIn(cast.typeName.names)
  const names = stringsOf(inside(node, 'FuncCall')?.funcname)
  return names?.length === 1 && ['string_to_array', 'regexp_split_to_array'].includes(names[0] ?? '')
}

function isScalarCast(node: Node): boolean {
  const cast = inside(node, 'TypeCast')
  return cast !== undefined && isBuiltIn(cast.typeName?.names)
}

const scalarTypes = new Set([
  'text',
  'inet',
  'cidr',
  'uuid',
  'varchar',
  'int2',
  'int4',
  'int8',
  'numeric',
  'float8',
  'bool',
  'date',
  'timestamptz',
  'timestamp',
])

function isBuiltIn(names: readonly Node[] | undefined): boolean {
  return scalarTypes.has(stringsOf(names)?.at(-1) ?? '')
}
