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
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { HeldPages } from './held-pages.js'
import { ReadingPlaces } from './reading-places.js'
import { type TimeSlice, wholeSlice, windowSlice } from './time-slices.js'

export interface PageScan extends CallScan {
  readonly connection: AwsConnection
  readonly limit: number | undefined
}

/** What is asked, except for the time. */
export type EventQuery = Omit<FilterLogEventsCommandInput, 'startTime' | 'endTime' | 'nextToken' | 'limit'>

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

  /** The same as {@link pages}, for a range so short that empty pages are no reason to divide it. */
  pagesOfWindow(query: EventQuery, bounds: TimeSlice['bounds']): AsyncGenerator<readonly FilteredLogEvent[]> {
    return this.#slice(query, windowSlice(bounds))
  }

  /**
   * One page as it comes, with no more events than the scan's limit; what the API says where something is missing.
   */
  page(
    input: FilterLogEventsCommandInput & EventQuery,
  ): Promise<FilterLogEventsCommandOutput | ExpectedError> {
    return this.#ask(input)
  }

  /** A slice's pages, or those of its parts. */
  async *#slice(query: EventQuery, slice: TimeSlice): AsyncGenerator<readonly FilteredLogEvent[]> {
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
          yield* this.#withoutMissingStreams(answer, query, slice)
          return
        }
        this.#hasGroup = true
        if ((answer.events ?? []).length === 0) this.#emptyPages++
        token = tokens.next(answer.nextToken)
        const next = held.add(answer.events ?? [], token === undefined)
        if (next.kind === 'divide') {
          leave()
          yield* merge(next.parts.map((part) => this.#slice(query, part)))
          return
        }
        for (const events of next.pages) {
          this.#left -= events.length
          yield events
        }
        // The API may give empty pages in between; only a page without a token is the last.
      } while (token !== undefined)
    } finally {
      leave()
    }
  }

  async #ask(
    input: FilterLogEventsCommandInput & EventQuery,
  ): Promise<FilterLogEventsCommandOutput | ExpectedError> {
    const { connection, limit = mostEventsPerPage } = this.#scan
    const { endTime } = input
    const asked = {
      ...input,
      endTime: endTime === undefined ? undefined : askedEnd(endTime),
      limit: Math.max(Math.min(limit, mostEventsPerPage), 1),
    }
    const answer = await awsCallExpecting(
      this.#scan,
      'FilterLogEvents',
      this.#region,
      notFound,
      async (abortSignal) =>
        (await connection.client(cloudWatchLogs, this.#region)).filterLogEvents(asked, { abortSignal }),
    )
    return endTime === undefined || answer instanceof ExpectedError ? answer : withoutLater(answer, endTime)
  }

  /**
   * Reads without missing streams: one name for which the group has no stream fails the call for all of them. So the
   * names are halved until those that exist have answered.
   */
  async *#withoutMissingStreams(
    error: ExpectedError,
    query: EventQuery,
    slice: TimeSlice,
  ): AsyncGenerator<readonly FilteredLogEvent[]> {
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
    yield* merge(halves.map((logStreamNames) => this.#slice({ ...query, logStreamNames }, slice)))
  }
}

/**
 * The endTime to ask with, for events up to and including a millisecond. The API reference calls endTime inclusive;
 * people have found it exclusive. One millisecond more gives all of them either way.
 */
function askedEnd(lastMillisecond: number): number {
  return lastMillisecond + 1
}

/** Drops events of the additional millisecond: they belong to another slice of time, or were not asked for. */
function withoutLater(
  answer: FilterLogEventsCommandOutput,
  lastMillisecond: number,
): FilterLogEventsCommandOutput {
  const isLater = ({ timestamp = 0 }: FilteredLogEvent) => timestamp > lastMillisecond
  if (answer.events?.some(isLater) !== true) return answer
  return { ...answer, events: answer.events.filter((event) => !isLater(event)) }
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
