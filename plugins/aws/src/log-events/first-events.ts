/**
 * The first events of a region's log group by time, newest or oldest first, without reading all the others.
 *
 * FilterLogEvents sorts by the event's timestamp, in the direction that the first request asks for (API reference). A
 * few pages are read one after the other, and trusted as long as none shows an event out of that order. Where they do
 * not suffice, the rest is read in windows of time, each longer than the one before and read as a whole, side by side
 * where it is large: no order of events within them is relied on.
 *
 * None of this may cost many more calls than reading it all, as it would where events are few, or where the API
 * answers with empty pages first, for each range that it is asked for. So calls made in vain are counted; once there
 * are as many as it is worth, all the rest is read at once.
 */
import type { FilteredLogEvent, FilterLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs'
import type { Direction } from '@millrace/plugin-sdk'
import { ExpectedError } from '../calls/aws-call.js'
import { FirstInOrder } from '../calls/first-in-order.js'
import { PageTokens } from '../calls/page-tokens.js'
import { type EventQuery, goneError, isOfStream, type PageScan, RegionEvents } from './event-pages.js'
import type { TimeBounds } from './time-bounds.js'
import { cutWindow } from './time-windows.js'

export interface FirstEventsOptions<Row> {
  readonly direction: Direction
  /** The number of rows needed that certainly fulfil the query's conditions. */
  readonly limit: number
  readonly readRow: (event: FilteredLogEvent) => Row
  readonly isSure: (row: Row) => boolean
}

/** The earliest startTime for newest first; with an earlier one, FilterLogEvents rejects startFromHead. */
const earliestNewestFirst = Date.UTC(2024, 0, 1)

const mostEventsPerPage = 10_000

/**
 * The fewest events to ask for on a page. Events of one request often have the same time; a few more show where it
 * ends, and cost nothing.
 */
const fewestEventsPerPage = 100

/**
 * The most pages with events that are held until it is known whether their order is right. A page has a megabyte at
 * most.
 */
const mostPagesInOrder = 4

/** The most pages that are read one after the other, with the empty ones; more are read side by side. */
const mostPagesInTurn = 8

/** The most empty pages and windows that are spent on windows before all the rest is read. */
const mostInVain = 4

/** The fewest pages expected for which windows are used; if the first page suggests fewer in all, all are read. */
const fewestPagesForWindows = 8

/** How much longer a window is than the one before, and than one without events. */
const growth = { usual: 2, afterNothing: 16 }

const minute = 60_000
const day = 24 * 60 * minute

/** The part of a time that its first window takes, where only the ends of the time are known. */
const windowsOfWhole = 64

/** The outcome of reading pages in order. Rows have been handed on, except in a disorder. */
type Reading =
  /** The rows suffice, or there is no such log group. */
  | { readonly kind: 'done' }
  /** The range has no more. */
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'disordered' }
  | {
      readonly kind: 'stopped'
      readonly rest: TimeBounds
      /**
       * The length of the time that has been read, and the part of it that a page takes; undefined where no events
       * have come.
       */
      readonly span: number | undefined
      readonly page: number | undefined
      /** Whether the last page had as many events as possible. */
      readonly isFilled: boolean
    }

/** What has not been read, and what is known of it. */
interface Rest {
  readonly bounds: TimeBounds
  /** The length of its first window. */
  readonly span?: number | undefined
  /** The length of the time that a page takes, as far as has been seen. */
  readonly page?: number | undefined
  /** The time of its earliest event, most likely. */
  readonly earliest?: number | undefined
  /** Whether reading it in order has come to nothing: it is best read as a whole. */
  readonly isWhole?: boolean
}

export class FirstEvents<Row> {
  readonly #region: string
  readonly #options: FirstEventsOptions<Row>
  readonly #perPage: number
  /** Readers for pages of few events, and of as many as possible. */
  readonly #few: RegionEvents
  readonly #many: RegionEvents
  /** The number of events that are still needed. */
  #left: number
  #hasGroup = false
  #missing: ExpectedError | undefined

  constructor(region: string, scan: PageScan, options: FirstEventsOptions<Row>) {
    this.#region = region
    this.#options = options
    this.#perPage = Math.min(Math.max(options.limit + 1, fewestEventsPerPage), mostEventsPerPage)
    this.#few = new RegionEvents(region, { ...scan, limit: this.#perPage })
    this.#many = new RegionEvents(region, { ...scan, limit: undefined })
    this.#left = options.limit
  }

