/** Scans as the engine makes them, and what a table did while they ran. */
import type { Columns, Row } from '../column.js'
import { divideQuals } from '../divide-quals.js'
import { isFetched, listRows } from '../list-rows.js'
import type { Qual, QualValue } from '../qual.js'
import type { Hydrate, Scan, ScanOrder, Table } from '../table.js'
import { scanOf } from '../testing.js'

/** A table of any shape: what it is asked for is read from its declarations. */
export type AnyTable = Table<unknown, Columns>
export type AnyRow = Row<Columns>
/** Conditions by column. */
export type AnyQuals = Readonly<Record<string, readonly Qual<QualValue>[]>>

export interface ScanSpecification {
  readonly table: AnyTable
  readonly connection: unknown
  readonly columns: readonly string[]
  readonly quals: AnyQuals
  readonly limit?: number | undefined
  readonly order?: ScanOrder | undefined
  readonly signal?: AbortSignal
  /** Whether hydrate functions are called for rows, too, that have their columns already, as the engine does not. */
  readonly hydratesAll?: boolean
  /** Takes the place of calls. By default they are made. */
  readonly call?: Scan['call']
}

/** The rows that one call of `list` gave. */
export interface ListPart {
  readonly quals: AnyQuals
  readonly rows: readonly AnyRow[]
}

export interface ScanOutcome {
  readonly rows: readonly AnyRow[]
  readonly parts: readonly ListPart[]
  /** The names of calls that `list` made. */
  readonly listCalls: readonly string[]
  /** The names of calls that hydrate functions made. */
  readonly hydrateCalls: readonly string[]
}

/** Reads a table to its end, one call of `list` after the other, with the hydrate functions of the columns. */
export async function runScan(specification: ScanSpecification): Promise<ScanOutcome> {
  const { table } = specification
  const listCalls: string[] = []
  const hydrateCalls: string[] = []
  const parts: ListPart[] = []
  for (const quals of divideQuals(specification.quals, table.keys)) {
    const listed = scanFor({ ...specification, quals }, listCalls)
    const hydrating = scanFor({ ...specification, quals }, hydrateCalls)
    const wanted = Object.values(table.hydrate ?? {}).filter((hydrate) =>
      hydrate.columns.some((column) => listed.columns.has(column)),
    )
    const rows: AnyRow[] = []
    for await (const batch of listRows(table, listed)) {
      for (const row of batch) {
        const needed = wanted.filter(
          (hydrate) => specification.hydratesAll === true || !isFetched(row, hydrate),
        )
        rows.push(await hydrated(row, needed, hydrating))
      }
    }
    parts.push({ quals, rows })
  }
  return { rows: parts.flatMap(({ rows }) => rows), parts, listCalls, hydrateCalls }
}

/** The scan that a table is given. */
export function scanFor(specification: ScanSpecification, calls: string[]): Scan<unknown, Columns> {
  const { table, connection, columns, quals, limit, order, signal, call } = specification
  const scan = scanOf(table, {
    connection,
    columns,
    quals,
    ...(limit === undefined ? {} : { limit }),
    ...(order === undefined ? {} : { order }),
    ...(signal === undefined ? {} : { signal }),
    onCall: (name) => calls.push(name),
  })
  return call === undefined ? scan : { ...scan, call }
}

async function hydrated(
  row: AnyRow,
  hydrates: readonly Hydrate<unknown, Columns>[],
  scan: Scan<unknown, Columns>,
): Promise<AnyRow> {
  const parts = await Promise.all(hydrates.map((hydrate) => hydrate.fetch(row, scan)))
  return Object.assign({}, row, ...parts)
}

/** The columns that no hydrate function fetches. */
export function listedColumns({ columns, hydrate = {} }: AnyTable): string[] {
  const hydrated = new Set(Object.values(hydrate).flatMap((each) => each.columns))
  return Object.keys(columns).filter((column) => !hydrated.has(column))
}
