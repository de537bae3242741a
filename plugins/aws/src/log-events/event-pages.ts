/**
 * Pages of FilterLogEvents in one region: one after the other, and where there are many of them, of several
 * slices of time side by side.
 */
import type {
  FilteredLogEvent,
  FilterLogEventsCommandInput,
  FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs'
import { ApiError, merge } from '@millrace/plugin-sdk'
import { awsCallExpecting, type CallScan, ExpectedError } from '../calls/aws-call.js'
import { PageTokens } from '../calls/page-tokens.js'
import type { AwsConnection } from '../connection/connection.js'
import type { LogEventClient } from '../requests/log-event-client.js'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { askedEnd, withoutLater } from './end-time.js'
import { HeldPages } from './held-pages.js'
import { ReadingPlaces } from './reading-places.js'
import type { TimeBounds } from './time-bounds.js'
import { type TimeSlice, wholeSlice, windowSlice } from './time-slices.js'

export interface PageScan extends CallScan {
  readonly connection: AwsConnection
  readonly limit: number | undefined
}

/** A page whose events have not been read. */
export interface UnreadPage {
  /** The answer's JSON. */
  readonly body: Buffer
  /** Events of later times, in milliseconds, are not asked for, and may be among them. */
  readonly endTime: number | undefined
}

export type EventPage = readonly FilteredLogEvent[] | UnreadPage

/** What is asked, except for the time. */
export type EventQuery = Omit<FilterLogEventsCommandInput, 'startTime' | 'endTime' | 'nextToken' | 'limit'>

type LogEventInput = FilterLogEventsCommandInput & EventQuery

/** Gives the pages from a token on. */
type ReadRest<Unread> = (
  query: EventQuery,
  bounds: TimeBounds,
  token: string,
  tokens: PageTokens,
) => AsyncGenerator<Unread>

const mostEventsPerPage = 10_000
/**
 * The most slices read at once: enough to keep the API busy at the rates that accounts have, and few enough to bound
 * the pages in memory.
 */
const mostSlicesAtOnce = 8
const notFound = ['ResourceNotFoundException']

/** One region's part of a scan. */
export class RegionEvents {
  readonly #region: string
  readonly #scan: PageScan
  readonly #places: ReadingPlaces
  /** The number of events that are still needed. */
  #left: number
  #hasGroup = false
  #emptyPages = 0
  #missing: ExpectedError | undefined

  constructor(region: string, scan: PageScan) {
    this.#region = region
    this.#scan = scan
    this.#left = scan.limit ?? Number.POSITIVE_INFINITY
    // What a page can hold is not worth a second reader.
    const pages = Math.max(1, Math.ceil(this.#left / mostEventsPerPage))
    this.#places = new ReadingPlaces(Math.min(mostSlicesAtOnce, pages))
  }

  /** What the API said where the region has no such log group; known once {@link pages} has ended. */
  get missing(): ExpectedError | undefined {
    return this.#missing
  }

  /** The number of calls so far that gave no events. */
  get emptyPages(): number {
    return this.#emptyPages
  }

  /** All pages that hold events, in no particular order; fewer if the scan's limit is reached before. */
  pages(query: EventQuery, bounds: TimeSlice['bounds']): AsyncGenerator<readonly FilteredLogEvent[]> {
    return this.#slice(query, wholeSlice(bounds))
  }

  /** The same as {@link pages}, but that most are not read. */
  unreadPages(query: EventQuery, bounds: TimeSlice['bounds']): AsyncGenerator<EventPage> {
    // A limit counts events.
    const readRest = this.#scan.limit === undefined ? this.#unreadRest.bind(this) : undefined
    return this.#slice<UnreadPage>(query, wholeSlice(bounds), readRest)
  }

  /** The same as {@link pages}, for a range so short that empty pages are no reason to divide it. */
  pagesOfWindow(query: EventQuery, bounds: TimeSlice['bounds']): AsyncGenerator<readonly FilteredLogEvent[]> {
    return this.#slice(query, windowSlice(bounds))
  }

  /**
   * One page as it comes, with no more events than the scan's limit; what the API says where something is missing.
   */
  page(input: LogEventInput): Promise<FilterLogEventsCommandOutput | ExpectedError> {
    return this.#ask(input)
  }

  /**
   * A slice's pages, or those of its parts.
   * @param readRest gives the pages from a token on, of a slice that will not be divided; undefined where they are read as those
   *   before
   */
  async *#slice<Unread = never>(
    query: EventQuery,
    slice: TimeSlice,
    readRest?: ReadRest<Unread>,
  ): AsyncGenerator<readonly FilteredLogEvent[] | Unread> {
    const leave = await this.#places.take(this.#scan.signal)
    const held = new HeldPages(slice, this.#places.count)
    try {
      const tokens = new PageTokens('FilterLogEvents')
      let token: string | undefined
      do {
        if (this.#left <= 0) return
        const answer = await this.#ask({ ...query, ...slice.bounds, nextToken: token })
        if (answer instanceof ExpectedError) {
          // Some pages have come, but the rest cannot be had.
          if (token !== undefined) throw goneError(answer, this.#region)
          leave()
          yield* this.#withoutMissingStreams(answer, query, slice, readRest)
          return
        }
        this.#hasGroup = true
        if ((answer.events ?? []).length === 0) this.#emptyPages++
        token = tokens.next(answer.nextToken)
        const next = held.add(answer.events ?? [], token === undefined)
        if (next.kind === 'divide') {
          leave()
          yield* merge(next.parts.map((part) => this.#slice(query, part, readRest)))
          return
        }
        for (const events of next.pages) {
          this.#left -= events.length
          yield events
        }
        if (token !== undefined && next.pages.length > 0 && readRest !== undefined) {
          yield* readRest(query, slice.bounds, token, tokens)
          return
        }
        // The API may give empty pages in between; only a page without a token is the last.
      } while (token !== undefined)
    } finally {
      leave()
    }
  }

  async *#unreadRest(
    query: EventQuery,
    bounds: TimeBounds,
    first: string,
    tokens: PageTokens,
  ): AsyncGenerator<UnreadPage> {
    for (let token: string | undefined = first; token !== undefined; ) {
      const input = { ...query, ...bounds, nextToken: token }
      const answer = await this.#call(input, (client, asked, signal) => client.readEventBytes(asked, signal))
      if (answer instanceof ExpectedError) throw goneError(answer, this.#region)
      token = tokens.next(answer.nextToken)
      yield { body: answer.body, endTime: bounds.endTime }
    }
  }

  async #ask(input: LogEventInput): Promise<FilterLogEventsCommandOutput | ExpectedError> {
    const answer = await this.#call(input, (client, asked, abortSignal) =>
      client.filterLogEvents(asked, { abortSignal }),
    )
    return answer instanceof ExpectedError ? answer : withoutLater(answer, input.endTime)
  }

  #call<Answer>(
    input: LogEventInput,
    call: (
      client: LogEventClient,
      asked: FilterLogEventsCommandInput,
      signal: AbortSignal,
    ) => Promise<Answer>,
  ): Promise<Answer | ExpectedError> {
    const { connection, limit = mostEventsPerPage } = this.#scan
    const { endTime } = input
    const asked = {
      ...input,
      endTime: endTime === undefined ? undefined : askedEnd(endTime),
      limit: Math.max(Math.min(limit, mostEventsPerPage), 1),
    }
    return awsCallExpecting(this.#scan, 'FilterLogEvents', this.#region, notFound, async (signal) =>
      call(await connection.client(cloudWatchLogs, this.#region), asked, signal),
    )
  }

  /**
   * Reads without missing streams: one name for which the group has no stream fails the call for all of them. So the
   * names are halved until those that exist have answered.
   */
  async *#withoutMissingStreams<Unread>(
    error: ExpectedError,
    query: EventQuery,
    slice: TimeSlice,
    readRest: ReadRest<Unread> | undefined,
  ): AsyncGenerator<readonly FilteredLogEvent[] | Unread> {
    const names = query.logStreamNames ?? []
    if (!isOfStream(error)) {
      if (this.#hasGroup) throw goneError(error, this.#region)
      this.#missing = error
      return
    }
    this.#hasGroup = true
    if (names.length < 2) return
    const half = Math.ceil(names.length / 2)
    const halves = [names.slice(0, half), names.slice(half)]
    yield* merge(halves.map((logStreamNames) => this.#slice({ ...query, logStreamNames }, slice, readRest)))
  }
}

/** Whether a log stream is missing, and not the group. */
export function isOfStream({ message }: ExpectedError): boolean {
  return /log stream/i.test(message)
}

/** The error for a group that has answered before, and is gone. */
export function goneError(error: ExpectedError, region: string): ApiError {
  return new ApiError(`FilterLogEvents: what is read was deleted in ${region} meanwhile`, {
    detail: `${error.code}: ${error.message}`,
    hint: 'Run the query again.',
  })
}
