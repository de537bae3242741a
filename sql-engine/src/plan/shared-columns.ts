/** References to one table that ask for the same rows get the same columns too, so that one scan does for all. */
import type { VirtualLeaf } from '../bind/binding.js'
import { isLocation } from '../parse/syntax-tree.js'
import type { PlannedQual, ScanPlan } from './scan-plan.js'

type NeededColumns = ReadonlyMap<VirtualLeaf, ReadonlySet<string>>

/** @param columns that each reference needs by itself */
export function sharedColumns(plans: readonly ScanPlan[], columns: NeededColumns): NeededColumns {
  const together = new Map<string, Set<string>>()
  const shared = new Map<VirtualLeaf, ReadonlySet<string>>(columns)
  for (const plan of plans) {
    const rows = rowsOf(plan)
    if (rows === undefined) continue
    const union = together.get(rows) ?? new Set()
    for (const column of columns.get(plan.leaf) ?? []) union.add(column)
    together.set(rows, union)
    shared.set(plan.leaf, union)
  }
  return shared
}

/** Equal for scans that surely ask for the same rows; undefined where that depends on rows of others. */
function rowsOf({ leaf, isNeverRead, quals, limit }: ScanPlan): string | undefined {
  if (isNeverRead || limit !== undefined || !quals.every(isOfConstants)) return undefined
  const conditions = quals.map(({ column, comparison }) => {
    const sources =
      'sources' in comparison ? comparison.sources : 'source' in comparison ? [comparison.source] : []
    const values = sources.map((source) => (source.kind === 'boolean' ? source.value : source.source))
    return JSON.stringify([column, comparison.operator, values], (key, value: unknown) =>
      isLocation(key) ? undefined : value,
    )
  })
  return JSON.stringify([leaf.table.oid, conditions.sort()])
}

function isOfConstants({ comparison }: PlannedQual): boolean {
  const sources =
    'sources' in comparison ? comparison.sources : 'source' in comparison ? [comparison.source] : []
  return sources.every(
    (source) =>
      source.kind === 'boolean' || (source.query.from.length === 0 && source.query.virtuals.size === 0),
  )
}
