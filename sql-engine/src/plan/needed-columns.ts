/**
 * Which columns of its virtual tables a statement's result depends on. This is followed from what the statement gives
 * or does down through subqueries, CTEs and set operations: a column that is needed only for an output which is never
 * read is not needed. Where a name is not certain, everything that it could mean is: fetching a column too many is
 * slower, but one too few would be wrong.
 */
import {
  type Binding,
  type Block,
  type BoundColumn,
  type Cte,
  type FromItem,
  isColumns,
  ownColumn,
  type TableReference,
} from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import {
  type Inside,
  inside,
  isBareStar,
  isObject,
  isWithin,
  type Node,
  stringsOf,
} from '../parse/syntax-tree.js'
import { EmptyItems } from './anti-joins.js'
import { comparedColumns } from './compared-columns.js'
import { integerOf } from './constant-condition.js'
import { decidingOrder } from './deciding-order.js'
import { mayDiscard } from './discardable.js'
import { distinctOn } from './distinct-on.js'
import { isInlined } from './inlined-ctes.js'
import type { NeededColumns } from './needed.js'
import { decidingNumbers, failingItems, namesWindow, windowOutputs } from './numbered-rows.js'
import { ownJoin } from './outer-tables.js'
import { linksWithoutRepeats, losesRepeats, onlyDropsRepeats, RepeatsIgnored, takesAll } from './repeats.js'
import { leavesOutOutputs } from './simplified-exists.js'
import { isOfJoinWith, superfluousTables } from './superfluous-joins.js'
import { type Meaning, standsForOthers, UncertainNames } from './uncertain-names.js'
import { type Want, WantedOutputs } from './wanted-outputs.js'

export function neededColumns(statement: Node, binding: Binding, functions: FunctionTraits): NeededColumns {
  const needs = new Needs(binding, functions)
  needs.read(statement)
  return needs
}

type SelectStmt = Inside<'SelectStmt'>