  /** The same as {@link RegionEvents.missing}; known once {@link rows} has ended. */
  get missing(): ExpectedError | undefined {
    return this.#missing ?? this.#many.missing
  }

  async *rows(query: EventQuery, bounds: TimeBounds): AsyncGenerator<readonly Row[]> {
    const unread = yield* this.#readInOrder(query, bounds)
    if (unread === undefined) return
    const isEndless = this.#options.direction === 'desc' && unread.bounds.startTime === undefined
    const isKnown = unread.isWhole === true || (unread.span !== undefined && !isEndless)
    const rest = isKnown ? unread : yield* this.#readFromStart(query, unread)
    if (rest === undefined) return
    if (rest.isWhole === true) yield* this.#rowsOf(this.#many.pages(query, rest.bounds))
    else yield* this.#readWindows(query, rest)
  }

  /** @returns what remains to be read; undefined if nothing does */
  async *#readInOrder(
    query: EventQuery,
    bounds: TimeBounds,
  ): AsyncGenerator<readonly Row[], Rest | undefined> {
    const isAscending = this.#options.direction === 'asc'
    const range = isAscending ? bounds : fromEarliest(bounds)
    if (range === undefined) return { bounds }
    const sorted = isAscending ? query : { ...query, startFromHead: false }
    const within = ({ startTime, endTime }: TimeBounds) =>
      isAscending ? { ...bounds, startTime } : { ...bounds, endTime }
    const few = yield* this.#readPages(this.#few, sorted, range, this.#perPage)
    // Where a page of few events does not suffice, one of many costs no more.
    const isTooFew = few.kind === 'stopped' && few.isFilled && this.#perPage < mostEventsPerPage
    const start = isTooFew ? few.rest : range
    const read = isTooFew ? yield* this.#readPages(this.#many, sorted, start, mostEventsPerPage) : few
    switch (read.kind) {
      case 'done':
        return undefined
      case 'exhausted':
        return beyond(range, bounds)
      case 'disordered':
        return { bounds: within(start) }
      case 'stopped':
        return {
          bounds: within(read.rest),
          span: read.span,
          page: read.page,
          isWhole: read.span === undefined,
        }
    }
  }

  /** Pages of a range in the order of their events, until they suffice, or show that they will not soon. */
  async *#readPages(
    reader: RegionEvents,
    sorted: EventQuery,
    range: TimeBounds,
    perPage: number,
  ): AsyncGenerator<readonly Row[], Reading> {
    const order = new FirstInOrder(this.#options.direction, this.#left)
    const rows: { readonly row: Row; readonly time: number | undefined }[] = []
    const tokens = new PageTokens('FilterLogEvents')
    let token: string | undefined
    let withEvents = 0
    for (let pages = 1; ; pages++) {
      const answer = await reader.page({ ...sorted, ...range, nextToken: token })
      if (answer instanceof ExpectedError) {
        return this.#isGone(answer, token) ? { kind: 'done' } : { kind: 'disordered' }
      }
      const { events = [] } = this.#present(answer)
      for (const event of events) {
        const row = this.#options.readRow(event)
        rows.push({ row, time: event.timestamp })
        order.add(event.timestamp, this.#options.isSure(row))
      }
      token = tokens.next(answer.nextToken)
      if (!order.isOrdered) return { kind: 'disordered' }
      if (token === undefined) {
        yield this.#counted(rows.map(({ row }) => row))
        return this.#left <= 0 ? { kind: 'done' } : { kind: 'exhausted' }
      }
      if (events.length > 0) withEvents++
      const isFilled = events.length >= perPage
      const isLast = withEvents === mostPagesInOrder || pages === mostPagesInTurn
      if (!order.isEnough && !isLast && !(isFilled && perPage < mostEventsPerPage)) continue
      const { edge, span } = order
      if (edge === undefined || span === undefined) {
        return { kind: 'stopped', rest: range, span, page: undefined, isFilled }
      }
      // There may be more of the last event's time on the next page: that time is read with the rest.
      yield this.#counted(rows.flatMap(({ row, time }) => (time === edge ? [] : [row])))
      if (this.#left <= 0) return { kind: 'done' }
      const isAscending = this.#options.direction === 'asc'
      const rest = isAscending ? { ...range, startTime: edge } : { ...range, endTime: edge }
      return { kind: 'stopped', rest, span, page: span / withEvents, isFilled }
    }
  }

  /** Reads from the earliest events on: the whole, if that is not more than a page, as is often so. */
  async *#readFromStart(
    query: EventQuery,
    { bounds, span, page }: Rest,
  ): AsyncGenerator<readonly Row[], Rest | undefined> {
    const tokens = new PageTokens('FilterLogEvents')
    let token: string | undefined
    for (let pages = 0; pages < mostPagesInTurn; pages++) {
      const answer = await this.#many.page({ ...query, ...bounds, nextToken: token })
      if (answer instanceof ExpectedError) {
        return this.#isGone(answer, token) ? undefined : { bounds, isWhole: true }
      }
      const { events = [] } = this.#present(answer)
      token = tokens.next(answer.nextToken)
      if (token === undefined) {
        yield this.#counted(events.map(this.#options.readRow))
        return undefined
      }
      const times = events.flatMap(({ timestamp }) => timestamp ?? [])
      const [first] = times
      if (first === undefined) continue
      const earliest = times.reduce((least, time) => Math.min(least, time), first)
      const latest = times.reduce((greatest, time) => Math.max(greatest, time), first)
      const whole = (bounds.endTime ?? Date.now()) - earliest + 1
      const expected = whole / Math.min(latest - earliest + 1, page ?? Number.POSITIVE_INFINITY)
      if (expected < fewestPagesForWindows) return { bounds, isWhole: true }
      return { bounds, span: span ?? Math.ceil(whole / windowsOfWhole), earliest }
    }
    return { bounds, isWhole: true }
  }

  async *#readWindows(
    query: EventQuery,
    { bounds, span: firstSpan = day, earliest }: Rest,
  ): AsyncGenerator<readonly Row[]> {
    const guess = { start: earliest, end: Date.now() }
    const emptyBefore = this.#many.emptyPages
    let span = Math.max(firstSpan, minute)
    let rest: TimeBounds | undefined = bounds
    while (rest !== undefined) {
      const isInVain = this.#many.emptyPages - emptyBefore >= mostInVain
      const cut = cutWindow(rest, isInVain ? Number.POSITIVE_INFINITY : span, this.#options.direction, guess)
      const isLast = cut.rest === undefined
      const pages = isLast ? this.#many.pages(query, cut.window) : this.#many.pagesOfWindow(query, cut.window)
      let hasEvents = false
      for await (const rows of this.#rowsOf(pages)) {
        hasEvents = true
        yield rows
      }
      if (this.#left <= 0 || this.missing !== undefined) return
      span *= hasEvents ? growth.usual : growth.afterNothing
      rest = cut.rest
    }
  }

  async *#rowsOf(pages: AsyncIterable<readonly FilteredLogEvent[]>): AsyncGenerator<readonly Row[]> {
    for await (const events of pages) yield this.#counted(events.map(this.#options.readRow))
  }

  #counted(rows: readonly Row[]): readonly Row[] {
    for (const row of rows) if (this.#options.isSure(row)) this.#left--
    return rows
  }

  #present(answer: FilterLogEventsCommandOutput): FilterLogEventsCommandOutput {
    this.#hasGroup = true
    return answer
  }

  /**
   * Whether the group is missing, and not a stream.
   * @throws ApiError where there was one before
   */
  #isGone(answer: ExpectedError, token: string | undefined): boolean {
    if (token !== undefined) throw goneError(answer, this.#region)
    if (isOfStream(answer)) return false
    if (this.#hasGroup) throw goneError(answer, this.#region)
    this.#missing = answer
    return true
  }
}

/** The part of a time that can be read newest first. */
function fromEarliest({ startTime, endTime }: TimeBounds): TimeBounds | undefined {
  if (endTime !== undefined && endTime < earliestNewestFirst) return undefined
  return { startTime: Math.max(startTime ?? 0, earliestNewestFirst), endTime }
}

/** What lies before a part that has been read newest first; undefined if nothing does. */
function beyond(read: TimeBounds, { startTime }: TimeBounds): Rest | undefined {
  if (read.startTime === undefined || read.startTime <= (startTime ?? 0)) return undefined
  return { bounds: { startTime, endTime: read.startTime - 1 } }
}
