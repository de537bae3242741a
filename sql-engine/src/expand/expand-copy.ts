/** `COPY table TO …` of a virtual table is `COPY (SELECT … FROM table) TO …`. */
import type { RelationOf } from '../bind/from-binder.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import { quoteIdentifier } from '../parse/identifier.js'
import type { Edit } from '../parse/source-text.js'
import { inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { TokenPositions } from '../parse/token-positions.js'

export function copyEdits(text: string, statement: Node, relationOf: RelationOf): readonly Edit[] {
  const copy = inside(statement, 'CopyStmt')
  const { relation } = copy ?? {}
  if (copy === undefined || relation === undefined || copy.is_from === true) return []
  const named = relationOf(relation)
  if (named?.kind !== 'virtual') return []
  const parts = [relation.catalogname, relation.schemaname, relation.relname].filter(
    (part) => part !== undefined,
  )
  const tokens = new TokenPositions(text)
  const { start, end } = tokens.spanOfName(relation.location ?? 0, parts.length)
  const names = stringsOf(copy.attlist)
  checkColumns(names ?? [], named.table)
  const isListed = names !== undefined && names.length > 0
  const columns = isListed ? names.map(quoteIdentifier).join(', ') : '*'
  const list = tokens.after(end)
  const closing = tokens.from(start).find(({ text: token }) => token === ')')
  if (isListed && (list?.text !== '(' || closing === undefined)) return []
  const name = parts.map(quoteIdentifier).join('.')
  return [
    {
      start,
      end: isListed ? (closing?.end ?? end) : end,
      replacement: `(SELECT ${columns} FROM ${name})`,
    },
  ]
}

/**
 * Checks the columns that a COPY names, so that errors are worded as PostgreSQL words them for COPY, not for the
 * SELECT.
 */
function checkColumns(names: readonly string[], { definition: table, columns }: VirtualTable): void {
  for (const [index, name] of names.entries()) {
    if (!columns.some((column) => column.name === name)) {
      throw new DatabaseError(`column "${name}" of relation "${table.name}" does not exist`, {
        sqlState: '42703',
      })
    }
    if (names.indexOf(name) < index) {
      throw new DatabaseError(`column "${name}" specified more than once`, { sqlState: '42701' })
    }
  }
}
