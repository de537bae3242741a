/** Everything that a name may stand for where that is not certain. */
import type { Binding, Block, BoundColumn, FromItem } from '../bind/binding.js'
import { type Inside, inside, stringsOf } from '../parse/syntax-tree.js'

/** Something that a name may stand for. */
export type Meaning =
  | { readonly kind: 'column'; readonly column: BoundColumn }
  | { readonly kind: 'row'; readonly fromItem: FromItem }
  /** An output of a query, by its position. */
  | { readonly kind: 'output'; readonly block: Block; readonly index: number }

/** All that the names of one statement may stand for. */
export class UncertainNames {
  readonly #fromItems: readonly FromItem[]
  readonly #blocks: readonly Block[]

  constructor({ blocks }: Binding) {
    this.#blocks = blocks
    this.#fromItems = blocks.flatMap(({ fromItems }) => fromItems)
  }

  /** What a reference may stand for that is not bound, or is bound to a FROM item which stands for others. */
  ofReference(reference: Inside<'ColumnRef'>): readonly Meaning[] {
    const fields = reference.fields ?? []
    const names = stringsOf(fields.filter((field) => inside(field, 'A_Star') === undefined)) ?? []
    return names.length < fields.length ? this.#rowsOf(names.at(-1)) : this.ofNames(names)
  }

  /** @param names with the qualifier before the last, if there is one */
  ofNames(names: readonly string[]): readonly Meaning[] {
    const name = names.at(-1)
    if (name === undefined) return []
    const qualifier = names.at(-2)
    if (qualifier === undefined) {
      // A FROM item's name stands for its whole row.
      const isRow = this.#fromItems.some((fromItem) => fromItem.name === name)
      return [...this.anywhere(name), ...(isRow ? this.#rowsOf(name) : [])]
    }
    const named = this.#fromItems.filter((fromItem) => fromItem.name === qualifier)
    const isElsewhere = named.length === 0 || named.some(({ kind }) => kind === 'opaque')
    return [
      ...(isElsewhere ? this.anywhere(name) : []),
      ...named.flatMap((fromItem): readonly Meaning[] =>
        // A name that is no column may be a function of the whole row.
        fromItem.columns?.has(name) === true ? columnsNamed(fromItem, name) : [{ kind: 'row', fromItem }],
      ),
    ]
  }

  /** A column, or an output, of that name, wherever it is. */
  anywhere(name: string): readonly Meaning[] {
    const columns = this.#fromItems.flatMap((fromItem) => columnsNamed(fromItem, name))
    const outputs = this.#blocks.flatMap((block) =>
      (block.output ?? []).flatMap((output, index): Meaning[] =>
        output.name === name ? [{ kind: 'output', block, index }] : [],
      ),
    )
    return [...columns, ...outputs]
  }

  /** Whole rows of the FROM items with a name, or of all of them where the name is missing or not known. */
  #rowsOf(name: string | undefined): readonly Meaning[] {
    const named = name === undefined ? [] : this.#fromItems.filter((fromItem) => fromItem.name === name)
    // A join's alias stands for rows of other FROM items; a function's does not.
    const isCertain = named.length > 0 && !named.some(standsForOthers)
    return (isCertain ? named : this.#fromItems).map((fromItem) => ({ kind: 'row', fromItem }))
  }
}

/** Whether a FROM item may stand for columns of others that are not known. */
export function standsForOthers(fromItem: FromItem): boolean {
  return (
    fromItem.kind === 'opaque' &&
    fromItem.joined === undefined &&
    inside(fromItem.node, 'RangeFunction') === undefined
  )
}

/** The columns of a name; the whole row where columns are not known. */
function columnsNamed(fromItem: FromItem, name: string): readonly Meaning[] {
  if (fromItem.columns === undefined) return [{ kind: 'row', fromItem }]
  return [...fromItem.columns.names].flatMap((column, index): Meaning[] =>
    column === name ? [{ kind: 'column', column: { fromItem, column, index } }] : [],
  )
}
