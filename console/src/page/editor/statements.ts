/** The statements of a text. */
import { ensureSyntaxTree } from '@codemirror/language'
import type { EditorState } from '@codemirror/state'

export interface StatementText {
  /** Without the semicolon. */
  readonly sql: string
  /** Where it begins in the text. */
  readonly from: number
}

/** How long parsing may take, in milliseconds. */
const patience = 200

/** The statement that the cursor is in, or behind; the first one where it stands before all. */
export function statementAt(state: EditorState, place: number): StatementText | undefined {
  const tree = ensureSyntaxTree(state, state.doc.length, patience)
  const found = tree?.topNode.getChildren('Statement') ?? []
  const node = found.findLast(({ from }) => from <= place) ?? found[0]
  // Where a text is too long to be parsed in time, all of it is taken for one.
  const [from, to] = node === undefined ? [0, state.doc.length] : [node.from, node.to]
  const sql = state.sliceDoc(from, to).replace(/[;\s]+$/, '')
  if (sql.trim() === '') return undefined
  const lead = sql.length - sql.trimStart().length
  return { sql: sql.slice(lead), from: from + lead }
}
