/** Finds, in the conditions of a statement, those that could narrow a scan. */
import type { Binding, Condition } from '../bind/binding.js'
import { inside } from '../parse/syntax-tree.js'
import { Comparisons, isPlainIn, type Target } from './comparisons.js'
import { equalColumns } from './equal-columns.js'
import type { FunctionTraits } from './function-traits.js'
import type { Comparison, Pushable } from './pushable.js'
import { passesConditions, traceOutput } from './trace-column.js'

export function findPushables(binding: Binding, functions: FunctionTraits): readonly Pushable[] {
  const finder = new Finder(binding, functions)
  const found = binding.blocks.flatMap(({ conditions }) =>
    conditions.flatMap((condition) => finder.find(condition)),
  )
  return functions.hasLooseCollations ? found : [...found, ...equalColumns(found)]
}

class Finder {
  readonly #binding: Binding
  readonly #functions: FunctionTraits
  readonly #comparisons: Comparisons

  constructor(binding: Binding, functions: FunctionTraits) {
    this.#binding = binding
    this.#functions = functions
    this.#comparisons = new Comparisons(binding, functions)
  }

  find(condition: Condition): readonly Pushable[] {
    const found: Pushable[] = []
    for (const [target, comparison] of this.#comparisons.of(condition.expression, condition.block)) {
      if (!mayNarrow(target, comparison, condition)) continue
      const { leaf, column, anchor } = target
      found.push({ leaf, column, comparison, condition, anchor })
    }
    return [...found, ...this.#throughIn(condition), ...this.#throughExists(condition)]
  }

  /** `x IN (SELECT t.key FROM t)`: only rows of t that equal some x can fulfil it. */
  #throughIn(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.testexpr === undefined || link.subselect === undefined || !isPlainIn(link)) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || block.output?.length !== 1) return []
    const traced = traceOutput(block, 0, this.#functions)
    if (traced === undefined) return []
    const comparison: Comparison = { operator: '=', sources: [{ kind: 'expression', node: link.testexpr }] }
    const { leaf, column } = traced
    return [{ leaf, column, comparison, condition, anchor: undefined }]
  }

  /** `EXISTS (SELECT … WHERE x = t.key)`: rows of t that equal no x cannot fulfil it. */
  #throughExists(condition: Condition): readonly Pushable[] {
    const link = inside(condition.expression, 'SubLink')
    if (link?.subLinkType !== 'EXISTS_SUBLINK' || link.subselect === undefined) return []
    const select = inside(link.subselect, 'SelectStmt')
    const block = select && this.#binding.blockOf(select)
    if (block === undefined || !passesConditions(block, this.#functions)) return []
    const found: Pushable[] = []
    for (const inner of block.conditions) {
      if (inner.position.kind === 'on' && inner.position.join !== 'inner') continue
      for (const [target, comparison] of this.#comparisons.of(inner.expression, condition.block)) {
        if (!mayNarrow(target, comparison, condition)) continue
        const { leaf, column } = target
        found.push({ leaf, column, comparison, condition: inner, anchor: undefined })
      }
    }
    return found
  }
}

/** Whether rows that fail a condition may be left out where it stands. */
function mayNarrow(target: Target, comparison: Comparison, condition: Condition): boolean {
  const { position, nullable } = condition
  if (comparison.operator === 'is null' && (target.nullable || nullable.has(target.anchor))) return false
  if (position.kind === 'where') return true
  switch (position.join) {
    case 'inner':
      return true
    // An outer join keeps the rows of one side whatever its condition says.
    case 'left':
      return position.right.has(target.anchor)
    case 'right':
      return position.left.has(target.anchor)
    case 'full':
      return false
  }
}
