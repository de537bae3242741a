/** Finds, in the conditions of a statement, those that could narrow a scan. */
import type { Binding, Condition } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { hasGroupingSets } from '../bind/grouping-sets.js'
import { findAll, inside, sameTree } from '../parse/syntax-tree.js'
import { ColumnTraces } from './column-traces.js'
import { Comparisons, isPlainIn, seenOf, type Target } from './comparisons.js'
import { equalColumns } from './equal-columns.js'
import type { NeededColumns } from './needed.js'
import { isNeverNull } from './never-null.js'
import type { Comparison, Pushable } from './pushable.js'

export function findPushables(
  binding: Binding,
  functions: FunctionTraits,
  needed: Pick<NeededColumns, 'isRead'>,
): readonly Pushable[] {
  const finder = new Finder(binding, functions, new ColumnTraces(binding, functions, needed))
  const found = binding.blocks.flatMap(({ conditions }) =>
    conditions.flatMap((condition) => finder.find(condition)),
  )
  if (functions.hasNondeterministicCollations) return found
  const all = [...found, ...meetingBounds(found)]
  return [...all, ...equalColumns(all)]
}

class Finder {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #traces: ColumnTraces
  readonly #comparisons: Comparisons

  constructor(binding: Binding, functions: FunctionTraits, traces: ColumnTraces) {
    this.#binding = binding
    this.#functions = functions
    this.#traces = traces
    this.#comparisons = new Comparisons(binding, functions, this.#traces)
  }

  find(condition: Condition): readonly Pushable[] {
    return [...this.#direct(condition), ...this.#throughIn(condition), ...this.#throughExists(condition)]
  }

  #direct(condition: Condition): readonly Pushable[] {
    const found: Pushable[] = []
    for (const { target, comparison, isExact } of this.#comparisons.of(
      condition.expression,
      condition.block,
    )) {
      if (!this.#mayNarrow(target, comparison, condition)) continue
      const { fromItem, column, anchor } = target
      found.push({ fromItem, column, comparison, condition, isExact, anchor })
    }
    return found
  }

  #mayNarrow(target: Target, comparison: Comparison, condition: Condition): boolean {
    return (
      mayNarrow(target, comparison, condition) && !this.#mayMatchFilledNull(target, comparison, condition)
    )
  }

  /**
   * Whether NULL may match a value that is NULL only for want of a match in an outer join, or in a total of ROLLUP: the
   * key query, which reads the rows that there are, does not see it.
   */
  #mayMatchFilledNull({ fromItem, column }: Target, comparison: Comparison, { block }: Condition): boolean {
    if (!mayHoldOfNull(comparison) || comparison.operator !== '=') return false
    if (isNeverNull(fromItem.table.definition.keys[column])) return false
    return findAll(comparison.sources, 'ColumnRef').some((reference) => {
      const valued = this.#binding.columnOf(reference)?.fromItem
      if (valued === undefined || valued.nullable.size > 0) return true
      // A query's own conditions are checked before its rows are grouped.
      return valued.block !== block && hasGroupingSets(valued.block)
    })
  }

  /** `x IN (SELECT t.key FROM t)`: only rows of t that equal some x can fulfil it. */
  #throughIn(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.testexpr === undefined || link.subselect === undefined) return []
    if (!isPlainIn(link, this.#functions)) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || block.output?.length !== 1) return []
    const comparison: Comparison = { operator: '=', sources: [{ kind: 'expression', node: link.testexpr }] }
    return this.#traces.ofOutput(block, 0).flatMap((traced) => {
      const { fromItem, column } = traced
      return seenOf(traced, [], comparison).map((seen) => ({
        fromItem,
        column,
        ...seen,
        condition,
        anchor: undefined,
      }))
    })
  }

  /** `EXISTS (SELECT … WHERE x = t.key)`: rows of t that equal no x cannot fulfil it. */
  #throughExists(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.subLinkType !== 'EXISTS_SUBLINK' || link.subselect === undefined) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || !this.#traces.passesConditions(block)) return []
    const found: Pushable[] = []
    for (const inner of block.conditions) {
      if (inner.clause.kind === 'on' && inner.clause.join !== 'inner') continue
      for (const { target, comparison, isExact } of this.#comparisons.of(inner.expression, condition.block)) {
        if (!this.#mayNarrow(target, comparison, condition)) continue
        const { fromItem, column } = target
        found.push({ fromItem, column, comparison, condition: inner, isExact, anchor: undefined })
      }
    }
    return found
  }
}

/** `x >= 'a' AND x <= 'a'` is `x = 'a'`, where texts that are equal are the same. */
function meetingBounds(pushables: readonly Pushable[]): readonly Pushable[] {
  return pushables.flatMap((low) => {
    if (low.comparison.operator !== '>=' || !low.isExact) return []
    const { node } = low.comparison
    const isMet = pushables.some(
      ({ fromItem, column, anchor, condition, comparison, isExact }) =>
        comparison.operator === '<=' &&
        isExact &&
        fromItem === low.fromItem &&
        column === low.column &&
        anchor === low.anchor &&
        condition.block === low.condition.block &&
        sameTree(comparison.node, node),
    )
    const comparison: Comparison = { operator: '=', sources: [{ kind: 'expression', node }] }
    return isMet ? [{ ...low, comparison }] : []
  })
}

/** Whether rows that fail a condition may be left out where it stands. */
function mayNarrow(target: Target, comparison: Comparison, condition: Condition): boolean {
  const { clause, nullable } = condition
  if (mayHoldOfNull(comparison) && (target.nullable || nullable.has(target.anchor))) return false
  if (clause.kind !== 'on') return true
  switch (clause.join) {
    case 'inner':
      return true
    // An outer join keeps the rows of one side whatever its condition says.
    case 'left':
      return clause.right.has(target.anchor)
    case 'right':
      return clause.left.has(target.anchor)
    case 'full':
      return false
  }
}

/** Whether it may be true of NULL, with which an outer join fills the column. */
function mayHoldOfNull(comparison: Comparison): boolean {
  if (comparison.operator !== '=') return comparison.operator === 'is null'
  return comparison.sources.some((source) => source.kind !== 'boolean' && source.matchesNull === true)
}
