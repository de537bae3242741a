import { parseText } from '../parse/parser.js'
import { SourceText } from '../parse/source-text.js'
import { findAll, type Node, stringsOf } from '../parse/syntax-tree.js'

/**
 * A statement of postgres_fdw without the rows' ctid, which it asks for where PostgreSQL updates another table from a
 * virtual one: PostgreSQL wants the ctid of a parent that is an ordinary table, and then does not use what its
 * foreign child returned.
 * @returns undefined for a statement that does not ask for it
 */
export function withoutPlaces(text: string, tree: Node): { text: string; tree: Node } | undefined {
  const source = new SourceText(text)
  const edits = findAll(tree, 'ColumnRef').flatMap(({ fields, location }) => {
    const start = location ?? 0
    const end = start + place.length
    const isPlace = stringsOf(fields)?.join('.') === place && source.slice(start, end) === place
    return isPlace ? [{ start, end, replacement: 'NULL::pg_catalog.tid' }] : []
  })
  if (edits.length === 0) return undefined
  const edited = source.edited(edits).text
  const node = parseText(edited)?.[0]?.node
  return node && { text: edited, tree: node }
}

const place = 'ctid'
