/** Views over virtual tables: their queries are put in place of their names, as PostgreSQL does it itself. */
import type { Binding, FromItem, RelationReference } from '../bind/binding.js'
import { quoteIdentifier } from '../parse/identifier.js'
import type { Edit } from '../parse/source-text.js'
import {
  findAll,
  type Inside,
  inside,
  type Node,
  parseText,
  relationsOf,
  stringsOf,
} from '../parse/syntax-tree.js'
import { TokenPositions } from '../parse/token-positions.js'

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
  const ctes = new Set(findAll(statement, 'CommonTableExpr').map(({ ctename }) => ctename))
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

/** Whether a name in a view's query would be taken for a CTE of the statement around it. */
function isCaught(definition: string, ctes: ReadonlySet<string | undefined>): boolean {
  if (ctes.size === 0) return false
  const [query] = parseText(definition) ?? []
  return relationsOf(query?.node).some(
    ({ schemaname, relname }) => schemaname === undefined && ctes.has(relname),
  )
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

/** Functions whose result for a row does not depend on the name of its type. */
const ofAnyRow = new Set(['count', 'row_to_json', 'to_json', 'to_jsonb', 'json_agg', 'jsonb_agg'])

/** Names that may stand for whole rows: a view's row has a type of its own, a subquery's has not. */
function namesOfRows(statement: Node, binding: Binding): ReadonlySet<string> {
  const harmless = new Set(
    findAll(statement, 'FuncCall')
      .filter(({ funcname }) => ofAnyRow.has(stringsOf(funcname)?.at(-1) ?? ''))
      .flatMap(({ args }) => (args ?? []).map((argument) => inside(argument, 'ColumnRef'))),
  )
  return new Set(
    findAll(statement, 'ColumnRef')
      .filter((reference) => binding.columnOf(reference) === undefined && !harmless.has(reference))
      .flatMap((reference) => stringsOf(reference.fields)?.at(-1) ?? []),
  )
}
