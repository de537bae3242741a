import { type Edit, SourceText } from '../parse/source-text.js'
import { findAll, type Node } from '../parse/syntax-tree.js'

/**
 * A query with its parameters replaced.
 * @param tree of the query
 * @param replacements of `$1` and so on
 * @returns undefined where there is none for one of them
 */
export function withParameters(
  query: string,
  tree: Node | undefined,
  replacements: readonly string[],
): string | undefined {
  const edits: Edit[] = []
  for (const { number = 0, location = 0 } of findAll(tree, 'ParamRef')) {
    const replacement = replacements[number - 1]
    if (replacement === undefined) return undefined
    edits.push({ start: location, end: location + `$${number}`.length, replacement })
  }
  return new SourceText(query).edited(edits).text
}
