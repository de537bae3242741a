/** Scans that ask for everything that the keys allow, against which the optimised ones are checked. */
import type { TableReference } from '../bind/binding.js'
import type { PlannedQual, ScanPlan } from './scan-plan.js'

/** Whether scans are narrowed, limited and shared; `none` is for tests. */
export type Optimisations = 'all' | 'none'

/** The same scans without a limit, and with no conditions but those that their tables cannot do without. */
export function unoptimisedScans(plans: readonly ScanPlan[]): readonly ScanPlan[] {
  return plans.map((plan) => ({ ...plan, limit: undefined, quals: plan.quals.filter(isNeeded) }))
}

/** Every column of every table. */
export function allColumns(
  fromItems: readonly TableReference[],
): ReadonlyMap<TableReference, ReadonlySet<string>> {
  return new Map(
    fromItems.map((fromItem) => [fromItem, new Set(fromItem.table.columns.map(({ name }) => name))]),
  )
}

function isNeeded({ key, comparison }: PlannedQual): boolean {
  return comparison.operator === '=' && (key.require ?? 'optional') !== 'optional'
}
