/** The conditions on a scan that stay with PostgreSQL alone, and why. */
import type { Binding, Condition, VirtualLeaf } from '../bind/binding.js'
import type { FunctionTraits } from '../bind/function-traits.js'
import { findAll } from '../parse/syntax-tree.js'
import { ColumnTraces } from './column-traces.js'
import type { NotPushed } from './not-pushed.js'
import type { ScanPlan } from './scan-plan.js'

export interface KeptCondition {
  readonly condition: Condition
  readonly reason: NotPushed
}

export function keptConditions(
  binding: Binding,
  scans: readonly ScanPlan[],
  functions: FunctionTraits,
): ReadonlyMap<VirtualLeaf, readonly KeptCondition[]> {
  const pushed = new Set(scans.flatMap(({ quals }) => quals.map(({ condition }) => condition)))
  const kept = new Map<VirtualLeaf, KeptCondition[]>()
  const traces = new ColumnTraces(binding, functions)
  const plans = new Map(scans.map((scan) => [scan.leaf, scan]))
  for (const condition of binding.blocks.flatMap(({ conditions }) => conditions)) {
    // One that gives values for a scan narrows no other.
    if (pushed.has(condition)) continue
    // What it says of groups it does not say of rows.
    if (condition.position.kind === 'having') continue
    for (const leaf of leavesOf(condition, binding, traces)) {
      const refusal = plans
        .get(leaf)
        ?.refused()
        .find((refused) => refused.condition === condition)
      const reason = refusal?.reason ?? formOf(condition)
      kept.set(leaf, [...(kept.get(leaf) ?? []), { condition, reason }])
    }
  }
  return kept
}

/** The virtual tables whose columns a condition reads, through subqueries too. */
function leavesOf(
  { expression }: Condition,
  binding: Binding,
  traces: ColumnTraces,
): ReadonlySet<VirtualLeaf> {
  const leaves = new Set<VirtualLeaf>()
  for (const reference of findAll(expression, 'ColumnRef')) {
    const bound = binding.columnOf(reference)
    if (bound?.leaf.kind === 'virtual') leaves.add(bound.leaf)
    else if (bound !== undefined) for (const { leaf } of traces.of(bound)) leaves.add(leaf)
  }
  return leaves
}

function formOf({ position, nullable }: Condition): NotPushed {
  const isOuter = (position.kind === 'on' && position.join !== 'inner') || nullable.size > 0
  return { kind: isOuter ? 'outer join' : 'form' }
}
