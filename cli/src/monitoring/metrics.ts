/**
 * What a server counts and measures of itself, for Prometheus. Names and units follow
 * https://prometheus.io/docs/practices/naming/. No label holds a statement's text, a user's name or a value of a query.
 */
import type { EndedStatement, StatementObserver } from '@millrace/server/session/statement-watch'
import type { CallOrigin, EngineObserver, EngineStage } from '@millrace/sql-engine/report/engine-observer'
import type { ScanRecord } from '@millrace/sql-engine/report/scan-record'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { BoundedLabels } from './bounded-labels.js'

/** What is read when somebody asks, rather than counted. */
export interface Readings {
  readonly sessions: Readonly<Record<'client' | 'loopback', number>>
  readonly callLoads: ReadonlyMap<string, { readonly inFlight: number; readonly waiting: number }>
}

export interface MetricsOptions {
  readonly version: string
  /** @returns undefined as long as nothing serves */
  readonly readings: () => Readings | undefined
  readonly isReady: () => Promise<boolean>
}

/** The most series of a metric that are named in full, and of those that are named in part. */
const mostSeries = 1_000
/** Classes of SQLSTATEs, of which anyone can make up some with RAISE. */
const mostErrorClasses = 60

/** In seconds: from a relayed statement to a query that asks an API for minutes. */
const durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]

const originLabels = ['plugin', 'connection', 'table'] as const
const callLabels = [...originLabels, 'call'] as const

type OriginLabels = { readonly [Label in (typeof originLabels)[number]]: string }
type CallLabels = OriginLabels & { readonly call: string }
type ScanLabels = OriginLabels & { readonly cache: string }

export class Metrics implements EngineObserver, StatementObserver {
  readonly wantsTexts = false
  readonly #registry = new Registry()
  readonly #calls = new BoundedLabels<CallLabels>(['connection'], mostSeries)
  readonly #scans = new BoundedLabels<ScanLabels>(['connection'], mostSeries)
  readonly #origins = new BoundedLabels<OriginLabels>(['connection'], mostSeries)
  readonly #errorClasses = new BoundedLabels<{ readonly class: string }>(['class'], mostErrorClasses)

