/**
 * How far a statement's scans have come, for programs that draw it: notices of JSON, some of them a second, and a last one.
 * Times are milliseconds since the statement's first scan could begin.
 */
import type { CallOrigin } from './call-observer.js'

/** What a scan counts; it is read whenever a notice is due. */
export interface ScanCounts {
  readonly calls: number
  readonly retries: number
  readonly throttles: number
  readonly rows: number
  readonly keys: number
  readonly doneKeys: number
}

/** How a scan has ended. */
export interface ScanEnd {
  readonly cache: string
  readonly error: string | undefined
}

/** A call on its way. Must be ended. */
export interface CallProgress {
  /** Its turn has come. */
  begun(): void
  ended(outcome: 'answered' | 'throttled' | 'failed'): void
}

/** Of which nobody is told. */
export const untoldCall: CallProgress = { begun: () => {}, ended: () => {} }

/** The time between two notices, in milliseconds. */
const interval = 100

/** Calls of a statement that are told one by one; all are counted. */
const mostCalls = 2_000

/** A call that has ended, as it is told. */
interface CallSpan {
  readonly scan: number
  readonly call: string
  readonly wanted: number
  readonly begun: number
  readonly ended: number
  readonly outcome: string
}

interface ProgressOptions {
  readonly notice: (message: string) => void
  readonly now: () => number
}

export class ProgressRecord {
  readonly #notice: (message: string) => void
  readonly #now: () => number
  readonly #start: number
  readonly #scans: ScanProgress[] = []
  #calls: CallSpan[] = []
  #toldCalls = 0
  #last: number
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ notice, now }: ProgressOptions) {
    this.#notice = notice
    this.#now = now
    this.#start = now()
    this.#last = this.#start - interval
  }

  /** Milliseconds since the start. */
  get time(): number {
    return Math.round((this.#now() - this.#start) * 10) / 10
  }

  scan(origin: CallOrigin, counts: ScanCounts): ScanProgress {
    const scan = new ScanProgress(this, this.#scans.length + 1, origin, counts)
    this.#scans.push(scan)
    this.changed()
    return scan
  }

  addCall(call: CallSpan): void {
    if (this.#toldCalls++ < mostCalls) this.#calls.push(call)
    this.changed()
  }

  /** Something is to be told, at once or when the next notice is due. */
  changed(): void {
    if (this.#isClosed || this.#timer !== undefined) return
    const due = this.#last + interval - this.#now()
    if (due <= 0) this.#tell()
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        this.#tell()
      }, due)
      this.#timer.unref()
    }
  }

  /** Tells how it has ended. Scans that go on for other statements tell nothing any more. */
  close(): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed && this.#scans.length > 0) this.#tell()
    this.#isClosed = true
  }

  #tell(): void {
    this.#last = this.#now()
    const calls = this.#calls
    this.#calls = []
    this.#notice(JSON.stringify({ scans: this.#scans.map((scan) => scan.told()), calls }))
  }
}

export class ScanProgress {
  readonly #record: ProgressRecord
  readonly #number: number
  readonly #origin: CallOrigin
  readonly #counts: ScanCounts
  readonly #begun: number
  #waiting = 0
  #inFlight = 0
  #end: (ScanEnd & { readonly ended: number }) | undefined

  constructor(record: ProgressRecord, number: number, origin: CallOrigin, counts: ScanCounts) {
    this.#record = record
    this.#number = number
    this.#origin = origin
    this.#counts = counts
    this.#begun = record.time
  }

  /** A call wants to begin. */
  wantCall(call: string): CallProgress {
    const wanted = this.#record.time
    let begun: number | undefined
    this.#waiting++
    this.changed()
    return {
      begun: () => {
        begun = this.#record.time
        this.#waiting--
        this.#inFlight++
        this.changed()
      },
      ended: (outcome) => {
        // One that is called off before its turn has never been made.
        if (begun === undefined) {
          this.#waiting--
          this.changed()
          return
        }
        this.#inFlight--
        this.#record.addCall({ scan: this.#number, call, wanted, begun, ended: this.#record.time, outcome })
      },
    }
  }

  changed(): void {
    this.#record.changed()
  }

  end(end: ScanEnd): void {
    this.#end = { ...end, ended: this.#record.time }
    this.changed()
  }

  told(): Readonly<Record<string, unknown>> {
    const { connection, table } = this.#origin
    const { calls, retries, throttles, rows, keys, doneKeys } = this.#counts
    return {
      scan: this.#number,
      connection,
      table,
      calls,
      retries,
      throttles,
      inFlight: this.#inFlight,
      waiting: this.#waiting,
      rows,
      keys,
      keysDone: doneKeys,
      begun: this.#begun,
      ...this.#end,
    }
  }
}
