/** The log of calls: what the sandbox was asked, when, and how many calls were in flight. */

export interface CallRecord {
  readonly id: number
  readonly service: string
  readonly operation: string
  readonly region: string | undefined
  readonly parameters: unknown
  /** The header that joins it to a trace: https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string | undefined
  /** The start, in milliseconds of the process's monotonic clock. */
  readonly startedAt: number
  /** When the last byte was handed over or the connection went; undefined while in flight. */
  readonly endedAt: number | undefined
  /** Calls of all services that were in flight when this one began, itself included. */
  readonly inFlightAtStart: number
  /** The HTTP status, undefined until the answer is on its way. */
  readonly status: number | undefined
  /** The client went away before it had the answer. */
  readonly aborted: boolean
  /** Kinds of the faults that this call met. */
  readonly faults: readonly string[]
}

export interface CallFilter {
  readonly service?: string | undefined
  readonly operation?: string | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** One call's entry, kept up to date while the call runs. */
export class OpenCall {
  constructor(
    readonly record: Mutable<CallRecord>,
    readonly onEnd: () => void,
  ) {}

  answered(status: number): void {
    this.record.status = status
  }

  metFault(kind: string): void {
    this.record.faults = [...this.record.faults, kind]
  }

  ended(aborted: boolean): void {
    if (this.record.endedAt !== undefined) return
    this.record.endedAt = performance.now()
    this.record.aborted = aborted
    this.onEnd()
  }
}

/** The number of calls that are remembered; older ones are forgotten, so that a sandbox can run for days. */
const mostRecords = 100_000

export class CallLog {
  #records: CallRecord[] = []
  #lastId = 0
  #inFlight = 0
  readonly #waiters = new Set<() => void>()

  /** Calls in the order in which they began. Records of running calls change as they go on. */
  list(filter: CallFilter = {}): readonly CallRecord[] {
    return this.#records.filter(
      (call) =>
        (filter.service === undefined || call.service === filter.service) &&
        (filter.operation === undefined || call.operation === filter.operation),
    )
  }

  count(filter: CallFilter = {}): number {
    return this.list(filter).length
  }

  /** The largest number of such calls that were in flight at one moment. */
  maxInFlight(filter: CallFilter = {}): number {
    const changes = this.list(filter).flatMap((call) => [
      { at: call.startedAt, by: 1 },
      ...(call.endedAt === undefined ? [] : [{ at: call.endedAt, by: -1 }]),
    ])
    changes.sort((a, b) => a.at - b.at || a.by - b.by)
    let running = 0
    let most = 0
    for (const change of changes) {
      running += change.by
      most = Math.max(most, running)
    }
    return most
  }

  /** Calls in flight now. */
  get inFlight(): number {
    return this.#inFlight
  }

  clear(): void {
    this.#records = []
  }

  /** Resolves once the condition holds; it is checked whenever a call begins or ends. */
  async until(condition: (log: this) => boolean): Promise<void> {
    while (!condition(this)) await this.#change()
  }

  /** Resolves with the next call that fits, of those that begin from now on. It may still be in flight. */
  async next(fits: (call: CallRecord) => boolean = () => true): Promise<CallRecord> {
    const last = this.#lastId
    const find = () => this.#records.find((call) => call.id > last && fits(call))
    let found = find()
    while (found === undefined) {
      await this.#change()
      found = find()
    }
    return found
  }

  /** Resolves when no call is in flight. */
  async idle(): Promise<void> {
    await this.until((log) => log.inFlight === 0)
  }

  open(call: Pick<CallRecord, 'service' | 'operation' | 'region' | 'parameters' | 'traceparent'>): OpenCall {
    this.#inFlight += 1
    this.#lastId += 1
    const record: Mutable<CallRecord> = {
      id: this.#lastId,
      service: call.service,
      operation: call.operation,
      region: call.region,
      parameters: call.parameters,
      traceparent: call.traceparent,
      startedAt: performance.now(),
      endedAt: undefined,
      inFlightAtStart: this.#inFlight,
      status: undefined,
      aborted: false,
      faults: [],
    }
    if (this.#records.length >= 2 * mostRecords) this.#records = this.#records.slice(-mostRecords)
    this.#records.push(record)
    this.#changed()
    return new OpenCall(record, () => {
      this.#inFlight -= 1
      this.#changed()
    })
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve))
  }

  #changed(): void {
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }
}
