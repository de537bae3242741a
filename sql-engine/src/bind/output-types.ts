/** The types of a query's outputs, as far as their forms show. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { internalTypeNames } from '../catalog/internal-type-names.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'
import { type Binding, type Block, type BoundColumn, isColumns, ownColumn } from './binding.js'
import type { FunctionTraits } from './function-traits.js'

/** Whether types go by their own names: see {@link FunctionTraits}. */
export type TypeTraits = Pick<FunctionTraits, 'hasShadowedTypes'>

/** `literal`: NULL or a string, which takes whatever type is asked for. */
export type OutputType = ColumnType | 'literal'

/** @returns undefined where it is not known */
export function outputType(
  block: Block,
  index: number,
  binding: Pick<Binding, 'blockOf'>,
  functions: TypeTraits,
): OutputType | undefined {
  if (!('limitOption' in block.statement)) return undefined
  const { larg, rarg, valuesLists } = block.statement as Inside<'SelectStmt'>
  if (valuesLists !== undefined) return undefined
  if (larg !== undefined && rarg !== undefined) {
    const types = [larg, rarg].map((arm) => {
      const armBlock = binding.blockOf(arm)
      return armBlock && outputType(armBlock, index, binding, functions)
    })
    return commonType(types[0], types[1])
  }
  const output = block.output?.[index]
  if (output?.column !== undefined) return columnType(output.column, binding, functions)
  if (output === undefined || isColumns(output.reads)) return undefined
  return expressionType(output.reads, functions)
}

/**
 * The type that PostgreSQL makes of two arms of a set operation. It takes one of the two, by rules that are not
 * needed here.
 */
function commonType(one: OutputType | undefined, other: OutputType | undefined): OutputType | undefined {
  if (one === undefined || other === undefined) return undefined
  if (one === 'literal') return other === 'literal' ? 'text' : other
  return other === 'literal' || one === other ? one : undefined
}

/** The type of a column as it is seen in its block. */
export function columnType(
  bound: BoundColumn,
  binding: Pick<Binding, 'blockOf'>,
  functions: TypeTraits,
): OutputType | undefined {
  const { fromItem, index } = bound
  if (fromItem.kind === 'virtual') {
    const own = ownColumn(fromItem, bound)
    const column = fromItem.table.columns.find(({ name }) => name === own)
    return column?.type === column?.databaseType ? column?.type : undefined
  }
  if (fromItem.kind === 'relation') return index === undefined ? undefined : fromItem.types[index]
  const query =
    fromItem.kind === 'subquery' ? fromItem.query : fromItem.kind === 'cte' ? fromItem.cte.query : undefined
  if (query === undefined || index === undefined || (fromItem.kind === 'cte' && fromItem.cte.recursive))
    return undefined
  const type = outputType(query, index, binding, functions)
  // Seen from outside, it has become text.
  return type === 'literal' ? 'text' : type
}

function expressionType(node: Node, functions: TypeTraits): OutputType | undefined {
  const constant = inside(node, 'A_Const')
  if (constant !== undefined) {
    return constant.isnull === true || constant.sval !== undefined ? 'literal' : undefined
  }
  const cast = inside(node, 'TypeCast')
  const name = cast === undefined || functions.hasShadowedTypes ? undefined : typeNameOf(cast)
  return name === undefined ? undefined : typesByName.get(name)
}

const typesByName: ReadonlyMap<string, ColumnType> = new Map(
  (Object.entries(internalTypeNames) as [ColumnType, string][]).map(([type, name]) => [name, type]),
)

/** Types that stay what they are beside any other with which PostgreSQL compares them: it prefers them, or has no other. */
export const keptTypes: ReadonlySet<ColumnType> = new Set([
  'boolean',
  'inet',
  'uuid',
  'double precision',
  'timestamp with time zone',
])

/**
 * Whether a column of USING, made of two, certainly has the type of the one that gives its value.
 * @param isFirst whether that is the one on the left, whose type is taken where each of the two could become the other
 */
export function keepsType(
  type: OutputType | undefined,
  other: OutputType | undefined,
  isFirst: boolean,
): boolean {
  // What has no type of a virtual table's column is none, nor made of one as it stands.
  if (type === undefined || type === 'literal' || type === other || keptTypes.has(type)) return true
  return type === 'text' ? isFirst : type === 'numeric' && other === 'bigint'
}
