/** Replaces the names of virtual tables in a statement by those of the scan tables that hold their rows. */
import type { Binding, TableReference } from '../bind/binding.js'
import { quoteIdentifier } from '../parse/identifier.js'
import { type Edit, type EditedText, SourceText } from '../parse/source-text.js'
import { findAll, type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { type Span, TokenPositions } from '../parse/token-positions.js'

/** A place in a statement's text where something else must stand; offsets are bytes. */
interface Slot extends Span {
  /** @param nameOf gives a scan table's name with its schema */
  replacement(nameOf: (fromItem: TableReference) => string): string
}

/** A statement with the places marked where its virtual tables' names stand. */
export class RewritableStatement {
  readonly #source: SourceText
  readonly #slots: readonly Slot[]

  constructor(text: string, statement: Node, binding: Binding) {
    this.#source = new SourceText(text)
    this.#slots = slotsOf(text, statement, binding)
  }

  /** @param nameOf gives a scan table's name with its schema */
  rewritten(nameOf: (fromItem: TableReference) => string): EditedText {
    const edits = this.#slots.map((slot): Edit => {
      const { start, end } = slot
      return { start, end, replacement: slot.replacement(nameOf) }
    })
    return this.#source.edited(edits)
  }
}

function slotsOf(text: string, statement: Node, binding: Binding): readonly Slot[] {
  const tokens = new TokenPositions(text)
  const slots: Slot[] = []
  for (const fromItem of binding.tableReferences) slots.push(...slotsOfTable(fromItem, tokens))
  for (const reference of findAll(statement, 'ColumnRef')) {
    const names = stringsOf((reference.fields ?? []).filter((field) => inside(field, 'String') !== undefined))
    const fromItem = qualifiedReference(reference, names ?? [], binding)
    if (fromItem === undefined || binding.tableOids.has(reference)) continue
    const isStar = names?.length !== reference.fields?.length
    const span = tokens.spanOfName(reference.location ?? 0, (names?.length ?? 0) - (isStar ? 0 : 1))
    const name = quoteIdentifier(newName(fromItem))
    slots.push({ ...span, replacement: () => name })
  }
  for (const [reference, fromItem] of binding.tableOids) {
    const span = tokens.spanOfName(reference.location ?? 0, reference.fields?.length ?? 1)
    // A subquery, since the output column has the name of the one that it selects.
    const value = `(SELECT ${fromItem.table.oid}::pg_catalog.oid AS tableoid)`
    slots.push({ ...span, replacement: () => value })
  }
  return slots
}

/**
 * The place of a table's name, and where an alias must stand that keeps the name by which the statement refers to it.
 */
function slotsOfTable(fromItem: TableReference, tokens: TokenPositions): readonly Slot[] {
  const { rangeVar } = fromItem
  const parts = [rangeVar.catalogname, rangeVar.schemaname, rangeVar.relname].filter(
    (part) => part !== undefined,
  )
  const span = tokens.spanOfName(rangeVar.location ?? 0, parts.length)
  const before = tokens.before(span.start)?.text.toUpperCase()
  // TABLE takes no alias, and needs none.
  if (rangeVar.alias !== undefined || before === 'TABLE')
    return [{ ...span, replacement: (nameOf) => nameOf(fromItem) }]
  const alias = ` AS ${quoteIdentifier(newName(fromItem))}`
  const after = tokens.after(span.end)
  const isOnly = before === '(' && tokens.before(span.start, 2)?.text.toUpperCase() === 'ONLY'
  // `ONLY (name)` and `name *` are wholes that an alias follows.
  if (after !== undefined && (isOnly || after.text === '*')) {
    return [
      { ...span, replacement: (nameOf) => nameOf(fromItem) },
      { start: after.end, end: after.end, replacement: () => alias },
    ]
  }
  return [{ ...span, replacement: (nameOf) => `${nameOf(fromItem)}${alias}` }]
}

/** The table that a reference names with its schema; an alias rules that out. */
function qualifiedReference(
  reference: Inside<'ColumnRef'>,
  names: readonly string[],
  binding: Binding,
): TableReference | undefined {
  const bound = binding.columnOf(reference)?.fromItem
  if (bound !== undefined) {
    return bound.kind === 'virtual' && !bound.aliased && names.length > 2 ? bound : undefined
  }
  const isStar = names.length < (reference.fields?.length ?? 0)
  const [schema, name] = names.slice(isStar ? -2 : -3)
  if (names.length < (isStar ? 2 : 3)) return undefined
  return binding.tableReferences.find(
    (fromItem) => !fromItem.aliased && fromItem.table.schema === schema && fromItem.name === name,
  )
}

/**
 * The new name of a table. Tables with one name in several schemas are told apart by the schemas; their aliases must
 * differ.
 */
function newName(fromItem: TableReference): string {
  const isShared = fromItem.block.fromItems.some(
    (other) =>
      other !== fromItem && other.kind === 'virtual' && !other.aliased && other.name === fromItem.name,
  )
  return isShared && !fromItem.aliased ? `${fromItem.table.schema}.${fromItem.name}` : fromItem.name
}
