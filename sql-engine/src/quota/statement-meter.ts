/** Counts what a statement's scans ask for and get, holds them to the statement's quotas, and reports progress. */

import { CallCounts } from './call-counts.js'
import type { CallObserver, CallOrigin } from './call-observer.js'
import {
  type CallProgress,
  ProgressRecord,
  type ScanEnd,
  type ScanProgress,
  untoldCall,
} from './progress-record.js'
import { QuotaError, type QuotaSetting } from './quota-error.js'
import { type Quotas, withinCeilings } from './quotas.js'

export interface StatementMeterOptions {
  readonly quotas: Quotas
  /** Quotas that the session cannot set any higher. Default is none. */
  readonly ceilings?: Partial<Quotas> | undefined
  /** Reports progress to the client; undefined if it does not want to know. */
  readonly notice: ((message: string) => void) | undefined
  /** Whether progress is told to people, which is the default, or to a program, as JSON. */
  readonly progress?: 'text' | 'json'
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  readonly observer?: CallObserver | undefined
}

/** The time between two notices, in milliseconds. */
const noticeInterval = 1000

export class StatementMeter {
  readonly quotas: Quotas
  readonly observer: CallObserver | undefined
  readonly #ceilings: Partial<Quotas>
  readonly #now: () => number
  readonly #record: ProgressRecord | undefined
  #notice: ((message: string) => void) | undefined
  #lastNotice: number
  /** Calls that were made, and those that are known to come. */
  #calls = 0
  #rows = 0
  #bytes = 0

  constructor({ quotas, ceilings = {}, notice, progress = 'text', now, observer }: StatementMeterOptions) {
    this.quotas = withinCeilings(quotas, ceilings)
    this.#ceilings = ceilings
    this.observer = observer
    this.#notice = progress === 'text' ? notice : undefined
    this.#record =
      progress === 'json' && notice !== undefined ? new ProgressRecord({ notice, now }) : undefined
    this.#now = now
    this.#lastNotice = now()
  }

