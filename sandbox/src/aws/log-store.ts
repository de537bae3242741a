/** Log groups and their events. Events come from sources, so that a million of them need not be in memory. */

export interface LogEvent {
  readonly logStreamName: string
  /** The time in epoch milliseconds. */
  readonly timestamp: number
  readonly message: string
  readonly ingestionTime: number
  readonly eventId: string
}

/** Events in ascending order of their timestamps, each made when it is asked for. Never changes. */
export interface EventSource {
  readonly length: number
  readonly streamNames: readonly string[]
  timestampAt(index: number): number
  eventAt(index: number): LogEvent
}

/** What else is known of a log group; members are named as in the API. */
export interface LogGroupDetails {
  /** The time in epoch milliseconds. */
  readonly creationTime?: number
  readonly retentionInDays?: number
  readonly storedBytes?: number
  readonly kmsKeyId?: string
  readonly logGroupClass?: 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY'
  readonly dataProtectionStatus?: 'ACTIVATED' | 'DELETED' | 'ARCHIVED' | 'DISABLED'
  readonly inheritedProperties?: readonly string[]
  /** The policy as GetDataProtectionPolicy gives it; the document is JSON text. */
  readonly dataProtection?: { readonly policyDocument: string; readonly lastUpdatedTime: number }
  readonly tags?: Readonly<Record<string, string>>
  readonly metricFilters?: readonly MetricFilter[]
}

/** A metric filter, as the API shows it. */
export interface MetricFilter {
  readonly filterName: string
  readonly filterPattern: string
  /** The time in epoch milliseconds. */
  readonly creationTime: number
  readonly metricTransformations: readonly {
    readonly metricName: string
    readonly metricNamespace: string
    readonly metricValue: string
  }[]
}

export interface LogGroup {
  readonly name: string
  readonly region: string
  readonly streamNames: ReadonlySet<string>
  readonly sources: readonly EventSource[]
  readonly details: LogGroupDetails
}

/** An event as it is put into a log group. */
export interface PutEvent {
  readonly message: string
  /** The time in epoch milliseconds. */
  readonly timestamp: number
  readonly ingestionTime?: number
  readonly logStreamName?: string
}

interface OpenLogGroup extends LogGroup {
  readonly streamNames: Set<string>
  readonly sources: EventSource[]
  details: LogGroupDetails
}

export const defaultStreamName = 'events'

export class LogStore {
  readonly #groups = new Map<string, OpenLogGroup>()
  /** A number that changes with every change of the content. */
  revision = 0

  group(region: string, name: string): LogGroup | undefined {
    return this.#groups.get(`${region}/${name}`)
  }

  /** A region's log groups, in the ASCII order of their names. */
  groupsIn(region: string): readonly LogGroup[] {
    return [...this.#groups.values()]
      .filter((group) => group.region === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Adds details to a log group, which is made when it is not there. */
  describeGroup(region: string, name: string, details: LogGroupDetails): void {
    const group = this.#open(region, name)
    group.details = { ...group.details, ...details }
  }

  /** Makes a log group, empty, unless it is there. */
  createGroup(region: string, name: string, streamNames: readonly string[] = []): void {
    const group = this.#open(region, name)
    for (const streamName of streamNames) group.streamNames.add(streamName)
  }

  /** Adds events to a log group, which is made when it is not there. */
  addEvents(region: string, name: string, events: readonly PutEvent[]): void {
    this.addSource(region, name, listSource(events))
  }

  addSource(region: string, name: string, source: EventSource): void {
    const group = this.#open(region, name)
    for (const streamName of source.streamNames) group.streamNames.add(streamName)
    group.sources.push(source)
    this.revision += 1
  }

  deleteGroup(region: string, name: string): boolean {
    this.revision += 1
    return this.#groups.delete(`${region}/${name}`)
  }

  #open(region: string, name: string): OpenLogGroup {
    const key = `${region}/${name}`
    const present = this.#groups.get(key)
    if (present !== undefined) return present
    const created: OpenLogGroup = { name, region, streamNames: new Set(), sources: [], details: {} }
    this.#groups.set(key, created)
    return created
  }
}

/** An event id is a long decimal number in the real service; this one is unique within a source. */
export function makeEventId(timestamp: number, index: number): string {
  return `3${timestamp}${String(index).padStart(12, '0')}`.padEnd(56, '0')
}

function listSource(put: readonly PutEvent[]): EventSource {
  const events = put
    .map((event, index) => ({
      logStreamName: event.logStreamName ?? defaultStreamName,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingestionTime ?? event.timestamp,
      eventId: makeEventId(event.timestamp, index),
    }))
    .sort((a, b) => a.timestamp - b.timestamp || a.ingestionTime - b.ingestionTime)
  const eventAt = (index: number): LogEvent => {
    const event = events[index]
    if (event === undefined) throw new RangeError(`no event ${index}`)
    return event
  }
  return {
    length: events.length,
    streamNames: [...new Set(events.map((event) => event.logStreamName))],
    timestampAt: (index) => eventAt(index).timestamp,
    eventAt,
  }
}

/** The first index whose timestamp is at or after a time; the length when there is none. */
export function firstAtOrAfter(source: EventSource, time: number): number {
  let low = 0
  let high = source.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (source.timestampAt(middle) < time) low = middle + 1
    else high = middle
  }
  return low
}
