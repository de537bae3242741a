/**
 * What a piece of a statement (an expression, a subquery) depends on, and whether it may be evaluated a
 * second time, apart from the statement, with the same result.
 */
import type { Binding, Block, Cte, Leaf, VirtualLeaf } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, isObject, type Node, stringsOf, walk } from '../parse/syntax-tree.js'
import { aggregateTags } from './row-wise.js'

export interface Piece {
  /** Leaves outside the piece whose columns it names. */
  readonly leaves: ReadonlySet<Leaf>
  /** Virtual tables that it reads inside, through CTEs too. */
  readonly virtuals: ReadonlySet<VirtualLeaf>
  /** CTEs that it reads, by way of others too, and that are defined outside of it. */
  readonly ctes: ReadonlySet<Cte>
}

/** Tells pieces apart from what may not be evaluated apart; one for each statement. */
export class Pieces {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #known = new Map<object, Piece | undefined>()

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
  }

  /** @returns undefined when the piece may not be evaluated apart from its statement */
  of(node: Node): Piece | undefined {
    if (!this.#known.has(node)) {
      // A recursive CTE reads itself; that adds nothing.
      this.#known.set(node, { leaves: new Set(), virtuals: new Set(), ctes: new Set() })
      this.#known.set(node, this.#look(node))
    }
    return this.#known.get(node)
  }

  /** What reading from a leaf depends on; `leaves` are those that LATERAL items refer to. */
  ofLeaf(leaf: Leaf): Piece | undefined {
    switch (leaf.kind) {
      case 'virtual':
        return { leaves: new Set(), virtuals: new Set([leaf]), ctes: new Set() }
      case 'relation':
        return leaf.stable ? { leaves: new Set(), virtuals: new Set(), ctes: new Set() } : undefined
      case 'cte':
        return this.#ofCte(leaf.cte)
      case 'subquery':
        return this.of(leaf.node)
      case 'opaque':
        return inside(leaf.node, 'RangeFunction') === undefined ? undefined : this.of(leaf.node)
    }
  }

  /** The CTEs whose columns an expression names, or which a subquery in it reads. */
  ctesNamed(expression: unknown): readonly Cte[] {
    const named = findAll(expression, 'ColumnRef').flatMap((reference) => {
      const leaf = this.#binding.columnOf(reference)?.leaf
      return leaf?.kind === 'cte' ? [leaf.cte] : []
    })
    const read = findAll(expression, 'RangeVar').flatMap((rangeVar) => this.#binding.cteOf(rangeVar) ?? [])
    return [...named, ...read]
  }

  #ofCte(cte: Cte): Piece | undefined {
    const query = cte.node.ctequery
    const piece = query === undefined ? undefined : this.of(query)
    // A CTE that refers to an outer query has other rows each time it is read.
    if (piece === undefined || piece.leaves.size > 0) return undefined
    return { ...piece, ctes: new Set([...piece.ctes, cte]) }
  }

  #look(node: Node): Piece | undefined {
    const inner = new Set<Block>()
    const references: Inside<'ColumnRef'>[] = []
    const rangeVars: Inside<'RangeVar'>[] = []
    const calls: Inside<'FuncCall'>[] = []
    const definedInside = new Set<object>()
    let mayStandApart = true
    walk(node, (object) => {
      const block = this.#binding.blockOf(object)
      if (block !== undefined) inner.add(block)
      if (isObject(object.ColumnRef)) references.push(object.ColumnRef as Inside<'ColumnRef'>)
      if (isObject(object.RangeVar)) rangeVars.push(object.RangeVar as Inside<'RangeVar'>)
      if (isObject(object.CommonTableExpr)) definedInside.add(object.CommonTableExpr)
      if (isObject(object.FuncCall)) calls.push(object.FuncCall as Inside<'FuncCall'>)
      if (this.#isRefused(object)) mayStandApart = false
      return mayStandApart
    })
    if (!mayStandApart || calls.some((call) => this.#isOuterAggregate(call, node, inner))) return undefined

    const leaves = new Set<Leaf>()
    for (const reference of references) {
      const bound = this.#binding.columnOf(reference)
      if (bound === undefined) {
        if (!this.#staysInside(reference, inner)) return undefined
      } else if (!inner.has(bound.leaf.block)) leaves.add(bound.leaf)
    }
    const virtuals = new Set<VirtualLeaf>()
    const ctes = new Set<Cte>()
    for (const rangeVar of rangeVars) {
      const cte = this.#binding.cteOf(rangeVar)
      if (cte !== undefined && definedInside.has(cte.node)) continue
      const read = this.#ofRangeVar(rangeVar, inner)
      if (read === undefined) return undefined
      for (const virtual of read.virtuals) virtuals.add(virtual)
      for (const outer of read.ctes) if (!definedInside.has(outer.node)) ctes.add(outer)
    }
    return { leaves, virtuals, ctes }
  }

  #ofRangeVar(rangeVar: Inside<'RangeVar'>, inner: ReadonlySet<Block>): Piece | undefined {
    for (const block of inner) {
      for (const leaf of block.leaves) {
        const isThis = leaf.kind !== 'subquery' && leaf.kind !== 'opaque' && leaf.rangeVar === rangeVar
        if (isThis) return this.ofLeaf(leaf)
      }
    }
    return undefined
  }

  /** Whether a call aggregates the rows of a query around the piece. (PostgreSQL goes by the columns in it.) */
  #isOuterAggregate(call: Inside<'FuncCall'>, piece: Node, inner: ReadonlySet<Block>): boolean {
    const name = stringsOf(call.funcname)?.at(-1)
    if (name === undefined || !this.#functions.isAggregate(name)) return false
    const references = findAll(call, 'ColumnRef')
    if (references.length === 0) return !this.#isInSubquery(call, piece)
    return references.every((reference) => {
      const bound = this.#binding.columnOf(reference)
      return bound !== undefined && !inner.has(bound.leaf.block)
    })
  }

  #isInSubquery(call: object, piece: Node): boolean {
    let isOutside = false
    walk(piece, (object) => {
      if (object.FuncCall === call) isOutside = true
      return this.#binding.blockOf(object) === undefined
    })
    return !isOutside
  }

  /** Whether a reference that is not bound cannot reach outside of the piece. */
  #staysInside(reference: Inside<'ColumnRef'>, inner: ReadonlySet<Block>): boolean {
    if (this.#binding.isOutputReference(reference)) return true
    const fields = reference.fields ?? []
    const last = fields.at(-1)
    if (last === undefined || inside(last, 'A_Star') === undefined) return false
    const qualifier = stringsOf(fields.slice(0, -1))?.at(-1)
    if (qualifier === undefined) return inner.size > 0
    return [...inner].some((block) => block.leaves.some((leaf) => leaf.name === qualifier))
  }

  #isRefused(object: Record<string, unknown>): boolean {
    if (refusedTags.some((tag) => tag in object)) return true
    // By some collations, values are equal that are not the same.
    if ('CollateClause' in object && this.#functions.hasLooseCollations) return true
    const call = object.FuncCall
    if (!isObject(call)) return false
    const name = stringsOf((call as Inside<'FuncCall'>).funcname)?.at(-1)
    return name === undefined || this.#functions.isVolatile(name)
  }
}

/** Statements that change data, row locks and samples: to evaluate them twice is to do something else. */
const refusedTags = [
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'lockingClause',
  'RangeTableSample',
  'CurrentOfExpr',
  ...aggregateTags,
]