  /**
   * @param table the virtual table's name
   * @param origin what the observer is told its calls are for; undefined where there will be none
   */
  scan(table: string, origin?: CallOrigin): ScanMeter {
    return new ScanMeter(this, table, origin, this.#record)
  }

  get now(): number {
    return this.#now()
  }

  /** Ends the statement. Scans that go on for other statements report nothing to its client. */
  close(): void {
    this.#notice = undefined
    this.#record?.close()
  }

  /** @throws QuotaError 53400 */
  checkKeys(table: string, keys: number): void {
    const limit = this.quotas.keys
    if (keys <= limit) return
    const setting = this.#setting('keys', 'max_keys')
    throw new QuotaError(
      this,
      `table "${table}" would have to be asked for ${keys} keys`,
      setting,
      'So many values, or combinations of values, for its key columns come from the statement.',
    )
  }

  /** @throws QuotaError 53400 */
  addPlannedCalls(table: string, calls: number): void {
    const limit = this.quotas.apiCalls
    const all = this.#calls + calls
    if (all > limit) {
      const others = this.#calls === 0 ? '' : `, beside ${this.#calls} for other scans`
      throw new QuotaError(
        this,
        `the statement needs at least ${all} API calls`,
        this.#setting('apiCalls', 'max_api_calls'),
        `Table "${table}" needs ${calls}${others}; none of the ${calls} has been made.`,
      )
    }
    this.#calls = all
  }

  /** @throws QuotaError 53400 */
  addUnplannedCall(table: string, call: string): void {
    const limit = this.quotas.apiCalls
    if (this.#calls >= limit) {
      throw new QuotaError(
        this,
        `table "${table}": ${call}: the statement needs more than ${limit} API calls`,
        this.#setting('apiCalls', 'max_api_calls'),
        'How many there are is known only when they have been made.',
      )
    }
    this.#calls++
  }

  /** @throws QuotaError 53400 */
  addRows(table: string, rows: number): void {
    this.#rows += rows
    const limit = this.quotas.rows
    if (this.#rows <= limit) return
    const setting = this.#setting('rows', 'max_rows')
    const message = `table "${table}": the statement fetches more than ${limit} rows`
    throw new QuotaError(this, message, setting, 'There may be many more than have come so far.')
  }

  /** @throws QuotaError 53400 */
  addBytes(table: string, bytes: number): void {
    this.#bytes += bytes
    const limit = this.quotas.bytes
    if (this.#bytes <= limit) return
    const setting = this.#setting('bytes', 'max_bytes', ' bytes')
    const message = `table "${table}": the statement fetches more than ${limit} bytes of rows`
    throw new QuotaError(this, message, setting, 'There may be many more than have come so far.')
  }

  #setting(quota: keyof Quotas, name: string, unit = ''): QuotaSetting {
    const limit = this.quotas[quota]
    return { name: `millrace.${name}`, limit, unit, isCeiling: limit === this.#ceilings[quota] }
  }

  /** Reports a scan's progress to the client, unless it has just had a notice. */
  tell(progress: () => string): void {
    if (this.#notice === undefined) return
    const now = this.#now()
    if (now - this.#lastNotice < noticeInterval) return
    this.#lastNotice = now
    this.#notice(progress())
  }
}

/**
 * Where a scan's rows came from:
 * - `miss`: from the API
 * - `hit`: they were there, or on their way for another statement
 * - `partial`: some keys, or a part of the range, were there
 * - `shared`: another scan of the statement asks for them
 * - `none`: no row could fulfil the conditions, and nothing was asked
 */
export type CacheUse = 'miss' | 'hit' | 'partial' | 'shared' | 'none'

/** Counts what one scan has asked for, and got. */
export class ScanMeter extends CallCounts {
  rows = 0
  /** Bytes as they are written into the scan table. */
  bytes = 0
  #fetches = 0
  #keys = 0
  #keysDone = 0
  #plannedCalls = 0
  #unplannedCalls = 0
  #hasCachedRows = false
  readonly statement: StatementMeter
  readonly #table: string
  readonly #origin: CallOrigin | undefined
  readonly #progress: ScanProgress | undefined

  constructor(
    statement: StatementMeter,
    table: string,
    origin: CallOrigin | undefined,
    record: ProgressRecord | undefined,
  ) {
    super()
    this.statement = statement
    this.#table = table
    this.#origin = origin
    this.#progress = origin === undefined ? undefined : record?.scan(origin, this)
  }

  /** The keys that are asked for, as far as they are known; 0 for none. */
  get keys(): number {
    return this.#keys
  }

  /** Those of them that have been answered. */
  get doneKeys(): number {
    return this.#keysDone
  }

  /** Notes that the scan has ended. */
  end(end: ScanEnd): void {
    this.#progress?.end(end)
  }

  override wantCall(name: string): CallProgress {
    return this.#progress?.wantCall(name) ?? untoldCall
  }

  /**
   * Must be called before the first call.
   * @param calls that will certainly be made
   * @param keys that will be asked for; 0 where they are not known
   * @throws QuotaError 53400
   */
  begin(calls: number, keys: number): void {
    this.#fetches++
    this.statement.addPlannedCalls(this.#table, calls)
    this.#plannedCalls += calls
    this.#keys += keys
  }

  /** Notes that some of its rows were there. */
  noteCachedRows(): void {
    this.#hasCachedRows = true
  }

  /** @param keys of the whole scan */
  cacheUse(keys: number): CacheUse {
    if (this.#fetches === 0) return 'hit'
    return this.#keys < keys || this.#hasCachedRows ? 'partial' : 'miss'
  }

  /** @throws QuotaError 53400 */
  override beginCall(name: string): void {
    if (this.calls - this.#unplannedCalls >= this.#plannedCalls) {
      this.statement.addUnplannedCall(this.#table, name)
      this.#unplannedCalls++
    }
    super.beginCall(name)
    if (this.#origin !== undefined) this.statement.observer?.called(this.#origin, name)
    this.#tell()
  }

  override noteRetry(name: string): void {
    super.noteRetry(name)
    if (this.#origin !== undefined) this.statement.observer?.retried(this.#origin, name)
  }

  override noteThrottle(name: string): void {
    super.noteThrottle(name)
    if (this.#origin !== undefined) this.statement.observer?.throttled(this.#origin, name)
  }

  override trace<Result>(name: string, request: () => Promise<Result>): Promise<Result> {
    const { observer } = this.statement
    if (observer?.trace === undefined || this.#origin === undefined) return request()
    return observer.trace({ kind: 'call', origin: this.#origin, call: name }, request)
  }

  override keysDone(keys: number): void {
    this.#keysDone += keys
    this.#tell()
  }

  /** @throws QuotaError 53400 */
  addRows(rows: number): void {
    this.rows += rows
    this.statement.addRows(this.#table, rows)
    this.#tell()
  }

  /** @throws QuotaError 53400 */
  addBytes(bytes: number): void {
    this.bytes += bytes
    this.statement.addBytes(this.#table, bytes)
  }

  #tell(): void {
    this.#progress?.changed()
    this.statement.tell(() => {
      const parts = [plural(this.calls, 'API call'), plural(this.rows, 'row')]
      if (this.#keys > 1) parts.push(`${this.#keysDone} of ${this.#keys} keys`)
      return `${this.#table}: ${parts.join(', ')} so far`
    })
  }
}

/** A number with its noun: `1 row`, `2 rows`. */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