class Needs implements NeededColumns {
  readonly columns = new Map<TableReference, Set<string>>()
  readonly readReferences = new Set<TableReference>()
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #names: UncertainNames
  /** Blocks that are read, if only to count their rows. */
  readonly #reached = new Set<Block>()
  readonly #wanted = new WantedOutputs()
  readonly #repeatsIgnored = new RepeatsIgnored()
  /** Joins that make no difference; of their nullable sides, nothing is read. */
  readonly #superfluous = new Set<Inside<'JoinExpr'> | undefined>()
  readonly #empty: EmptyItems
  /** Blocks whose ORDER BY decides nothing that is read. */
  readonly #unordered = new Set<Block>()
  /** Blocks of which PostgreSQL may compute outputs that are never read. */
  readonly #computedWhole = new Set<Block>()

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
    this.#names = new UncertainNames(binding)
    this.#empty = new EmptyItems(binding, functions)
    for (const fromItem of binding.tableReferences) this.columns.set(fromItem, new Set())
  }

  /** Reads everything that an expression, a FROM item or a statement depends on. */
  read(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) this.read(item)
      return
    }
    if (!isObject(value)) return
    const node = value as unknown as Node
    const select = inside(node, 'SelectStmt')
    const subquery = inside(inside(node, 'RangeSubselect')?.subquery, 'SelectStmt')
    const link = inside(node, 'SubLink')
    const rangeVar = inside(node, 'RangeVar')
    const reference = inside(node, 'ColumnRef')
    const join = inside(node, 'JoinExpr')
    const compared = comparedColumns(node, this.#functions)
    if (select !== undefined) this.#readQuery(select, 'whole')
    else if (subquery !== undefined) this.#readQuery(subquery, 'rows')
    else if (link !== undefined) this.#readLink(link)
    else if (rangeVar !== undefined) this.#readRelation(rangeVar)
    else if (reference !== undefined) this.#readReference(reference)
    else if (join !== undefined) this.#readJoin(join)
    else if (compared !== undefined) {
      for (const column of compared.columns) this.#readReference(column, 'equal')
      this.read(compared.others)
    } else if ('withClause' in value || 'returningClause' in value) this.#readChange(value)
    else for (const child of Object.values(value)) this.read(child)
  }

  isRead(block: Block, index: number): boolean {
    const output = block.output?.[index]
    return (
      this.#wanted.of(block).has(index) ||
      output === undefined ||
      !mayDiscard(output, block, this.#computedWhole.has(block), this.#functions)
    )
  }

  isOrderRead(block: Block): boolean {
    return !this.#unordered.has(block)
  }

  /** Reads everything that INSERT, UPDATE, DELETE or MERGE names. */
  #readChange(change: Pick<Inside<'UpdateStmt'>, 'withClause' | 'returningClause'>): void {
    const { withClause, returningClause, ...rest } = change
    this.#readWith(withClause)
    this.read(Object.values(rest))
    this.#readTargets(returningClause?.exprs, this.#binding.blockOf(change))
  }

  /** Reads the queries of WITH that change data: they run whether anything reads them or not. */
  #readWith(withClause: Inside<'WithClause'> | undefined): void {
    for (const node of withClause?.ctes ?? []) {
      const query = inside(node, 'CommonTableExpr')?.ctequery
      if (inside(query, 'SelectStmt') === undefined) this.read(query)
    }
  }

  #readLink({ subLinkType, testexpr, subselect }: Inside<'SubLink'>): void {
    this.read(testexpr)
    const select = inside(subselect, 'SelectStmt')
    if (select === undefined) {
      this.read(subselect)
      return
    }
    const block = this.#binding.blockOf(select)
    if (block !== undefined && linksWithoutRepeats.has(subLinkType)) this.#repeatsIgnored.add(block)
    const isExists = subLinkType === 'EXISTS_SUBLINK'
    if (block !== undefined && isExists && !leavesOutOutputs(select, this.#functions))
      this.#computedWhole.add(block)
    this.#readQuery(select, isExists ? 'rows' : 'whole')
  }

  #readQuery(select: SelectStmt, what: 'rows' | 'whole'): void {
    const block = this.#binding.blockOf(select)
    if (block === undefined) {
      this.read(Object.values(select))
      return
    }
    this.#reach(block)
    if (what === 'whole') this.#wantWhole(block)
  }

  #readRelation(rangeVar: Inside<'RangeVar'>): void {
    const fromItem = this.#binding.virtualOf(rangeVar)
    if (fromItem !== undefined) {
      this.readReferences.add(fromItem)
      // Its columns go by other names.
      if (fromItem.columns === undefined) this.#wantRow(fromItem)
    }
    const cte = this.#binding.cteOf(rangeVar)
    if (cte !== undefined) this.#reachCte(cte)
  }

  #reachCte(cte: Cte): void {
    const { query, node } = cte
    if (query === undefined) return
    if (!isInlined(cte, this.#functions)) this.#computedWhole.add(query)
    this.#reach(query)
    if (node.search_clause !== undefined || node.cycle_clause !== undefined) this.#wantWhole(query)
  }

  #reach(block: Block): void {
    if (this.#reached.has(block)) return
    this.#reached.add(block)
    this.#empty.reading(undefined, () => this.#reachQuery(block))
  }

  #reachQuery(block: Block): void {
    // A query that changes data is read where it stands in WITH.
    if (!('limitOption' in block.statement)) return
    const select = block.statement as SelectStmt
    this.#readWith(select.withClause)
    this.read([select.limitCount, select.limitOffset])
    if (select.larg !== undefined && select.rarg !== undefined) this.#reachArms(block, select)
    else this.#reachRows(block, select)
    for (const index of this.#wanted.of(block).keys()) this.#readOutput(block, index)
  }

  #reachArms(block: Block, select: SelectStmt): void {
    const keepsAll = select.op === 'SETOP_UNION' && select.all === true
    const losesRepeats = keepsAll ? this.#repeatsIgnored.has(block) && takesAll(select) : select.all !== true
    for (const arm of this.#armsOf(select)) {
      this.#computedWhole.add(arm)
      if (losesRepeats) this.#repeatsIgnored.add(arm)
      this.#reach(arm)
      if (!keepsAll) this.#wantWhole(arm)
    }
    this.#readItems(select.sortClause, block)
  }

  #armsOf({ larg, rarg }: SelectStmt): readonly Block[] {
    return [larg, rarg].flatMap((arm) => (arm && this.#binding.blockOf(arm)) ?? [])
  }

  #reachRows(block: Block, select: SelectStmt): void {
    const { fromClause, whereClause, havingClause, valuesLists, distinctClause, targetList } = select
    const areRepeatsLost = losesRepeats(select, this.#functions, this.#repeatsIgnored.has(block))
    const superfluous = superfluousTables(block, this.#binding, this.#functions, areRepeatsLost)
    for (const table of superfluous) this.#superfluous.add(ownJoin(table))
    if (areRepeatsLost) this.#repeatsIgnored.addSourcesOf(block)
    this.read([fromClause, whereClause, havingClause, valuesLists, failingItems(select, this.#functions)])
    // USING and NATURAL compare columns that they do not spell out.
    for (const { expression, clause } of block.conditions) {
      if (clause.kind === 'on' && !isOfJoinWith(superfluous, clause)) this.read(expression)
    }
    // What DISTINCT compares is computed, even if nobody reads it.
    if (distinctClause !== undefined) this.#computedWhole.add(block)
    this.#readRepeats(block)
    this.#readOrder(block)
    this.#readWindows(distinctClause, select)
    if (block.output === undefined) {
      this.#readWindows(targetList, select)
      this.#readTargets(targetList, block)
    }
    for (const [index, output] of (block.output ?? []).entries()) {
      if (!mayDiscard(output, block, this.#computedWhole.has(block), this.#functions))
        this.#readOutput(block, index)
    }
  }

  /** Reads what DISTINCT and GROUP BY tell rows apart by, unless that decides nothing of what is read. */
  #readRepeats(block: Block): void {
    const { groupClause, distinctClause } = block.statement as SelectStmt
    const read = { wanted: this.#wanted.of(block), ignoresRepeats: this.#repeatsIgnored.has(block) }
    const dropsRepeats = onlyDropsRepeats(block, read, this.#computedWhole, this.#binding, this.#functions)
    if (!dropsRepeats) this.#readItems([...(groupClause ?? []), ...(distinctClause ?? [])], block)
    const isPlain = distinctClause !== undefined && distinctOn(distinctClause).length === 0
    if (isPlain && !dropsRepeats) this.#wantWhole(block)
  }

  /** Reads the windows of WINDOW if an expression that is read names one; PostgreSQL computes no others. */
  #readWindows(expressions: unknown, { windowClause }: SelectStmt): void {
    if (namesWindow(expressions)) this.read(windowClause)
  }

  /** Reads the items of GROUP BY, ORDER BY and DISTINCT ON, which may mean outputs, by name or position. */
  #readItems(items: readonly Node[] | undefined, block: Block): void {
    for (const item of items ?? []) {
      const node = inside(item, 'SortBy')?.node ?? item
      const sets = inside(node, 'GroupingSet')?.content ?? inside(node, 'RowExpr')?.args
      if (sets !== undefined) this.#readItems(sets, block)
      const position = integerOf(node)
      const reference = inside(node, 'ColumnRef')
      if (position !== undefined) this.#wantAt(block, position - 1, 'equal')
      else if (reference !== undefined && this.#mayBeOutput(reference, block)) {
        this.#wantNamed(stringsOf(reference.fields)?.at(-1) ?? '', block)
      } else if (sets === undefined) this.#empty.reading(block, () => this.read(item))
    }
  }

  /** Whether a name may mean an output. In the order of a set operation, every name does. */
  #mayBeOutput(reference: Inside<'ColumnRef'>, { statement }: Block): boolean {
    return this.#binding.isOutputReference(reference) || (statement as SelectStmt).larg !== undefined
  }

  #wantNamed(name: string, block: Block): void {
    const { output } = block
    if (output === undefined) this.#wantWhole(block)
    for (const [index, one] of (output ?? []).entries()) {
      if (one.name === undefined || one.name === name) this.#wantAt(block, index, 'equal')
    }
    // In GROUP BY it may still be a column of FROM, where that is not known.
    if (block.fromItems.some(({ columns }) => columns === undefined))
      this.#readMeanings(this.#names.ofNames([name]))
  }

  #wantAt(block: Block, index: number, want: Want = 'spelt'): void {
    if (!this.#wanted.add(block, index, want) || !this.#reached.has(block)) return
    this.#readOutput(block, index)
    // What is read besides decides how much of an order is.
    const wanted = this.#wanted.of(block)
    for (const numbered of windowOutputs(block)) if (wanted.has(numbered)) this.#readOutput(block, numbered)
    this.#empty.reading(undefined, () => this.#readOrder(block))
    this.#readRepeats(block)
  }

  /** Reads as much of ORDER BY as decides what is read, and more of it once more is read. */
  #readOrder(block: Block): void {
    const select = block.statement as SelectStmt
    if (select.sortClause === undefined || select.larg !== undefined) return
    const read = { wanted: this.#wanted.of(block), ignoresRepeats: this.#repeatsIgnored.has(block) }
    const deciding = decidingOrder(block, read, this.#binding, this.#functions)
    if (deciding.length === 0) this.#unordered.add(block)
    else this.#unordered.delete(block)
    this.#readItems(deciding, block)
    this.#readWindows(deciding, select)
  }

  #wantWhole(block: Block): void {
    if (!this.#wanted.addWhole(block)) return
    const select = block.statement as SelectStmt
    for (const arm of this.#armsOf(select)) this.#wantWhole(arm)
    for (const index of (block.output ?? []).keys()) this.#wantAt(block, index)
  }

  #readOutput(block: Block, index: number): void {
    this.#empty.reading(block, () => this.#readOutputOf(block, index))
  }

  #readOutputOf(block: Block, index: number): void {
    const select = block.statement as SelectStmt
    for (const arm of this.#armsOf(select)) this.#wantAt(arm, index)
    const reads = block.output?.[index]?.reads ?? []
    if (isColumns(reads)) {
      for (const column of reads) this.#want(column)
      return
    }
    const numbers = decidingNumbers(block, index, this.#wanted.of(block), this.#binding, this.#functions)
    this.read(numbers ?? reads)
    this.#readWindows(reads, select)
  }

  /** Reads a list of outputs as a whole, with the stars in it. */
  #readTargets(targets: readonly Node[] | undefined, block: Block | undefined): void {
    for (const target of targets ?? []) {
      const reference = inside(inside(target, 'ResTarget')?.val, 'ColumnRef')
      if (block === undefined || reference === undefined || !isBareStar(reference)) this.read(target)
      else for (const fromItem of block.fromItems) this.#wantRow(fromItem)
    }
  }

  #readReference(reference: Inside<'ColumnRef'>, want: Want = 'spelt'): void {
    const bound = this.#binding.columnOf(reference)
    if (bound !== undefined && !standsForOthers(bound.fromItem)) this.#want(bound, want)
    else this.#readMeanings(this.#names.ofReference(reference))
  }

  #readJoin(join: Inside<'JoinExpr'>): void {
    if (this.#superfluous.has(join)) {
      this.read(join.jointype === 'JOIN_LEFT' ? join.larg : join.rarg)
      return
    }
    this.read([join.larg, join.rarg, join.quals])
    if (this.#binding.isCertainJoin(join)) return
    for (const name of stringsOf(join.usingClause) ?? []) this.#readMeanings(this.#names.anywhere(name))
    if (join.isNatural !== true) return
    for (const { fromItems } of this.#binding.blocks) {
      for (const fromItem of fromItems) if (isWithin(fromItem.node, join)) this.#wantRow(fromItem)
    }
  }

  #readMeanings(meanings: readonly Meaning[]): void {
    for (const meaning of meanings) {
      if (meaning.kind === 'column') this.#want(meaning.column)
      else if (meaning.kind === 'row') this.#wantRow(meaning.fromItem)
      else this.#wantAt(meaning.block, meaning.index)
    }
  }

  #want({ fromItem, index }: BoundColumn, want: Want = 'spelt'): void {
    if (this.#empty.has(fromItem)) return
    if (index === undefined) {
      this.#wantRow(fromItem)
      return
    }
    switch (fromItem.kind) {
      case 'virtual': {
        const own = ownColumn(fromItem, { fromItem, column: '', index })
        if (own === undefined) this.#wantRow(fromItem)
        else this.columns.get(fromItem)?.add(own)
        return
      }
      case 'subquery':
        this.#wantAt(fromItem.query, index, want)
        return
      case 'cte':
        if (fromItem.cte.query !== undefined) this.#wantAt(fromItem.cte.query, index, want)
        return
      case 'opaque': {
        const reads = fromItem.joined?.[index]?.reads
        if (reads !== undefined && isColumns(reads)) for (const column of reads) this.#want(column)
        return
      }
      case 'relation':
    }
  }

  #wantRow(fromItem: FromItem): void {
    if (this.#empty.has(fromItem)) return
    if (fromItem.kind === 'virtual') {
      for (const { name } of fromItem.table.columns) this.columns.get(fromItem)?.add(name)
    }
    if (fromItem.kind === 'subquery') this.#wantWhole(fromItem.query)
    if (fromItem.kind === 'cte' && fromItem.cte.query !== undefined) this.#wantWhole(fromItem.cte.query)
    const joined = fromItem.kind === 'opaque' ? fromItem.joined : undefined
    for (const { reads } of joined ?? []) if (isColumns(reads)) for (const column of reads) this.#want(column)
  }
}
