/** Replaces the names of virtual tables in a statement by those of the scan tables that hold their rows. */
import type { Binding, VirtualLeaf } from '../bind/binding.js'
import { quoteIdentifier } from '../parse/identifier.js'
import { type Edit, type EditedText, SourceText } from '../parse/source-text.js'
import { findAll, type Node, type ScanToken, tokensOf } from '../parse/syntax-tree.js'

/** A place of a statement's text where something else is to stand; offsets are bytes. */
interface Slot {
  readonly start: number
  readonly end: number
  /** @param nameOf gives a scan table's name with its schema */
  replacement(nameOf: (leaf: VirtualLeaf) => string): string
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
  rewritten(nameOf: (leaf: VirtualLeaf) => string): EditedText {
    const edits = this.#slots.map((slot): Edit => {
      const { start, end } = slot
      return { start, end, replacement: slot.replacement(nameOf) }
    })
    return this.#source.edited(edits)
  }
}

function slotsOf(text: string, statement: Node, binding: Binding): readonly Slot[] {
  const tokens = new Tokens(text)
  const slots: Slot[] = []
  for (const leaf of binding.virtualLeaves) {
    const { rangeVar } = leaf
    const parts = [rangeVar.catalogname, rangeVar.schemaname, rangeVar.relname].filter(
      (part) => part !== undefined,
    )
    const span = tokens.spanOfName(rangeVar.location ?? 0, parts.length)
    // The name by which the statement calls the table stays. TABLE takes no alias, and needs none.
    const needsAlias =
      rangeVar.alias === undefined && tokens.before(span.start)?.text.toUpperCase() !== 'TABLE'
    const alias = needsAlias ? ` AS ${quoteIdentifier(rangeVar.relname ?? '')}` : ''
    slots.push({ ...span, replacement: (nameOf) => `${nameOf(leaf)}${alias}` })
  }
  for (const reference of findAll(statement, 'ColumnRef')) {
    const bound = binding.columnOf(reference)
    const count = reference.fields?.length ?? 0
    // Under an alias, a column's reference may not name the schema.
    if (bound?.leaf.kind !== 'virtual' || bound.leaf.aliased || count < 3) continue
    const span = tokens.spanOfName(reference.location ?? 0, count - 1)
    const name = quoteIdentifier(bound.leaf.name)
    slots.push({ ...span, replacement: () => name })
  }
  return slots
}

class Tokens {
  readonly #tokens: readonly ScanToken[]
  readonly #indexes: ReadonlyMap<number, number>

  constructor(text: string) {
    this.#tokens = tokensOf(text)
    this.#indexes = new Map(this.#tokens.map(({ start }, index) => [start, index]))
  }

  before(offset: number): ScanToken | undefined {
    return this.#tokens[(this.#indexes.get(offset) ?? 0) - 1]
  }

  /** The bytes of a name of so many parts with dots between them. */
  spanOfName(start: number, parts: number): { readonly start: number; readonly end: number } {
    const index = this.#indexes.get(start)
    const last = index === undefined ? undefined : this.#tokens[index + 2 * (parts - 1)]
    if (last === undefined) throw new Error(`no name stands at byte ${start}`)
    return { start, end: last.end }
  }
}
