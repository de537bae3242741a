/** Views over virtual tables: their queries are put in place of their names, as PostgreSQL does it itself. */
import type { Binding, FromItem, RelationReference } from '../bind/binding.js'
import { quoteIdentifier } from '../parse/identifier.js'
import type { Edit } from '../parse/source-text.js'
import { findAll, type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { TokenPositions } from '../parse/token-positions.js'
import { isCaught, namesOfCtes, namesOfRows } from './replaced-names.js'

type View = RelationReference & { readonly definition: string }

/** The edits that expand a statement's views; none for those that are more than their queries where they stand. */
export function viewEdits(text: string, statement: Node, binding: Binding): readonly Edit[] {
  const named = binding.blocks.flatMap(({ fromItems }) => fromItems).filter(isView)
  if (named.length === 0) return []
  const tokens = new TokenPositions(text)
  const sampled = new Set(
    findAll(statement, 'RangeTableSample').map(({ relation }) => relation && inside(relation, 'RangeVar')),
  )
  const rows = namesOfRows(statement, binding)
  const ctes = namesOfCtes(statement)
  const views = named.filter(
    (view) =>
      !sampled.has(view.rangeVar) &&
      !rows.has(view.name) &&
      isPlainName(view, tokens) &&
      !isCaught(view.definition, ctes),
  )
  return [
    ...views.map((view) => editOf(view, tokens)),
    ...findAll(statement, 'ColumnRef').flatMap((reference) =>
      editsOfReference(reference, views, binding, tokens),
    ),
  ]
}

function isView(fromItem: FromItem): fromItem is View {
  return fromItem.kind === 'relation' && fromItem.definition !== undefined
}

function partsOf({ catalogname, schemaname, relname }: Inside<'RangeVar'>): readonly string[] {
  return [catalogname, schemaname, relname].filter((part) => part !== undefined)
}

/** `ONLY name` and `name *` go with tables only. */
function isPlainName({ rangeVar }: View, tokens: TokenPositions): boolean {
  const { end } = tokens.spanOfName(rangeVar.location ?? 0, partsOf(rangeVar).length)
  return rangeVar.inh === true && tokens.after(end)?.text !== '*'
}

function editOf({ rangeVar, definition, name }: View, tokens: TokenPositions): Edit {
  const { start, end } = tokens.spanOfName(rangeVar.location ?? 0, partsOf(rangeVar).length)
  const query = `(${definition.replace(/;\s*$/, '')})`
  const before = tokens.before(start)
  if (before?.text.toUpperCase() === 'TABLE') {
    const replacement = `SELECT * FROM ${query} AS ${quoteIdentifier(name)}`
    return { start: before.start, end, replacement }
  }
  const alias = rangeVar.alias === undefined ? ` AS ${quoteIdentifier(name)}` : ''
  return { start, end, replacement: `${query}${alias}` }
}

/** A subquery's columns are not named with a schema. */
function editsOfReference(
  reference: Inside<'ColumnRef'>,
  views: readonly View[],
  binding: Binding,
  tokens: TokenPositions,
): readonly Edit[] {
  const fields = reference.fields ?? []
  const names = stringsOf(fields.slice(0, -1)) ?? []
  const bound = binding.columnOf(reference)?.fromItem
  const view = views.find((one) => !one.aliased && one.name === names.at(-1) && (bound ?? one) === one)
  if (view === undefined || names.length < 2) return []
  const span = tokens.spanOfName(reference.location ?? 0, names.length)
  return [{ ...span, replacement: quoteIdentifier(view.name) }]
}
