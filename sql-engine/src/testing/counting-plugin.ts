/** A plugin over rows that a test gives, which notes what it was asked. */
import {
  type Columns,
  type ColumnType,
  definePlugin,
  equalValues,
  type Key,
  type Qual,
  type Quals,
  type Row,
  type ScanOrder,
  type StaticPlugin,
  type Table,
  type TableCache,
  tablesOf,
} from '@millrace/plugin-sdk'
import { z } from 'zod'
import { fulfilsExactly } from './exact-filter.js'
import { firstRows } from './first-rows.js'

export interface Call {
  readonly table: string
  readonly columns: readonly string[]
  /** As `column operator values`, sorted. */
  readonly quals: readonly string[]
  /** The same, as they were given. */
  readonly pushed: Quals
  readonly limit: number | undefined
  readonly order: ScanOrder | undefined
}

export interface CountedTable {
  readonly columns: Columns
  readonly keys: Readonly<Record<string, Key>>
  readonly rows: readonly Row[]
  /** As {@link Table.orders} promise, and no row more. */
  readonly orders?: Table['orders']
  readonly cache?: TableCache
}

export interface CountingPlugin {
  readonly plugin: StaticPlugin
  readonly calls: Call[]
}

/** What happens in each call, before it is answered. */
export type CallHook = (table: string, signal: AbortSignal) => Promise<void>

/** What an API leaves out: what fails an equality or a test for NULL, or all that fails any condition. */
export type Filtering = 'equality' | 'every operator'

/** The tables' rows are looked at anew by each call. */
export function countingPlugin(
  tables: Readonly<Record<string, CountedTable>>,
  inCall: CallHook = async () => {},
  filtering: Filtering = 'equality',
): CountingPlugin {
  const calls: Call[] = []
  const defineTable = tablesOf<undefined>()
  const plugin = definePlugin({
    name: 'counting',
    description: 'Rows of a test.',
    config: z.unknown(),
    identity: (config) => JSON.stringify(config),
    connect: () => undefined,
    tables: Object.entries(tables).map(([name, { columns, keys, rows, orders, cache }]) =>
      defineTable({
        name,
        description: name,
        columns,
        keys,
        ...(orders === undefined ? {} : { orders }),
        ...(cache === undefined ? {} : { cache }),
        examples: [],
        async *list(scan) {
          const call: Call = {
            table: name,
            columns: [...scan.columns].sort(),
            quals: qualsOf(scan.quals)
              .map(({ column, qual }) => describe(column, qual))
              .sort(),
            pushed: scan.quals,
            limit: scan.limit,
            order: scan.order,
          }
          calls.push(call)
          rejectBadKeys(keys, scan.quals)
          const found = rowsFor(call, { columns, rows }, filtering)
          const fetched = await scan.call('List', async (signal) => {
            await inCall(name, signal)
            return found
          })
          const wanted = fetched.map((row) =>
            Object.fromEntries(Object.entries(row).filter(([column]) => scan.columns.has(column))),
          )
          yield wanted
        },
      }),
    ),
  })
  return { plugin, calls }
}

/** The rows of a table that a call is answered with. */
export function rowsFor(
  { pushed, order, limit }: Call,
  { columns, rows }: Pick<CountedTable, 'columns' | 'rows'>,
  filtering: Filtering,
): readonly Row[] {
  const typeOf = (column: string) => columns[column]?.type ?? 'text'
  const quals = qualsOf(pushed)
  const rowsBy = (test: typeof fulfilsExactly) =>
    rows.filter((row) => quals.every(({ column, qual }) => test(typeOf(column), row[column], qual)))
  if (order !== undefined && limit !== undefined)
    return firstRows(rowsBy(fulfilsExactly), order, typeOf(order.column), limit)
  return rowsBy(filtering === 'equality' ? fulfilsEquality : fulfilsExactly)
}

function qualsOf(quals: Quals): readonly { readonly column: string; readonly qual: Qual }[] {
  return Object.entries(quals).flatMap(([column, ofColumn]) =>
    (ofColumn ?? []).map((qual) => ({ column, qual })),
  )
}

/** The engine must not make a call that the table's keys do not allow. */
function rejectBadKeys(keys: CountedTable['keys'], quals: Quals): void {
  const valuesOf = (column: string) => equalValues(quals[column])
  const anyOf = Object.entries(keys).filter(([, { require }]) => require === 'any-of')
  if (anyOf.length > 0 && anyOf.every(([column]) => valuesOf(column) === undefined)) {
    throw new Error('no key is given')
  }
  for (const [column, key] of Object.entries(keys)) {
    const values = valuesOf(column)
    if (values === undefined && key.require === 'required') throw new Error(`key ${column} is missing`)
    const most = key.valuesPerCall ?? Number.POSITIVE_INFINITY
    if (values !== undefined && values.length > most) throw new Error(`too many values for ${column}`)
    const operators = (quals[column] ?? []).map(({ operator }) => operator)
    const unknown = operators.find((operator) => !key.operators.includes(operator))
    if (unknown !== undefined) throw new Error(`${column} ${unknown} is pushed`)
    if (operators.filter((operator) => operator === '=').length > 1) throw new Error(`two = on ${column}`)
  }
}

function describe(column: string, qual: Qual): string {
  if (qual.operator === '=') return `${column} = ${qual.values.map(String).sort().join(', ')}`
  return 'value' in qual ? `${column} ${qual.operator} ${String(qual.value)}` : `${column} ${qual.operator}`
}

/** An API that knows nothing but equality: other quals may always let more through. */
function fulfilsEquality(type: ColumnType, value: unknown, qual: Qual): boolean {
  const isKnown = qual.operator === '=' || !('value' in qual)
  return isKnown ? fulfilsExactly(type, value, qual) : value !== null && value !== undefined
}
