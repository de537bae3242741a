/**
 * Key queries: the SELECT that finds, among rows that are already there, the values for which a scan has to ask. It
 * reads the FROM items that the values come from, narrowed by whatever else the statement requires of them. What is
 * not certain to be required is left out, so that too many values are found at worst.
 */
import type { Block, Condition, FromItem, OuterSide, TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { hasGroupingSets } from '../bind/grouping-sets.js'
import { faithfulText } from '../parse/faithful-text.js'
import { findAll, inside, type Node } from '../parse/syntax-tree.js'
import type { DependencyFinder } from './dependencies.js'
import { cannotFail } from './discardable.js'
import { guardsOf } from './guards.js'
import { operatorName } from './operator-name.js'
import type { Pushable } from './pushable.js'

/** What a key query reads, before it is written out. */
export interface KeyQuery {
  /** The FROM items of its FROM, each after those that it refers to. */
  readonly from: readonly FromItem[]
  readonly where: readonly Node[]
  /** Virtual tables that must be staged before. */
  readonly virtuals: ReadonlySet<TableReference>
}

/** The key query for values that depend on no row. */
export const noQuery: KeyQuery = { from: [], where: [], virtuals: new Set() }

export class KeyQueries {
  readonly #dependencyFinder: DependencyFinder
  readonly #functions: FunctionTraits
  readonly #knownGuards = new Map<Block, readonly Node[]>()

  constructor(dependencyFinder: DependencyFinder, functions: FunctionTraits) {
    this.#dependencyFinder = dependencyFinder
    this.#functions = functions
  }

  /**
   * The query for the values of an expression.
   * @param placed virtual tables whose rows will be there
   * @returns undefined when the values cannot be found that way
   */
  plan(expression: Node, pushable: Pushable, placed: ReadonlySet<TableReference>): KeyQuery | undefined {
    const dependencies = this.#dependencyFinder.of(expression)
    if (dependencies === undefined || !isSubset(dependencies.virtuals, placed)) return undefined
    const levels = levelsAbove(pushable.condition.block, pushable.anchor)
    const from = new Set<FromItem>()
    for (const fromItem of dependencies.fromItems) {
      const isReal =
        isSubset(fromItem.nullable, levels.get(fromItem.block)?.nullable ?? noSides) &&
        !hasGroupingSets(fromItem.block)
      if (!isReal && !isStrict(expression, this.#functions)) return undefined
      if (!this.#include(fromItem, from, placed)) return undefined
    }
    const narrowing = from.size === 0 ? [] : this.#narrow(expression, from, levels, pushable, placed)
    const where = [...narrowing, ...this.#guards(expression, from, levels.keys(), placed)]
    const virtuals = new Set(dependencies.virtuals)
    for (const part of [...from].map((fromItem) => this.#dependencyFinder.ofFromItem(fromItem))) {
      for (const virtual of part?.virtuals ?? []) virtuals.add(virtual)
    }
    for (const node of where)
      for (const virtual of this.#dependencyFinder.of(node)?.virtuals ?? []) virtuals.add(virtual)
    return { from: [...from], where, virtuals }
  }

  /**
   * Guards of the queries around values that may fail, so that the key query ends with no error that the statement need not
   * come to.
   */
  #guards(
    expression: Node,
    from: ReadonlySet<FromItem>,
    blocks: Iterable<Block>,
    placed: ReadonlySet<TableReference>,
  ): readonly Node[] {
    if (from.size === 0 || cannotFail(expression, this.#functions)) return []
    return [...blocks]
      .flatMap((block) => this.#guardsOf(block))
      .filter((guard) => {
        const dependencies = this.#dependencyFinder.of(guard)
        if (dependencies === undefined || !isSubset(dependencies.virtuals, placed)) return false
        const areThere = [...dependencies.fromItems].every(
          (fromItem) =>
            from.has(fromItem) && fromItem.nullable.size === 0 && !hasGroupingSets(fromItem.block),
        )
        // What looks at rows together, as windows do, is nothing that certainly fails for no values.
        return areThere && cannotFail(guard, this.#functions) && canBeWritten(guard)
      })
  }

  #guardsOf(block: Block): readonly Node[] {
    const known = this.#knownGuards.get(block) ?? guardsOf(block)
    this.#knownGuards.set(block, known)
    return known
  }

  /** Adds a FROM item, after those that it refers to. */
  #include(fromItem: FromItem, from: Set<FromItem>, placed: ReadonlySet<TableReference>): boolean {
    if (from.has(fromItem)) return true
    const dependencies = this.#dependencyFinder.ofFromItem(fromItem)
    if (dependencies === undefined || !isSubset(dependencies.virtuals, placed)) return false
    // LATERAL items whose rows are matched by an outer join's condition are not followed.
    if (dependencies.fromItems.size > 0 && fromItem.nullable.size > 0) return false
    for (const other of dependencies.fromItems) if (!this.#include(other, from, placed)) return false
    from.add(fromItem)
    return true
  }

  /**
   * Adds conditions on the FROM items that hold wherever the scan's rows are used; may add FROM items that join them.
   * @param expression for the values
   */
  #narrow(
    expression: Node,
    from: Set<FromItem>,
    levels: ReadonlyMap<Block, Level>,
    pushable: Pushable,
    placed: ReadonlySet<TableReference>,
  ): Node[] {
    const where = new Map<Condition, Node>()
    const blocks = new Set([...from].map(({ block }) => block))
    for (let grown = true; grown; ) {
      grown = false
      for (const condition of [...blocks].flatMap(({ conditions }) => conditions)) {
        if (condition === pushable.condition || where.has(condition)) continue
        const level = levels.get(condition.block)
        if (level === undefined || !holds(condition, level)) continue
        const dependencies = this.#dependencyFinder.of(condition.expression)
        if (
          dependencies === undefined ||
          dependencies.fromItems.size === 0 ||
          !isSubset(dependencies.virtuals, placed)
        )
          continue
        const fromItems = [...dependencies.fromItems]
        if (fromItems.some((fromItem) => condition.nullable.has(fromItem))) continue
        if (!fromItems.some((fromItem) => from.has(fromItem))) continue
        const isJoin = fromItems.some((fromItem) => !from.has(fromItem))
        if (isJoin && !isEquality(condition.expression)) continue
        if (this.#failsNeedlessly(condition, fromItems, expression, from)) continue
        const extended = new Set(from)
        if (
          !fromItems.every(
            (fromItem) => levels.has(fromItem.block) && this.#include(fromItem, extended, placed),
          )
        )
          continue
        for (const fromItem of extended) from.add(fromItem)
        where.set(condition, condition.expression)
        grown = true
      }
    }
    return [...where.values()]
  }

  /**
   * Whether a condition may end the key query with an error that the statement need not come to: PostgreSQL checks it of
   * rows that match the scan's only, which are not known yet. It stays where it may keep something else from failing,
   * such as a cast.
   * @param fromItems that it names
   * @param value that is asked for
   */
  #failsNeedlessly(
    { expression, clause }: Condition,
    fromItems: readonly FromItem[],
    value: Node,
    from: ReadonlySet<FromItem>,
  ): boolean {
    if (clause.kind !== 'on' || clause.join === 'inner') return false
    // What equality joins by is computed of all rows, to be hashed.
    const isJoin = fromItems.length > 1 && isEquality(expression)
    if (isJoin || cannotFail(expression, this.#functions)) return false
    return cannotFail([value, ...[...from].map(outputsOf)], this.#functions)
  }
}

/** A query level at or above the one of a condition. */
interface Level {
  /** The FROM item of this level inside which the scan stands; undefined when it stands in an expression. */
  readonly anchor: FromItem | undefined
  /** Outer joins that make the scan's own rows NULL; where they do, no values are needed. */
  readonly nullable: ReadonlySet<OuterSide>
}

function levelsAbove(block: Block, anchor: FromItem | undefined): ReadonlyMap<Block, Level> {
  const levels = new Map<Block, Level>()
  levels.set(block, { anchor, nullable: anchor?.nullable ?? noSides })
  let child = block
  for (let parent = block.parent; parent !== undefined; parent = parent.parent) {
    const within = child
    const holder = parent.fromItems.find(
      (fromItem) => fromItem.kind === 'subquery' && fromItem.query === within,
    )
    levels.set(parent, { anchor: holder, nullable: holder?.nullable ?? noSides })
    child = parent
  }
  return levels
}

/** Whether every row in which the scan's rows are used fulfils a condition. */
function holds(condition: Condition, { anchor }: Level): boolean {
  const { clause } = condition
  if (clause.kind !== 'on') return true
  switch (clause.join) {
    case 'inner':
      return true
    case 'left':
      return anchor !== undefined && clause.right.has(anchor)
    case 'right':
      return anchor !== undefined && clause.left.has(anchor)
    case 'full':
      return false
  }
}

/** Whether an expression is NULL when a column in it is. Only forms that certainly are count. */
function isStrict(expression: Node, functions: FunctionTraits): boolean {
  if (inside(expression, 'ColumnRef') !== undefined) return true
  const cast = inside(expression, 'TypeCast')
  if (cast?.arg !== undefined) return isStrict(cast.arg, functions)
  const { kind, name, lexpr } = inside(expression, 'A_Expr') ?? {}
  if (kind !== 'AEXPR_OP' || lexpr === undefined || functions.hasShadowedOperators) return false
  const operator = operatorName(name)
  return (operator === '->>' || operator === '->') && isStrict(lexpr, functions)
}

function isEquality(expression: Node): boolean {
  const operation = inside(expression, 'A_Expr')
  return operation?.kind === 'AEXPR_OP' && operatorName(operation.name) === '='
}

/** Whether a condition has a faithful text: without one, no value at all would be found. */
function canBeWritten(condition: Node): boolean {
  return (
    faithfulText({
      SelectStmt: { whereClause: condition, limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' },
    }) !== undefined
  )
}

/** The expressions that a FROM item's columns are made of. */
function outputsOf(fromItem: FromItem): unknown {
  const node = fromItem.kind === 'cte' ? fromItem.cte.node : fromItem.node
  return findAll(node, 'ResTarget').map(({ val }) => val)
}

const noSides: ReadonlySet<OuterSide> = new Set()

function isSubset<Item>(items: ReadonlySet<Item>, of: ReadonlySet<Item>): boolean {
  for (const item of items) if (!of.has(item)) return false
  return true
}
