/**
 * The first events of a region's log group by time, newest or oldest first, without reading all the others.
 *
 * FilterLogEvents sorts by the event's timestamp, in the direction that the first request asks for (API reference).
 * A few pages are read one after the other, and believed as long as none shows an event out of that order. Where
 * they do not suffice, what is left is read in windows of time, each twice as long as the one before and read as a
 * whole, side by side where it is large: no order of events within them is relied on.
 */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import type { Direction } from '@millrace/plugin-sdk/table'
import { ExpectedError } from '../aws-call.js'
import { FirstInOrder } from '../first-in-order.js'
import { PageTokens } from '../page-tokens.js'
import { type EventQuery, goneError, isOfStream, type PageScan, RegionEvents } from './event-pages.js'
import type { TimeBounds } from './time-bounds.js'
import { cutWindow } from './time-windows.js'

export interface FirstEventsOptions<Row> {
  readonly direction: Direction
  /** How many rows are needed that are sure to fulfil the query's conditions. */
  readonly limit: number
  readonly readRow: (event: FilteredLogEvent) => Row
  readonly isSure: (row: Row) => boolean
}

/** FilterLogEvents, startFromHead: newest first is refused where startTime is before 2024. */
const earliestNewestFirst = Date.UTC(2024, 0, 1)

const mostEventsPerPage = 10_000

/** Events of one request often have the same time; a few more show where it ends, and cost nothing. */
const fewestEventsPerPage = 100

/** They are held until it is known whether their order is right. */
const mostPagesInOrder = 4

const minute = 60_000
const day = 24 * 60 * minute

/** The first window of a time of which only the ends are known is this part of it. */
const windowsOfWhole = 64

/** What has not been read, and what is known of it. */
interface Rest {
  readonly bounds: TimeBounds
  /** How long its first window is. */
  readonly span?: number | undefined
  /** The time of its earliest event, most likely. */
  readonly earliest?: number | undefined
}

export class FirstEvents<Row> {
  readonly #region: string
  readonly #options: FirstEventsOptions<Row>
  readonly #inOrder: RegionEvents
  readonly #whole: RegionEvents
  /** How many more are needed. */
  #left: number
  #missing: ExpectedError | undefined

  constructor(region: string, scan: PageScan, options: FirstEventsOptions<Row>) {
    const perPage = Math.min(Math.max(options.limit + 1, fewestEventsPerPage), mostEventsPerPage)
    this.#region = region
    this.#options = options
    this.#inOrder = new RegionEvents(region, { ...scan, limit: perPage })
    this.#whole = new RegionEvents(region, { ...scan, limit: undefined })
    this.#left = options.limit
  }

  /** As {@link RegionEvents.missing}; known once {@link rows} has ended. */
  get missing(): ExpectedError | undefined {
    return this.#missing ?? this.#whole.missing
  }

  async *rows(query: EventQuery, bounds: TimeBounds): AsyncGenerator<readonly Row[]> {
    const unread = yield* this.#readInOrder(query, bounds)
    if (unread === undefined) return
    const isEndless = this.#options.direction === 'desc' && unread.bounds.startTime === undefined
    const rest = unread.span === undefined || isEndless ? yield* this.#readAtOnce(query, unread) : unread
    if (rest !== undefined) yield* this.#readWindows(query, rest)
  }

  /** @returns what is to be read after that; undefined if nothing is */
  async *#readInOrder(
    query: EventQuery,
    bounds: TimeBounds,
  ): AsyncGenerator<readonly Row[], Rest | undefined> {
    const { direction, limit } = this.#options
    const unread: Rest = { bounds }
    const range = direction === 'asc' ? bounds : fromEarliest(bounds)
    if (range === undefined) return unread
    const sorted = direction === 'asc' ? query : { ...query, startFromHead: false }
    const order = new FirstInOrder(direction, limit)
    const rows: { readonly row: Row; readonly time: number | undefined }[] = []
    const tokens = new PageTokens('FilterLogEvents')
    let token: string | undefined
    for (let pages = 1; ; pages++) {
      const answer = await this.#inOrder.page({ ...sorted, ...range, nextToken: token })
      if (answer instanceof ExpectedError) {
        if (token !== undefined) throw goneError(answer, this.#region)
        if (isOfStream(answer)) return unread
        this.#missing = answer
        return undefined
      }
      for (const event of answer.events ?? []) {
        const row = this.#options.readRow(event)
        rows.push({ row, time: event.timestamp })
        order.add(event.timestamp, this.#options.isSure(row))
      }
      token = tokens.next(answer.nextToken)
      if (!order.isOrdered) return unread
      if (token === undefined) {
        yield this.#counted(rows.map(({ row }) => row))
        return this.#left <= 0 ? undefined : beyond(range, bounds)
      }
      if (!order.isEnough && pages < mostPagesInOrder) continue
      const { edge, span } = order
      if (edge === undefined) return unread
      // Of the last one's time there may be more on the next page: that time is read with what is left.
      const sure = rows.flatMap(({ row, time }) => (time === edge ? [] : [row]))
      yield this.#counted(sure)
      if (this.#left <= 0) return undefined
      return {
        bounds: direction === 'asc' ? { ...bounds, startTime: edge } : { ...bounds, endTime: edge },
        span,
      }
    }
  }

  /** The whole, if a page holds it: what is left often has few events, or none. */
  async *#readAtOnce(
    query: EventQuery,
    { bounds, span }: Rest,
  ): AsyncGenerator<readonly Row[], Rest | undefined> {
    const answer = await this.#whole.page({ ...query, ...bounds })
    if (answer instanceof ExpectedError) {
      if (isOfStream(answer)) return { bounds, span: Number.POSITIVE_INFINITY }
      this.#missing = answer
      return undefined
    }
    const { events = [], nextToken } = answer
    if (new PageTokens('FilterLogEvents').next(nextToken) === undefined) {
      yield this.#counted(events.map(this.#options.readRow))
      return undefined
    }
    const times = events.flatMap(({ timestamp }) => timestamp ?? [])
    const [first] = times
    if (first === undefined) return { bounds, span }
    const earliest = times.reduce((least, time) => Math.min(least, time), first)
    const whole = (bounds.endTime ?? Date.now()) - earliest
    return { bounds, span: span ?? Math.ceil(whole / windowsOfWhole), earliest }
  }

  async *#readWindows(
    query: EventQuery,
    { bounds, span: firstSpan = day, earliest }: Rest,
  ): AsyncGenerator<readonly Row[]> {
    const guess = { start: earliest, end: Date.now() }
    let rest: TimeBounds | undefined = bounds
    for (let span = Math.max(firstSpan, minute); rest !== undefined; span *= 2) {
      const cut = cutWindow(rest, span, this.#options.direction, guess)
      for await (const events of this.#whole.pages(query, cut.window)) {
        yield this.#counted(events.map(this.#options.readRow))
      }
      if (this.#left <= 0 || this.missing !== undefined) return
      rest = cut.rest
    }
  }

  #counted(rows: readonly Row[]): readonly Row[] {
    for (const row of rows) if (this.#options.isSure(row)) this.#left--
    return rows
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
