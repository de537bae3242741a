/**
 * Key queries: the SELECT that finds, among rows that are already there, the values for which a scan has to
 * ask. It reads the leaves that the values come from, narrowed by whatever else the statement demands of
 * them; what it does not know to be demanded it leaves out, and so finds too many values at worst.
 */
import type { Block, Condition, Leaf, OuterSide, VirtualLeaf } from '../bind/binding.js'
import { type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { Pieces } from './piece.js'
import type { Pushable } from './pushable.js'

/** What a key query reads, before it is written out. */
export interface KeyQuery {
  /** The leaves of its FROM; each after those that it refers to. */
  readonly from: readonly Leaf[]
  readonly where: readonly Node[]
  /** Virtual tables that must be staged before. */
  readonly virtuals: ReadonlySet<VirtualLeaf>
}

export class KeyQueries {
  readonly #pieces: Pieces

  constructor(pieces: Pieces) {
    this.#pieces = pieces
  }

  /**
   * The query for the values of an expression.
   * @param placed virtual tables that will be there
   * @returns undefined when the values cannot be found that way
   */
  plan(expression: Node, pushable: Pushable, placed: ReadonlySet<VirtualLeaf>): KeyQuery | undefined {
    const piece = this.#pieces.of(expression)
    if (piece === undefined || !isSubset(piece.virtuals, placed)) return undefined
    const levels = levelsAbove(pushable.condition.block, pushable.anchor)
    const from = new Set<Leaf>()
    for (const leaf of piece.leaves) {
      const isReal =
        isSubset(leaf.nullable, levels.get(leaf.block)?.nullable ?? noSides) && !hasGroupingSets(leaf.block)
      if (!isReal && !isStrict(expression)) return undefined
      if (!this.#include(leaf, from, placed)) return undefined
    }
    const where = from.size === 0 ? [] : this.#narrow(from, levels, pushable, placed)
    const virtuals = new Set(piece.virtuals)
    for (const part of [...from].map((leaf) => this.#pieces.ofLeaf(leaf))) {
      for (const virtual of part?.virtuals ?? []) virtuals.add(virtual)
    }
    for (const node of where)
      for (const virtual of this.#pieces.of(node)?.virtuals ?? []) virtuals.add(virtual)
    return { from: [...from], where, virtuals }
  }

  /** Adds a leaf, after those that it refers to. */
  #include(leaf: Leaf, from: Set<Leaf>, placed: ReadonlySet<VirtualLeaf>): boolean {
    if (from.has(leaf)) return true
    const piece = this.#pieces.ofLeaf(leaf)
    if (piece === undefined || !isSubset(piece.virtuals, placed)) return false
    // LATERAL items whose rows are matched by an outer join's condition are more than we follow.
    if (piece.leaves.size > 0 && leaf.nullable.size > 0) return false
    for (const other of piece.leaves) if (!this.#include(other, from, placed)) return false
    from.add(leaf)
    return true
  }

  /** Conditions on the leaves that hold wherever the scan's rows are used; may add leaves that join them. */
  #narrow(
    from: Set<Leaf>,
    levels: ReadonlyMap<Block, Level>,
    pushable: Pushable,
    placed: ReadonlySet<VirtualLeaf>,
  ): Node[] {
    const where = new Map<Condition, Node>()
    const blocks = new Set([...from].map(({ block }) => block))
    for (let grown = true; grown; ) {
      grown = false
      for (const condition of [...blocks].flatMap(({ conditions }) => conditions)) {
        if (condition === pushable.condition || where.has(condition)) continue
        const level = levels.get(condition.block)
        if (level === undefined || !holds(condition, level)) continue
        const piece = this.#pieces.of(condition.expression)
        if (piece === undefined || piece.leaves.size === 0 || !isSubset(piece.virtuals, placed)) continue
        const leaves = [...piece.leaves]
        if (leaves.some((leaf) => condition.nullable.has(leaf))) continue
        if (!leaves.some((leaf) => from.has(leaf))) continue
        const isJoin = leaves.some((leaf) => !from.has(leaf))
        if (isJoin && !isEquality(condition.expression)) continue
        const extended = new Set(from)
        if (!leaves.every((leaf) => levels.has(leaf.block) && this.#include(leaf, extended, placed))) continue
        for (const leaf of extended) from.add(leaf)
        where.set(condition, condition.expression)
        grown = true
      }
    }
    return [...where.values()]
  }
}

/** A query level at or above the one of a condition. */
interface Level {
  /** The leaf of this level inside which the scan stands; undefined when it stands in an expression. */
  readonly anchor: Leaf | undefined
  /** Outer joins that make the scan's own rows NULL; where they do, no values are needed. */
  readonly nullable: ReadonlySet<OuterSide>
}

function levelsAbove(block: Block, anchor: Leaf | undefined): ReadonlyMap<Block, Level> {
  const levels = new Map<Block, Level>()
  levels.set(block, { anchor, nullable: anchor?.nullable ?? noSides })
  let child = block
  for (let parent = block.parent; parent !== undefined; parent = parent.parent) {
    const within = child
    const holder = parent.leaves.find((leaf) => leaf.kind === 'subquery' && leaf.query === within)
    levels.set(parent, { anchor: holder, nullable: holder?.nullable ?? noSides })
    child = parent
  }
  return levels
}

/** Whether every row in which the scan's rows are used fulfils a condition. */
function holds(condition: Condition, { anchor }: Level): boolean {
  const { position } = condition
  if (position.kind !== 'on') return true
  switch (position.join) {
    case 'inner':
      return true
    case 'left':
      return anchor !== undefined && position.right.has(anchor)
    case 'right':
      return anchor !== undefined && position.left.has(anchor)
    case 'full':
      return false
  }
}

/** Whether a query's GROUP BY makes columns NULL in some of its rows: ROLLUP, CUBE, GROUPING SETS. */
function hasGroupingSets({ statement }: Block): boolean {
  const { groupClause } = statement as Inside<'SelectStmt'>
  return (groupClause ?? []).some((node) => inside(node, 'GroupingSet') !== undefined)
}

/** Whether an expression is NULL when a column in it is. Only the forms that surely are. */
function isStrict(expression: Node): boolean {
  if (inside(expression, 'ColumnRef') !== undefined) return true
  const cast = inside(expression, 'TypeCast')
  if (cast?.arg !== undefined) return isStrict(cast.arg)
  const operation = inside(expression, 'A_Expr')
  const name = stringsOf(operation?.name)?.at(-1)
  const isField = operation?.kind === 'AEXPR_OP' && (name === '->>' || name === '->')
  return isField && operation.lexpr !== undefined && isStrict(operation.lexpr)
}

function isEquality(expression: Node): boolean {
  const operation = inside(expression, 'A_Expr')
  return operation?.kind === 'AEXPR_OP' && stringsOf(operation.name)?.at(-1) === '='
}

const noSides: ReadonlySet<OuterSide> = new Set()

function isSubset<Item>(items: ReadonlySet<Item>, of: ReadonlySet<Item>): boolean {
  for (const item of items) if (!of.has(item)) return false
  return true
}
