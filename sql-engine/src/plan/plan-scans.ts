/**
 * The plan of a statement: for each virtual table it names, which columns and conditions its scan gets, and
 * after which other scans it runs.
 */
import type { Binding, TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import type { CatalogColumn } from '../catalog/virtual-table.js'
import { findAll, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import type { DependencyFinder } from './dependencies.js'
import { findPushables } from './find-pushables.js'
import { KeyQueries, noQuery } from './key-query.js'
import { listTogether } from './listed-values.js'
import { type MissingReason, missingKeyError, missingKeys } from './missing-key.js'
import type { NeededColumns } from './needed.js'
import { isNeverRead } from './never-read.js'
import type { NotPushed } from './not-pushed.js'
import type { Pushable, ValueSource } from './pushable.js'
import { pushableLimit } from './pushable-limit.js'
import type { PlannedComparison, PlannedQual, PlannedSource, RefusedQual, ScanPlan } from './scan-plan.js'

/**
 * Plans the scans of a statement, each after those that it depends on.
 * @param needed what the statement's result depends on
 * @param readReferences tables whose rows are fetched at all
 * @throws DatabaseError HV002 when a table cannot be asked for lack of a key
 */
export function planScans(
  binding: Binding,
  needed: Pick<NeededColumns, 'isRead' | 'isOrderRead'>,
  readReferences: ReadonlySet<TableReference>,
  dependencyFinder: DependencyFinder,
  functions: FunctionTraits,
): readonly ScanPlan[] {
  const planner = new Planner(
    dependencyFinder,
    readReferences,
    findPushables(binding, functions, needed),
    functions,
  )
  const plans = planner.plan(binding.tableReferences)
  return plans.map((plan) => ({
    ...plan,
    limit: pushableLimit(plan, binding, dependencyFinder, functions, needed),
  }))
}

type UnlimitedPlan = Omit<ScanPlan, 'limit'>
type NarrowedPlan = Omit<UnlimitedPlan, 'refused'>

class Planner {
  readonly #dependencyFinder: DependencyFinder
  readonly #readReferences: ReadonlySet<TableReference>
  readonly #keyQueries: KeyQueries
  readonly #pushables: readonly Pushable[]
  readonly #functions: FunctionTraits

  constructor(
    dependencyFinder: DependencyFinder,
    readReferences: ReadonlySet<TableReference>,
    pushables: readonly Pushable[],
    functions: FunctionTraits,
  ) {
    this.#dependencyFinder = dependencyFinder
    this.#readReferences = readReferences
    this.#keyQueries = new KeyQueries(dependencyFinder, functions)
    this.#pushables = pushables
    this.#functions = functions
  }

  plan(fromItems: readonly TableReference[]): readonly UnlimitedPlan[] {
    const all = new Set(fromItems)
    const waiting = new Set(fromItems)
    const placed = new Set<TableReference>()
    const plans: UnlimitedPlan[] = []
    while (waiting.size > 0) {
      const ready = [...waiting]
        .map((fromItem) => this.#planReference(fromItem, placed))
        .filter((plan) => plan.isNeverRead || missingOf(plan).length === 0)
      const [first] = ready
      if (first === undefined) throw this.#missing([...waiting], placed)
      // Scans that nothing else can narrow start at once, side by side. If there is none, two scans could each narrow
      // the other; the one that has more values already goes first.
      const free = ready.filter((plan) => this.#couldNarrow(plan, all) === plan.quals.length)
      const chosen = free.length > 0 ? free : [ready.reduce(narrower, first)]
      const before = new Set(placed)
      for (const plan of chosen) {
        plans.push({ ...plan, refused: () => this.#refused(plan, before) })
        waiting.delete(plan.fromItem)
        placed.add(plan.fromItem)
      }
    }
    return plans
  }

  #planReference(fromItem: TableReference, placed: ReadonlySet<TableReference>): NarrowedPlan {
    if (!this.#readReferences.has(fromItem) || isNeverRead(fromItem))
      return { fromItem, isNeverRead: true, quals: [], after: new Set() }
    const quals: PlannedQual[] = []
    const after = new Set<TableReference>()
    for (const pushable of this.#pushables) {
      if (pushable.fromItem !== fromItem) continue
      const qual = this.#planQual(pushable, placed)
      if ('kind' in qual) continue
      quals.push(qual)
      for (const source of sourcesOf(qual.comparison)) {
        if (source.kind === 'query') for (const virtual of source.query.virtuals) after.add(virtual)
      }
    }
    return { fromItem, isNeverRead: false, quals, after }
  }

  #planQual(pushable: Pushable, placed: ReadonlySet<TableReference>): PlannedQual | NotPushed {
    const { column, comparison, condition, isExact, fromItem } = pushable
    const key = fromItem.table.definition.keys[column]
    if (key === undefined) return { kind: 'no key', column }
    const { operators: taken } = key
    if (!taken.includes(comparison.operator)) return { kind: 'operator', column, taken }
    const definition = definitionOf(pushable)
    // PostgreSQL compares by the type that the catalog has, which the plugin does not know.
    if (definition === undefined || definition.type !== definition.databaseType)
      return { kind: 'column type', column }
    if (comparison.operator === '=') {
      const sources = comparison.sources.map((source) => this.#planSource(source, pushable, placed))
      const known = sources.filter((source) => 'kind' in source)
      const unknown = sources.find((source) => 'reason' in source)
      if (unknown !== undefined) return unknown.reason
      const { lists = [] } = comparison
      const source = listTogether(comparison, definition.type)
      const together = source && ({ kind: 'query', source, query: noQuery } as const)
      return {
        column,
        key,
        condition,
        isExact,
        comparison: { operator: '=', sources: known, lists, together },
      }
    }
    if (!('node' in comparison)) return { column, key, condition, isExact, comparison }
    const source = this.#planSource({ kind: 'expression', node: comparison.node }, pushable, placed)
    // A bound that differs from row to row cannot be pushed.
    if ('reason' in source) return source.reason
    if (source.kind !== 'query' || source.query.from.length > 0) return { kind: 'bound by row' }
    return { column, key, condition, isExact, comparison: { operator: comparison.operator, source } }
  }

  #planSource(
    source: ValueSource,
    pushable: Pushable,
    placed: ReadonlySet<TableReference>,
  ): PlannedSource | { readonly reason: NotPushed } {
    if (source.kind === 'boolean') return source
    const node = source.kind === 'subquery' ? source.select : source.node
    const query = this.#keyQueries.plan(node, pushable, placed)
    if (query === undefined) return { reason: this.#whyUnknown(node, pushable) }
    // Columns of others may bring a collation with them; a literal cannot.
    const mayBeLoose = this.#functions.hasNondeterministicCollations && inside(node, 'A_Const') === undefined
    const isText = definitionOf(pushable)?.type === 'text' || source.reading !== undefined
    if (mayBeLoose && isText) return { reason: { kind: 'collation' } }
    return { kind: 'query', source, query }
  }

  #whyUnknown(node: Node, pushable: Pushable): NotPushed {
    const names = findAll(node, 'FuncCall').flatMap(({ funcname }) => stringsOf(funcname)?.at(-1) ?? [])
    const functionName = names.find((name) => this.#functions.isVolatile(name))
    if (functionName !== undefined) return { kind: 'volatile', functionName }
    const fromItems = this.#dependencyFinder.of(node)?.fromItems ?? new Set()
    const isOfItself = pushable.anchor !== undefined && fromItems.has(pushable.anchor)
    if (isOfItself) return { kind: 'form' }
    return this.#dependencyFinder.of(node) === undefined
      ? { kind: 'not evaluated apart' }
      : { kind: 'later rows' }
  }

  #refused(
    { fromItem, isNeverRead }: NarrowedPlan,
    placed: ReadonlySet<TableReference>,
  ): readonly RefusedQual[] {
    if (isNeverRead) return []
    const refused: RefusedQual[] = []
    for (const pushable of this.#pushables) {
      const reason = pushable.fromItem === fromItem ? this.#planQual(pushable, placed) : undefined
      if (reason !== undefined && 'kind' in reason) refused.push({ condition: pushable.condition, reason })
    }
    return refused
  }

  /** How many of a scan's conditions could be pushed if all others were there. */
  #couldNarrow({ fromItem }: NarrowedPlan, all: ReadonlySet<TableReference>): number {
    return this.#planReference(fromItem, new Set([...all].filter((other) => other !== fromItem))).quals.length
  }

  #missing(waiting: readonly TableReference[], placed: ReadonlySet<TableReference>): Error {
    const [first] = waiting.map((fromItem) => this.#planReference(fromItem, placed))
    if (first === undefined) throw new Error('no scan is waiting')
    const missing = missingOf(first)
    return missingKeyError(first.fromItem, missing, this.#whyMissing(first.fromItem, missing))
  }

  /** Where the values of a key would come from, if they could be found. */
  #whyMissing(fromItem: TableReference, columns: readonly string[]): MissingReason {
    const sources = this.#pushables.flatMap((pushable) =>
      pushable.fromItem === fromItem && columns.includes(pushable.column) && 'sources' in pushable.comparison
        ? pushable.comparison.sources
        : [],
    )
    const read = sources.flatMap((source) =>
      source.kind === 'boolean' ? [] : this.#dependencyFinder.ctesNamed(source),
    )
    if (read.some(({ node }) => inside(node.ctequery, 'SelectStmt') === undefined)) return 'changed'
    return read.some(({ recursive }) => recursive) ? 'recursive' : 'none'
  }
}

function definitionOf({ fromItem, column }: Pushable): CatalogColumn | undefined {
  return fromItem.table.columns.find(({ name }) => name === column)
}

function narrower(best: NarrowedPlan, other: NarrowedPlan): NarrowedPlan {
  return equalities(other) > equalities(best) ? other : best
}

function equalities({ quals }: NarrowedPlan): number {
  return quals.filter(({ comparison }) => comparison.operator === '=').length
}

function sourcesOf(comparison: PlannedComparison): readonly PlannedSource[] {
  if (comparison.operator === '=') return comparison.sources
  return 'source' in comparison ? [comparison.source] : []
}

function missingOf({ fromItem, quals }: NarrowedPlan): readonly string[] {
  const given = quals.filter(({ comparison }) => comparison.operator === '=')
  return missingKeys(fromItem, new Set(given.map(({ column }) => column)))
}
