/** A statement's text with parts of it written out, so that it can be planned. */

import { parseText } from '../parse/parser.js'
import type { Edit, EditedText } from '../parse/source-text.js'
import { SourceText } from '../parse/source-text.js'
import type { Node } from '../parse/syntax-tree.js'

export interface Expansion {
  readonly tree: Node
  readonly edited: EditedText
}

/** @returns undefined if what comes out is no single statement */
export function expand(text: string, edits: readonly Edit[]): Expansion | undefined {
  const edited = new SourceText(text).edited(edits)
  const [statement, ...others] = parseText(edited.text) ?? []
  return statement === undefined || others.length > 0 ? undefined : { tree: statement.node, edited }
}
