/**
 * What a part of a statement (an expression, a subquery) depends on, and whether it may be evaluated a second time,
 * apart from the statement, with the same result.
 */
import type { Binding, Block, Cte, FromItem, TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, type Inside, inside, isObject, type Node, stringsOf, walk } from '../parse/syntax-tree.js'
import { aggregateTags } from './row-wise.js'

export interface Dependencies {
  /** FROM items outside the part whose columns it names. */
  readonly fromItems: ReadonlySet<FromItem>
  /** Virtual tables that it reads inside, through CTEs too. */
  readonly virtuals: ReadonlySet<TableReference>
  /** CTEs that it reads, through other CTEs too, and that are defined outside of it. */
  readonly ctes: ReadonlySet<Cte>
}

/**
 * Finds the dependencies of a statement's parts, and which parts may not be evaluated apart; one for each statement.
 */
export class DependencyFinder {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #known = new Map<object, Dependencies | undefined>()

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
  }

  /** @returns undefined when the part may not be evaluated apart from its statement */
  of(node: Node): Dependencies | undefined {
    if (!this.#known.has(node)) {
      // A recursive CTE reads itself; that adds nothing.
      this.#known.set(node, { fromItems: new Set(), virtuals: new Set(), ctes: new Set() })
      this.#known.set(node, this.#look(node))
    }
    return this.#known.get(node)
  }

  /** What reading from a FROM item depends on; `fromItems` are those that LATERAL items refer to. */
  ofFromItem(fromItem: FromItem): Dependencies | undefined {
    switch (fromItem.kind) {
      case 'virtual':
        return { fromItems: new Set(), virtuals: new Set([fromItem]), ctes: new Set() }
      case 'relation':
        return fromItem.stable ? { fromItems: new Set(), virtuals: new Set(), ctes: new Set() } : undefined
      case 'cte':
        return this.#ofCte(fromItem.cte)
      case 'subquery':
        return this.of(fromItem.node)
      case 'opaque':
        return inside(fromItem.node, 'RangeFunction') === undefined ? undefined : this.of(fromItem.node)
    }
  }

  /** The CTEs whose columns an expression names, or which a subquery in it reads. */
  ctesNamed(expression: unknown): readonly Cte[] {
    const named = findAll(expression, 'ColumnRef').flatMap((reference) => {
      const fromItem = this.#binding.columnOf(reference)?.fromItem
      return fromItem?.kind === 'cte' ? [fromItem.cte] : []
    })
    const read = findAll(expression, 'RangeVar').flatMap((rangeVar) => this.#binding.cteOf(rangeVar) ?? [])
    return [...named, ...read]
  }

  #ofCte(cte: Cte): Dependencies | undefined {
    const query = cte.node.ctequery
    const dependencies = query === undefined ? undefined : this.of(query)
    // A CTE that refers to an outer query has other rows each time it is read.
    if (dependencies === undefined || dependencies.fromItems.size > 0) return undefined
    return { ...dependencies, ctes: new Set([...dependencies.ctes, cte]) }
  }

  #look(node: Node): Dependencies | undefined {
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
      if (this.#mustEvaluateOnce(object)) mayStandApart = false
      return mayStandApart
    })
    if (!mayStandApart || calls.some((call) => this.#isOuterAggregate(call, node, inner))) return undefined

    const fromItems = new Set<FromItem>()
    for (const reference of references) {
      const bound = this.#binding.columnOf(reference)
      if (bound === undefined) {
        if (!this.#staysInside(reference, inner)) return undefined
      } else if (!inner.has(bound.fromItem.block)) fromItems.add(bound.fromItem)
    }
    const virtuals = new Set<TableReference>()
    const ctes = new Set<Cte>()
    for (const rangeVar of rangeVars) {
      const cte = this.#binding.cteOf(rangeVar)
      if (cte !== undefined && definedInside.has(cte.node)) continue
      const read = this.#ofRangeVar(rangeVar, inner)
      if (read === undefined) return undefined
      for (const virtual of read.virtuals) virtuals.add(virtual)
      for (const outer of read.ctes) if (!definedInside.has(outer.node)) ctes.add(outer)
    }
    return { fromItems, virtuals, ctes }
  }

  #ofRangeVar(rangeVar: Inside<'RangeVar'>, inner: ReadonlySet<Block>): Dependencies | undefined {
    for (const block of inner) {
      for (const fromItem of block.fromItems) {
        const isThis =
          fromItem.kind !== 'subquery' && fromItem.kind !== 'opaque' && fromItem.rangeVar === rangeVar
        if (isThis) return this.ofFromItem(fromItem)
      }
    }
    return undefined
  }

  /** Whether a call aggregates the rows of a query around the part. (PostgreSQL decides by the columns in it.) */
  #isOuterAggregate(call: Inside<'FuncCall'>, dependencies: Node, inner: ReadonlySet<Block>): boolean {
    const name = stringsOf(call.funcname)?.at(-1)
    if (name === undefined || !this.#functions.isAggregate(name)) return false
    const references = findAll(call, 'ColumnRef')
    if (references.length === 0) return !this.#isInSubquery(call, dependencies)
    return references.every((reference) => {
      const bound = this.#binding.columnOf(reference)
      return bound !== undefined && !inner.has(bound.fromItem.block)
    })
  }

  #isInSubquery(call: object, dependencies: Node): boolean {
    let isOutside = false
    walk(dependencies, (object) => {
      if (object.FuncCall === call) isOutside = true
      return this.#binding.blockOf(object) === undefined
    })
    return !isOutside
  }

  /** Whether a reference that is not bound cannot reach outside the part. */
  #staysInside(reference: Inside<'ColumnRef'>, inner: ReadonlySet<Block>): boolean {
    if (this.#binding.isOutputReference(reference)) return true
    const fields = reference.fields ?? []
    const last = fields.at(-1)
    if (last === undefined || inside(last, 'A_Star') === undefined) return false
    const qualifier = stringsOf(fields.slice(0, -1))?.at(-1)
    if (qualifier === undefined) return inner.size > 0
    return [...inner].some((block) => block.fromItems.some((fromItem) => fromItem.name === qualifier))
  }

  #mustEvaluateOnce(object: Record<string, unknown>): boolean {
    if (evaluatedOnceTags.some((tag) => tag in object)) return true
    // Under some collations, different values are equal.
    if ('CollateClause' in object && this.#functions.hasNondeterministicCollations) return true
    const call = object.FuncCall
    if (!isObject(call)) return false
    const name = stringsOf((call as Inside<'FuncCall'>).funcname)?.at(-1)
    return name === undefined || this.#functions.isVolatile(name)
  }
}

/** Statements that change data, row locks and samples: evaluating them twice has an effect of its own. */
const evaluatedOnceTags = [
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'lockingClause',
  'RangeTableSample',
  'CurrentOfExpr',
  ...aggregateTags,
]
