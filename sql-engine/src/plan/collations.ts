/**
 * By which collation texts are ordered, and letters are told apart. A virtual table's texts have the database's own, as an
 * API is asked for them; whatever stands beside them with another one brings that to the comparison.
 */
import { type Binding, type Block, type BoundColumn, isColumns } from '../bind/binding.js'
import { type Inside, inside, type Node } from '../parse/syntax-tree.js'
import { typeNameOf } from '../parse/type-name.js'
import { operatorName } from './operator-name.js'

/** Texts, as which constants have no other collation. A name has one. */
const textTypes: ReadonlySet<string | undefined> = new Set(['text', 'varchar', 'bpchar'])

/** Whether a value is certainly of no collation that would be taken instead of a column's. */
export function bringsNoCollation(node: Node | undefined): boolean {
  if (inside(node, 'A_Const') !== undefined || inside(node, 'ParamRef') !== undefined) return true
  const cast = inside(node, 'TypeCast')
  if (cast !== undefined) return textTypes.has(typeNameOf(cast)) && bringsNoCollation(cast.arg)
  const extreme = inside(node, 'MinMaxExpr')
  if (extreme !== undefined) return extreme.args?.every(bringsNoCollation) === true
  const { kind, name, lexpr, rexpr } = inside(node, 'A_Expr') ?? {}
  const isJoined = kind === 'AEXPR_OP' && operatorName(name) === '||'
  return isJoined && bringsNoCollation(lexpr) && bringsNoCollation(rexpr)
}

/** Whether an output's texts certainly have the database's own collation. In a set operation, any other one wins. */
export function isOfOwnCollation(block: Block, index: number, binding: Binding): boolean {
  if (!('limitOption' in block.statement)) return false
  const { larg, rarg } = block.statement as Inside<'SelectStmt'>
  if (larg !== undefined && rarg !== undefined) {
    return [larg, rarg].every((arm) => {
      const armBlock = binding.blockOf(arm)
      return armBlock !== undefined && isOfOwnCollation(armBlock, index, binding)
    })
  }
  const output = block.output?.[index]
  if (output?.column !== undefined) return isColumnOfOwnCollation(output.column, binding)
  return output !== undefined && !isColumns(output.reads) && bringsNoCollation(output.reads)
}

function isColumnOfOwnCollation({ fromItem, index }: BoundColumn, binding: Binding): boolean {
  switch (fromItem.kind) {
    case 'virtual':
      return true
    case 'relation':
      return index !== undefined && fromItem.types[index] !== undefined
    case 'subquery':
      return index !== undefined && isOfOwnCollation(fromItem.query, index, binding)
    case 'cte': {
      const { query, recursive } = fromItem.cte
      return (
        query !== undefined && !recursive && index !== undefined && isOfOwnCollation(query, index, binding)
      )
    }
    case 'opaque':
      return false
  }
}