  readonly #statements = this.#counter('millrace_statements_total', 'Statements of clients that have ended', [
    'outcome',
  ])
  readonly #errors = this.#counter(
    'millrace_statement_errors_total',
    "Statements that have failed, by the class of their SQLSTATE, which is the code's first two characters",
    ['class'],
  )
  readonly #statementRows = this.#counter(
    'millrace_statement_rows_total',
    'Rows that statements have returned or changed',
  )
  readonly #statementSeconds = this.#histogram(
    'millrace_statement_duration_seconds',
    'Seconds from the arrival of a statement to its last reply',
  )
  readonly #stageSeconds = this.#histogram(
    'millrace_statement_stage_duration_seconds',
    'Seconds that statements took in a stage: plan and fetch, of those over virtual tables; postgres, of all',
    ['stage'],
  )
  readonly #scanCount = this.#counter(
    'millrace_scans_total',
    'Scans of virtual tables, by where their rows came from: hit, partial, miss, shared, none',
    [...originLabels, 'cache'],
  )
  readonly #scanFailures = this.#counter(
    'millrace_scan_failures_total',
    'Scans that have failed, or have gone on without rows',
    originLabels,
  )
  readonly #scanSeconds = this.#histogram(
    'millrace_scan_duration_seconds',
    'Seconds that scans took which asked an API',
    ['plugin'],
  )
  readonly #fetchedRows = this.#counter(
    'millrace_fetched_rows_total',
    'Rows that were fetched from APIs',
    originLabels,
  )
  readonly #fetchedBytes = this.#counter(
    'millrace_fetched_bytes_total',
    'Bytes of the rows that were fetched from APIs',
    originLabels,
  )
  readonly #apiCalls = this.#counter(
    'millrace_api_calls_total',
    'Requests that scans have made of APIs, including repeated ones',
    callLabels,
  )
  readonly #retries = this.#counter(
    'millrace_api_call_retries_total',
    'Requests that were made again after a failure',
    callLabels,
  )
  readonly #throttles = this.#counter(
    'millrace_api_call_throttles_total',
    'Answers of APIs that they are asked too often',
    callLabels,
  )
  readonly #restarts = this.#counter(
    'millrace_engine_restarts_total',
    'How often PostgreSQL has ended by itself and was started again',
  )

  constructor({ version, readings, isReady }: MetricsOptions) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    new Gauge({
      name: 'millrace_build_info',
      help: 'The version; the value is always 1',
      labelNames: ['version'],
      registers,
    }).set({ version }, 1)
    new Gauge({
      name: 'millrace_engine_up',
      help: 'Whether PostgreSQL answers',
      registers,
      async collect() {
        this.set((await isReady()) ? 1 : 0)
      },
    })
    new Gauge({
      name: 'millrace_sessions',
      help: 'Sessions of clients, and those by which PostgreSQL asks on their behalf (loopback)',
      labelNames: ['kind'],
      registers,
      collect() {
        const { client, loopback } = readings()?.sessions ?? { client: 0, loopback: 0 }
        this.set({ kind: 'client' }, client)
        this.set({ kind: 'loopback' }, loopback)
      },
    })
    for (const [name, help, read] of [
      ['millrace_api_calls_in_flight', 'Requests that APIs have not answered yet', 'inFlight'],
      ['millrace_api_calls_waiting', 'Requests that wait for a place or a rate limit', 'waiting'],
    ] as const) {
      new Gauge({
        name,
        help,
        labelNames: ['plugin'],
        registers,
        collect() {
          this.reset()
          for (const [plugin, load] of readings()?.callLoads ?? []) this.set({ plugin }, load[read])
        },
      })
    }
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** All of them in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  engineRestarted(): void {
    this.#restarts.inc()
  }

  ended({ milliseconds, stagingMilliseconds, rows, sqlState }: EndedStatement): void {
    this.#statements.inc({ outcome: sqlState === undefined ? 'ok' : 'error' })
    if (sqlState !== undefined) this.#errors.inc(this.#errorClasses.of({ class: sqlState.slice(0, 2) }))
    this.#statementRows.inc(rows)
    this.#statementSeconds.observe(milliseconds / 1000)
    const inPostgres = Math.max(0, milliseconds - stagingMilliseconds)
    this.#stageSeconds.observe({ stage: 'postgres' }, inPostgres / 1000)
  }

  passed(stage: EngineStage, milliseconds: number): void {
    this.#stageSeconds.observe({ stage }, milliseconds / 1000)
  }

  called(origin: CallOrigin, call: string): void {
    this.#apiCalls.inc(this.#calls.of({ ...origin, call }))
  }

  retried(origin: CallOrigin, call: string): void {
    this.#retries.inc(this.#calls.of({ ...origin, call }))
  }

  throttled(origin: CallOrigin, call: string): void {
    this.#throttles.inc(this.#calls.of({ ...origin, call }))
  }

  scanned(origin: CallOrigin, { cache, meter, milliseconds, error }: ScanRecord): void {
    this.#scanCount.inc(this.#scans.of({ ...origin, cache }))
    const labels = this.#origins.of(origin)
    if (error !== undefined) this.#scanFailures.inc(labels)
    if (meter.calls > 0) this.#scanSeconds.observe({ plugin: origin.plugin }, milliseconds / 1000)
    if (meter.rows > 0) this.#fetchedRows.inc(labels, meter.rows)
    if (meter.bytes > 0) this.#fetchedBytes.inc(labels, meter.bytes)
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Counter<Label>({ name, help, labelNames: [...labelNames], registers: [this.#registry] })
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Histogram<Label>({
      name,
      help,
      labelNames: [...labelNames],
      buckets: durations,
      registers: [this.#registry],
    })
  }
}
