/** What a session's last statements have asked of APIs: the rows of millrace.scan and millrace.scan_summary. */
import { type Row, toJsonText } from '@millrace/plugin-sdk'
import type { TableReference } from '../bind/binding.js'
import { once } from '../once.js'
import type { KeptText } from './describe-scans.js'
import { instantText } from './qual-text.js'
import type { ScanRecord } from './scan-record.js'

/** Scans that are remembered; the oldest statements go first. */
const rememberedScans = 500
/** Characters of a statement, a condition or a value that are remembered. */
const longestText = 500
/** Characters of a statement whose tree is held for its conditions' sake. */
const longestHeld = 10_000
/** Values of a list, and conditions of a scan, that are remembered. */
const mostValues = 100

/** The local conditions of one of a statement's scans. */
type KeptTextsOf = (fromItem: TableReference) => readonly KeptText[]

interface Remembered {
  readonly number: number
  readonly text: string
  readonly scans: readonly ScanRow[]
}

interface ScanRow {
  readonly connection: string
  readonly table: string
  readonly columns: readonly string[]
  readonly quals: unknown
  /** Computed when it is asked for. */
  readonly kept: () => unknown
  readonly limit: number | undefined
  readonly calls: number
  readonly retries: number
  readonly throttles: number
  readonly innerCalls: number
  readonly rows: number
  readonly bytes: number
  readonly cache: ScanRecord['cache']
  /** When it started, in milliseconds since 1970. */
  readonly startedAt: number
  readonly milliseconds: number
  readonly error: string | undefined
}

/** The history of one session. */
export class ScanHistory {
  #statements: Remembered[] = []
  #text = ''
  #isLong = false
  #scans = 0
  #last = 0
  #calls = 0

  /** The API calls of all statements, including those that are forgotten. */
  get calls(): number {
    return this.#calls
  }

  /** Forgets everything: the session belongs to another client from now on. */
  clear(): void {
    this.#statements = []
    this.#text = ''
    this.#scans = 0
    this.#last = 0
  }

  /** Begins a statement. The session runs one after the other, so what is added from now on belongs to this one. */
  begin(text: string): void {
    this.#text = beginningOf(text.trim())
    this.#isLong = text.length > longestHeld
  }

  /** @param keptTextsOf called when they are asked for */
  add(records: readonly ScanRecord[], keptTextsOf: KeptTextsOf): void {
    if (records.length === 0) return
    for (const { meter } of records) this.#calls += meter.calls
    const scans = records.map((record) => scanRow(record, keptTextsOf)).slice(0, rememberedScans)
    // They are computed from the statement's tree, which is held until then.
    if (this.#isLong) for (const { kept } of scans) kept()
    this.#statements.push({ number: ++this.#last, text: this.#text, scans })
    this.#scans += scans.length
    while (this.#scans > rememberedScans) this.#scans -= this.#statements.shift()?.scans.length ?? 0
  }

  scanRows(): readonly Row[] {
    return this.#statements.flatMap(({ number, text, scans }) =>
      scans.map((scan, index) => ({
        statement: BigInt(number),
        statement_text: text,
        scan: BigInt(index + 1),
        connection: scan.connection,
        table_name: scan.table,
        columns: toJsonText(scan.columns),
        quals_pushed: toJsonText(scan.quals),
        quals_kept: toJsonText(scan.kept()),
        row_limit: scan.limit === undefined ? null : BigInt(scan.limit),
        ...countsOf([scan]),
        cache_hit: scan.cache === 'hit',
        cache: scan.cache,
        started_at: new Date(scan.startedAt),
        duration_ms: scan.milliseconds,
        error: scan.error ?? null,
      })),
    )
  }

  summaryRows(): readonly Row[] {
    return this.#statements.map(({ number, text, scans }) => {
      const start = Math.min(...scans.map(({ startedAt }) => startedAt))
      const end = Math.max(...scans.map(({ startedAt, milliseconds }) => startedAt + milliseconds))
      return {
        statement: BigInt(number),
        statement_text: text,
        scans: BigInt(scans.length),
        cache_hits: BigInt(scans.filter(({ cache }) => cache === 'hit').length),
        ...countsOf(scans),
        started_at: new Date(start),
        duration_ms: end - start,
        error: scans.find(({ error }) => error !== undefined)?.error ?? null,
      }
    })
  }
}

/** The beginning of a text, copied, since a part of a string keeps all of it in memory. */
function beginningOf(text: string): string {
  return text.length > longestText ? Buffer.from(text.slice(0, longestText)).toString() : text
}

function scanRow(record: ScanRecord, keptTextsOf: KeptTextsOf): ScanRow {
  const { fromItem, connection, columns, quals, limit, cache, meter, startedAt, milliseconds, error } = record
  const { calls, retries, throttles, innerCalls, rows, bytes } = meter
  return {
    connection,
    table: fromItem.table.definition.name,
    columns: [...columns].sort(),
    quals: quals === undefined ? null : pushedJson(quals, fromItem),
    kept: once(() =>
      keptTextsOf(fromItem)
        .slice(0, mostValues)
        .map(({ condition, reason }) => ({ condition: beginningOf(condition), reason })),
    ),
    limit: limit?.rows,
    calls,
    retries,
    throttles,
    innerCalls,
    rows,
    bytes,
    cache,
    startedAt: startedAt.getTime(),
    milliseconds,
    error,
  }
}

/** Conditions by column, each an object of `operator` and `value`, or `values`; of many values the first ones. */
function pushedJson(quals: NonNullable<ScanRecord['quals']>, { table }: TableReference): unknown {
  const entries = Object.entries(quals).map(([column, ofColumn]) => {
    const type = table.columns.find(({ name }) => name === column)?.type
    const json = (value: unknown) => {
      if (typeof value === 'string') return beginningOf(value)
      if (typeof value !== 'bigint') return value
      return type === 'timestamp with time zone' ? instantText(value) : value.toString()
    }
    const described = ofColumn.map((qual) => {
      if (qual.operator === '=') {
        const more = qual.values.length - mostValues
        const values = qual.values.slice(0, mostValues).map(json)
        return { operator: '=', values, ...(more > 0 ? { more } : {}) }
      }
      return 'value' in qual
        ? { operator: qual.operator, value: json(qual.value) }
        : { operator: qual.operator }
    })
    return [column, described]
  })
  return Object.fromEntries(entries)
}

function countsOf(scans: readonly ScanRow[]) {
  const sum = (count: (scan: ScanRow) => number) => BigInt(scans.reduce((all, scan) => all + count(scan), 0))
  return {
    calls: sum(({ calls }) => calls),
    retries: sum(({ retries }) => retries),
    throttles: sum(({ throttles }) => throttles),
    inner_calls: sum(({ innerCalls }) => innerCalls),
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
  }
}
