/** FilterLogEvents: the events of a log group that match, page by page. */
import { setImmediate } from 'node:timers/promises'
import { AwsError } from './aws-error.js'
import type { AwsContext, Serialized } from './aws-service.js'
import { EventCursor } from './event-cursor.js'
import { type FilterLogEventsInput, readFilterLogEventsInput } from './filter-log-events-input.js'
import { notFound } from './log-group-reference.js'
import type { LogEvent, LogGroup, LogStore } from './log-store.js'
import { type PageState, PageTokens } from './page-token.js'

/** How pages come out. The defaults are the service's own limits, with no needlessly empty page. */
export interface PagingSettings {
  /** The most events on a page, whatever the request's limit allows. */
  maxEvents: number
  /** The most bytes of messages on a page. */
  maxBytes: number
  /** The most events looked at for one page; a page that finds nothing among them is empty, but not the last. */
  scanLimit: number
  /** The number of empty pages before every page. */
  emptyPagesBefore: number
  /** Whether an empty page follows the last event. */
  emptyPageAtEnd: boolean
  /**
   * Whether an event of the very millisecond of endTime is returned: documented so, but some have found otherwise.
   */
  includesEndTime: boolean
  /** Whether events come in the order of their times, or source after source. */
  inOrder: boolean
  /** The most bytes of finished pages to keep for requests that repeat; 0 keeps none. */
  cacheBytes: number
}

export const defaultPaging: Readonly<PagingSettings> = {
  maxEvents: 10_000,
  maxBytes: 1024 * 1024,
  scanLimit: Number.POSITIVE_INFINITY,
  emptyPagesBefore: 0,
  emptyPageAtEnd: false,
  includesEndTime: true,
  inOrder: true,
  cacheBytes: 0,
}

/** The number of bytes that CloudWatch Logs counts for each event besides its message. */
const bytesBesideMessage = 26

/** How long a scan may hold the event loop. */
const longestSliceMs = 8

export class FilterLogEvents {
  readonly paging: PagingSettings = { ...defaultPaging }
  readonly #tokens = new PageTokens()
  readonly #cache = new Map<string, Buffer>()
  #cachedBytes = 0
  #cachedSettings = ''

  constructor(readonly store: LogStore) {}

  async answer(raw: unknown, context: AwsContext): Promise<Serialized> {
    const input = readFilterLogEventsInput(raw, context)
    const group = this.store.group(context.region, input.logGroupName)
    if (group === undefined) throw notFound('log group')
    if (input.logStreamNames?.some((name) => !group.streamNames.has(name))) throw notFound('log stream')
    const state = this.#openToken(input)
    const key = `${input.fingerprint}${JSON.stringify(state)}`
    const cached = this.#fromCache(key)
    if (cached !== undefined) return { text: cached }
    const { events, next } = await this.#page(group, input, state, context.signal)
    const token = next === null ? '' : `,"nextToken":"${this.#tokens.seal(next, input.fingerprint)}"`
    const text = `{"events":[${events.join(',')}],"searchedLogStreams":[]${token}}`
    return { text: this.#toCache(key, text) }
  }

  #openToken(input: FilterLogEventsInput): PageState {
    if (input.nextToken === null) return { positions: [], empty: 0, end: false }
    const state = this.#tokens.open(input.nextToken, input.fingerprint)
    if (state === null) throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.')
    return state
  }

  async #page(
    group: LogGroup,
    input: FilterLogEventsInput,
    state: PageState,
    signal: AbortSignal,
  ): Promise<{ events: readonly string[]; next: PageState | null }> {
    if (state.end) return { events: [], next: null }
    const { paging } = this
    const { startTime } = input
    const range = { startTime, endTime: paging.includesEndTime ? input.endTime : input.endTime - 1 }
    const cursor = new EventCursor(group, range, input.startFromHead, state.positions, paging.inOrder)
    if (state.empty < paging.emptyPagesBefore) {
      return { events: [], next: { ...state, positions: [...cursor.positions], empty: state.empty + 1 } }
    }
    const mostEvents = Math.min(input.limit, paging.maxEvents)
    const inStream = streamTest(input)
    const events: string[] = []
    let bytes = 0
    let scanned = 0
    let sliceEnd = performance.now() + longestSliceMs
    while (events.length < mostEvents && scanned < paging.scanLimit) {
      const event = cursor.peek()
      if (event === null) break
      if (inStream(event.logStreamName) && input.matches(event.message)) {
        const size = Buffer.byteLength(event.message) + bytesBesideMessage
        if (events.length > 0 && bytes + size > paging.maxBytes) break
        bytes += size
        events.push(serialize(event))
      }
      cursor.advance()
      scanned += 1
      if (scanned % 64 === 0 && performance.now() > sliceEnd) {
        await setImmediate()
        signal.throwIfAborted()
        sliceEnd = performance.now() + longestSliceMs
      }
    }
    if (!cursor.atEnd) return { events, next: { positions: [...cursor.positions], empty: 0, end: false } }
    return { events, next: paging.emptyPageAtEnd ? { positions: [], empty: 0, end: true } : null }
  }

  #fromCache(key: string): Buffer | undefined {
    const settings = JSON.stringify([this.store.revision, this.paging])
    if (settings !== this.#cachedSettings) {
      this.#cache.clear()
      this.#cachedBytes = 0
      this.#cachedSettings = settings
    }
    return this.#cache.get(key)
  }

  #toCache(key: string, text: string): string | Buffer {
    if (this.#cachedBytes + text.length > this.paging.cacheBytes) return text
    const page = Buffer.from(text)
    this.#cachedBytes += page.length
    this.#cache.set(key, page)
    return page
  }
}

function streamTest(input: FilterLogEventsInput): (name: string) => boolean {
  const { logStreamNames, logStreamNamePrefix } = input
  if (logStreamNames !== null) {
    const names = new Set(logStreamNames)
    return (name) => names.has(name)
  }
  return logStreamNamePrefix === null ? () => true : (name) => name.startsWith(logStreamNamePrefix)
}

/**
 * Writes an event. JSON.stringify keeps the message's text exactly: what looks like an escape in it stays as it is.
 */
function serialize(event: LogEvent): string {
  return `{"logStreamName":${JSON.stringify(event.logStreamName)},"timestamp":${event.timestamp},"message":${JSON.stringify(event.message)},"ingestionTime":${event.ingestionTime},"eventId":"${event.eventId}"}`
}
