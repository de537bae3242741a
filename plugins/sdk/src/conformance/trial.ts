/** A table on trial: what it is asked for, and what it has yielded, once for all checks. */
import type { QualValue } from '../qual.js'
import { canonicalValue } from './column-values.js'
import { ConformanceFailure } from './conformance-failure.js'
import { judge } from './judge.js'
import {
  type AnyQuals,
  type AnyRow,
  type AnyTable,
  runScan,
  type ScanOutcome,
  type ScanSpecification,
} from './run-scan.js'

/** One thing that is checked. */
export interface Check {
  /** The same in each run, and unique within its table: exceptions name it. */
  readonly name: string
  /** @throws ConformanceFailure where it is not so; what the table throws */
  run(): Promise<void>
}

/** The connections that checks use. */
export interface Connections {
  /** Makes a new one for a check, and closes it afterwards. */
  use<Result>(work: (connection: unknown) => Promise<Result>): Promise<Result>
}

export interface TrialOptions {
  /** With which the stand-in has rows: the table's required keys, and whatever else makes few rows of many. */
  readonly quals: () => AnyQuals
  /** Values to ask keys for, where those of the rows do not do. */
  readonly values: () => Readonly<Record<string, readonly QualValue[]>>
  /** Columns in which no row of the stand-in has a value, divided by commas, and why. */
  readonly unseen: Readonly<Record<string, string>>
  /** Columns whose values may be others when they are read again. */
  readonly varying: readonly string[]
  /** Names of calls that the table need not name. */
  readonly commonCalls: readonly string[]
  /** The longest that something may take to end, in milliseconds. */
  readonly patience: number
}

export class Trial {
  readonly table: AnyTable
  readonly options: TrialOptions
  readonly #connections: Connections
  #baseline: Promise<Baseline> | undefined

  constructor(table: AnyTable, connections: Connections, options: TrialOptions) {
    this.table = table
    this.#connections = connections
    this.options = options
  }

  /** All rows with all columns, for the quals of the options. */
  baseline(): Promise<Baseline> {
    this.#baseline ??= this.#readBaseline()
    return this.#baseline
  }

  async #readBaseline(): Promise<Baseline> {
    const first = await this.scan({})
    const second = await this.scan({})
    return new Baseline(this.table, first, second, this.options.varying)
  }

  /** A scan over a new connection, of all columns and with the quals of the options unless others are given. */
  scan(request: Partial<ScanSpecification>): Promise<ScanOutcome> {
    return this.#connections.use((connection) => runScan(this.specification(connection, request)))
  }

  specification(connection: unknown, request: Partial<ScanSpecification>): ScanSpecification {
    const { table, options } = this
    return { table, connection, columns: Object.keys(table.columns), quals: options.quals(), ...request }
  }

  use<Result>(work: (connection: unknown) => Promise<Result>): Promise<Result> {
    return this.#connections.use(work)
  }

  /** Waits for something that is to end. @throws ConformanceFailure if it does not end in time */
  async ends<Result>(what: string, promise: Promise<Result>): Promise<Result> {
    const { patience } = this.options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new ConformanceFailure(`${what} has not ended after ${patience / 1000} s`)),
        patience,
      )
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What a table yields as a whole; two scans of it, by which those columns are known that always change. */
export class Baseline {
  readonly outcome: ScanOutcome
  readonly again: ScanOutcome
  readonly #table: AnyTable
  readonly #comparable: readonly string[]

  constructor(table: AnyTable, outcome: ScanOutcome, again: ScanOutcome, varying: readonly string[]) {
    this.#table = table
    this.outcome = outcome
    this.again = again
    this.#comparable = Object.keys(table.columns).filter(
      (column) => !varying.includes(column) && this.isSteady(column),
    )
  }

  get rows(): readonly AnyRow[] {
    return this.outcome.rows
  }

  /** Whether both scans have the same values in a column. */
  isSteady(column: string): boolean {
    const textOf = ({ rows }: ScanOutcome) => rows.map((row) => this.#textOf(row, [column])).sort()
    const [one, other] = [textOf(this.outcome), textOf(this.again)]
    return one.length === other.length && one.every((text, index) => text === other[index])
  }

  /** The rows that certainly fulfil conditions. */
  fulfilling(quals: AnyQuals, rows: readonly AnyRow[] = this.rows): AnyRow[] {
    return rows.filter((row) => fulfilment(this.#table, row, quals) === 'true')
  }

  /**
   * The first of some rows that other rows lack, with each row as often as it is there.
   * @param columns by which rows are compared, besides those that always change
   */
  missing(
    expected: readonly AnyRow[],
    found: readonly AnyRow[],
    columns: readonly string[],
  ): AnyRow | undefined {
    const compared = columns.filter((column) => this.#comparable.includes(column))
    const counts = new Map<string, number>()
    for (const row of found) {
      const text = this.#textOf(row, compared)
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    return expected.find((row) => {
      const text = this.#textOf(row, compared)
      const count = counts.get(text) ?? 0
      counts.set(text, count - 1)
      return count === 0
    })
  }

  #textOf(row: AnyRow, columns: readonly string[]): string {
    return JSON.stringify(
      columns.map((column) => {
        const type = this.#table.columns[column]?.type ?? 'text'
        const value = canonicalValue(row[column], type)
        return typeof value === 'bigint' ? `${value}n` : (value ?? null)
      }),
    )
  }
}

/** Whether a row fulfils all conditions. */
export function fulfilment(table: AnyTable, row: AnyRow, quals: AnyQuals): 'true' | 'false' | 'unknown' {
  const verdicts = Object.entries(quals).flatMap(([name, ofColumn]) => {
    const column = table.columns[name]
    return column === undefined ? [] : ofColumn.map((qual) => judge(qual, row[name], column))
  })
  if (verdicts.includes('false')) return 'false'
  return verdicts.includes('unknown') ? 'unknown' : 'true'
}

/** A row in a message. */
export function shown(row: AnyRow, columns: readonly string[] = Object.keys(row)): string {
  const values = Object.fromEntries(columns.slice(0, 12).map((column) => [column, row[column]]))
  const json = JSON.stringify(values, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return json.length > 400 ? `${json.slice(0, 400)}…` : json
}
