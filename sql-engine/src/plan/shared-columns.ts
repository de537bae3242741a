/**
 * References to one table that ask for the same rows also get the same columns, so that one scan serves all of them.
 */
import type { FromItem, TableReference } from '../bind/binding.js'
import { engineColumns } from '../catalog/catalog-columns.js'
import { isLocation } from '../parse/syntax-tree.js'
import type { PlannedSource, ScanPlan } from './scan-plan.js'

type NeededColumns = ReadonlyMap<TableReference, ReadonlySet<string>>

/**
 * @param plans each after those that it depends on
 * @param columns that each reference needs by itself
 */
export function sharedColumns(plans: readonly ScanPlan[], columns: NeededColumns): NeededColumns {
  const numbers = new Numbers()
  const together = new Map<number, Set<string>>()
  for (const plan of plans) {
    const needed = columns.get(plan.fromItem) ?? []
    const number = numbers.number(plan)
    together.set(number, new Set([...(together.get(number) ?? []), ...needed]))
  }
  const free = freeColumns(columns)
  const shared = new Map<TableReference, ReadonlySet<string>>(columns)
  for (const { fromItem } of plans) {
    const own = together.get(numbers.of(fromItem)) ?? []
    shared.set(fromItem, new Set([...own, ...(free.get(fromItem.table.oid) ?? [])]))
  }
  return shared
}

/**
 * Columns that the engine adds, by the OIDs of tables to which a reference needs them. They cost no call; if only
 * some scans of a table had them, those could not be shared with others.
 */
function freeColumns(columns: NeededColumns): ReadonlyMap<number, readonly string[]> {
  const free = new Map<number, readonly string[]>()
  for (const [{ table }, needed] of columns) {
    const added = engineColumns.flatMap(({ name }) => (needed.has(name) ? [name] : []))
    free.set(table.oid, [...(free.get(table.oid) ?? []), ...added])
  }
  return free
}

/** Gives FROM items numbers, the same to those that surely have the same rows. */
class Numbers {
  readonly #ofFromItems = new Map<FromItem, number>()
  readonly #ofRows = new Map<string, number>()

  of(fromItem: FromItem): number {
    const number = this.#ofFromItems.get(fromItem) ?? this.#ofFromItems.size
    this.#ofFromItems.set(fromItem, number)
    return number
  }

  /** The number of a scan's FROM item; scans whose rows its key queries read already have theirs. */
  number(plan: ScanPlan): number {
    const { fromItem, isNeverRead, limit } = plan
    const own = this.of(fromItem)
    if (isNeverRead || limit !== undefined) return own
    const rows = this.#rowsOf(plan)
    const number = this.#ofRows.get(rows) ?? own
    this.#ofRows.set(rows, number)
    this.#ofFromItems.set(fromItem, number)
    return number
  }

  /**
   * Equal for scans that ask for the same rows. (Names in conditions may stand for FROM items other than they stand
   * for in another's; a scan then has more columns than it needs.)
   */
  #rowsOf({ fromItem, quals }: ScanPlan): string {
    const conditions = quals.map(({ column, comparison }) => {
      const sources =
        'sources' in comparison ? comparison.sources : 'source' in comparison ? [comparison.source] : []
      const values = sources.map((source) => this.#valuesOf(source))
      return withoutLocations([column, comparison.operator, values])
    })
    return JSON.stringify([fromItem.table.oid, conditions.sort()])
  }

  #valuesOf(source: PlannedSource): unknown {
    if (source.kind === 'boolean') return source.value
    const { from, where } = source.query
    return [source.source, from.map((fromItem) => this.of(fromItem)), where]
  }
}

function withoutLocations(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => (isLocation(key) ? undefined : value))
}
