import type { Node } from '../parse/syntax-tree.js'

/** The items of DISTINCT ON. Plain DISTINCT is a list of one empty node. */
export function distinctOn(distinctClause: readonly Node[] = []): readonly Node[] {
  return distinctClause.filter((node) => Object.keys(node).length > 0)
}
