import { type Node, stringsOf } from '../parse/syntax-tree.js'

/** An operator of PostgreSQL's own; undefined for one of another schema. */
export function operatorName(name: readonly Node[] | undefined): string | undefined {
  const [first, second] = stringsOf(name) ?? []
  if (second === undefined) return first
  return first === 'pg_catalog' ? second : undefined
}
