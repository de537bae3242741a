/** The local conditions on a scan, which PostgreSQL alone checks, and why. */
import type { Binding, Condition, TableReference } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll, inside, stringsOf } from '../parse/syntax-tree.js'
import { ColumnTraces } from './column-traces.js'
import type { NeededColumns } from './needed.js'
import type { NotPushed } from './not-pushed.js'
import type { ScanPlan } from './scan-plan.js'
import { mayAskForWideDigits } from './wide-digits.js'

export interface LocalCondition {
  readonly condition: Condition
  readonly reason: NotPushed
}

export function localConditions(
  binding: Binding,
  scans: readonly ScanPlan[],
  functions: FunctionTraits,
  needed: Pick<NeededColumns, 'isRead'>,
): ReadonlyMap<TableReference, readonly LocalCondition[]> {
  const pushed = new Set(scans.flatMap(({ quals }) => quals.map(({ condition }) => condition)))
  const found = new Map<TableReference, LocalCondition[]>()
  const traces = new ColumnTraces(binding, functions, needed)
  const plans = new Map(scans.map((scan) => [scan.fromItem, scan]))
  for (const condition of binding.blocks.flatMap(({ conditions }) => conditions)) {
    // A condition that gives values for a scan narrows no other.
    if (pushed.has(condition)) continue
    // What it says about groups it does not say about rows.
    if (condition.clause.kind === 'having') continue
    for (const fromItem of fromItemsOf(condition, binding, traces)) {
      const rejection = plans
        .get(fromItem)
        ?.refused()
        .find((refused) => refused.condition === condition)
      const reason = rejection?.reason ?? formOf(condition, functions)
      found.set(fromItem, [...(found.get(fromItem) ?? []), { condition, reason }])
    }
  }
  return found
}

/** The virtual tables whose columns a condition reads, through subqueries too. */
function fromItemsOf(
  { expression }: Condition,
  binding: Binding,
  traces: ColumnTraces,
): ReadonlySet<TableReference> {
  const fromItems = new Set<TableReference>()
  for (const reference of findAll(expression, 'ColumnRef')) {
    const bound = binding.columnOf(reference)
    if (bound?.fromItem.kind === 'virtual') fromItems.add(bound.fromItem)
    else if (bound !== undefined) for (const { fromItem } of traces.of(bound)) fromItems.add(fromItem)
  }
  return fromItems
}

function formOf({ expression, clause, nullable }: Condition, functions: FunctionTraits): NotPushed {
  if ((clause.kind === 'on' && clause.join !== 'inner') || nullable.size > 0) return { kind: 'outer join' }
  const { name, rexpr } = inside(expression, 'A_Expr') ?? {}
  const operator = stringsOf(name)?.at(-1)
  const isWide =
    operator !== undefined && rexpr !== undefined && mayAskForWideDigits(operator, rexpr, functions)
  return { kind: isWide ? 'digits' : 'form' }
}
