/**
 * Which columns of its virtual tables a statement needs. Where a name is not certain, every leaf that it
 * could mean gets it: to fetch a column too many is slower, one too few would be wrong.
 */
import { type Binding, type Leaf, ownColumn, type VirtualLeaf } from '../bind/binding.js'
import { findAll, type Inside, inside, isObject, type Node, stringsOf, walk } from '../parse/syntax-tree.js'

export function neededColumns(
  statement: Node,
  binding: Binding,
): ReadonlyMap<VirtualLeaf, ReadonlySet<string>> {
  const needs = new Needs(binding)
  walk(statement, (object) => {
    if (isSelect(object, binding)) needs.addStars(object)
    const reference = object.ColumnRef
    if (isObject(reference)) needs.addReference(reference as Inside<'ColumnRef'>)
    const join = object.JoinExpr
    if (isObject(join)) needs.addJoin(join as Inside<'JoinExpr'>)
    return undefined
  })
  return needs.columns
}

type SelectStmt = Inside<'SelectStmt'>

function isSelect(object: Record<string, unknown>, binding: Binding): object is SelectStmt & typeof object {
  return 'limitOption' in object && binding.blockOf(object) !== undefined
}

class Needs {
  readonly columns = new Map<VirtualLeaf, Set<string>>()
  readonly #binding: Binding
  readonly #leaves: readonly Leaf[]
  /** Stars of target lists, whose FROM is known. */
  readonly #placedStars = new Set<object>()

  constructor(binding: Binding) {
    this.#binding = binding
    this.#leaves = binding.blocks.flatMap(({ leaves }) => leaves)
    for (const leaf of binding.virtualLeaves) {
      this.columns.set(leaf, new Set())
      // Its columns go by other names.
      if (leaf.columns === undefined) this.#addAll(leaf)
    }
  }

  /** `select *` needs every column of what its own FROM reads. */
  addStars(select: SelectStmt): void {
    for (const target of select.targetList ?? []) {
      const value = inside(target, 'ResTarget')?.val
      const reference = value === undefined ? undefined : inside(value, 'ColumnRef')
      if (reference === undefined || !isBareStar(reference)) continue
      this.#placedStars.add(reference)
      for (const leaf of this.#binding.blockOf(select)?.leaves ?? []) this.#addAll(leaf)
    }
  }

  addReference(reference: Inside<'ColumnRef'>): void {
    const bound = this.#binding.columnOf(reference)
    if (bound?.leaf.kind === 'virtual') this.#add(bound.leaf, bound.column)
    // The alias of a join stands for columns of the tables in it.
    if (bound !== undefined && (bound.leaf.kind !== 'opaque' || isFunction(bound.leaf))) return
    const fields = reference.fields ?? []
    const last = fields.at(-1)
    if (last === undefined || this.#placedStars.has(reference)) return
    const names = stringsOf(fields.filter((field) => inside(field, 'A_Star') === undefined)) ?? []
    if (inside(last, 'A_Star') !== undefined) this.#addRows(names.at(-1))
    else this.#addName(names)
  }

  addJoin(join: Inside<'JoinExpr'>): void {
    for (const name of stringsOf(join.usingClause) ?? []) this.#addEverywhere(name)
    // A NATURAL join compares columns that it does not name; an alias may name them anew.
    if (join.isNatural !== true && join.alias?.colnames === undefined) return
    for (const rangeVar of findAll([join.larg, join.rarg], 'RangeVar')) {
      const leaf = this.#binding.virtualOf(rangeVar)
      if (leaf !== undefined) this.#addAll(leaf)
    }
  }

  #addName(names: readonly string[]): void {
    const name = names.at(-1)
    if (name === undefined) return
    const qualifier = names.at(-2)
    if (qualifier === undefined) {
      this.#addEverywhere(name)
      // A leaf's name stands for its whole row.
      if (this.#leaves.some((leaf) => leaf.name === name)) this.#addRows(name)
      return
    }
    const named = this.#leaves.filter((leaf) => leaf.name === qualifier)
    if (named.length === 0 || named.some(({ kind }) => kind === 'opaque')) this.#addEverywhere(name)
    for (const leaf of named) {
      // A name that is no column may be a function of the whole row.
      if (leaf.columns?.has(name) === true) this.#add(leaf, name)
      else this.#addAll(leaf)
    }
  }

  /** Whole rows of the leaves of a name; of all, where the name is missing or not one we know. */
  #addRows(name: string | undefined): void {
    const named = name === undefined ? [] : this.#leaves.filter((leaf) => leaf.name === name)
    // A join's alias stands for rows of others; a function's does not.
    const certain = named.length > 0 && named.every((leaf) => leaf.kind !== 'opaque' || isFunction(leaf))
    for (const leaf of certain ? named : this.#leaves) this.#addAll(leaf)
  }

  #addEverywhere(name: string): void {
    for (const leaf of this.#binding.virtualLeaves) if (leaf.columns?.has(name)) this.#add(leaf, name)
  }

  #add(leaf: Leaf, column: string): void {
    if (leaf.kind !== 'virtual') return
    const own = ownColumn(leaf, column)
    if (own === undefined) this.#addAll(leaf)
    else this.columns.get(leaf)?.add(own)
  }

  #addAll(leaf: Leaf): void {
    if (leaf.kind !== 'virtual') return
    for (const { name } of leaf.table.columns) this.columns.get(leaf)?.add(name)
  }
}

function isFunction({ node }: Leaf): boolean {
  return inside(node, 'RangeFunction') !== undefined
}

function isBareStar(reference: Inside<'ColumnRef'>): boolean {
  const [field] = reference.fields ?? []
  return reference.fields?.length === 1 && field !== undefined && inside(field, 'A_Star') !== undefined
}
