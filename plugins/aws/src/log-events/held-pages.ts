/** The first pages of a slice of time, held until it is known whether the slice is divided or read through. */
import type { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { divide, type SeenEvents, type TimeSlice } from './time-slices.js'

type Page = readonly FilteredLogEvent[]

export type Next =
  /** Pages to hand on, those with events only; none while they are held. */
  | { readonly kind: 'hand on'; readonly pages: readonly Page[] }
  /** The slice is given up, with all of its pages, in favour of its parts. */
  | { readonly kind: 'divide'; readonly parts: readonly TimeSlice[] }

const mostEmptyPages = 3

export class HeldPages {
  readonly #slice: TimeSlice
  readonly #places: number
  #held: Page[] = []
  #looked = 0
  #seen: SeenEvents | undefined
  #isDecided = false

  /** @param places the number of slices that can be read side by side */
  constructor(slice: TimeSlice, places: number) {
    this.#slice = slice
    this.#places = places
  }

  /** What to do now that a further page has come. */
  add(page: Page, isLast: boolean): Next {
    if (page.length > 0) this.#held.push(page)
    if (this.#isDecided || isLast) return this.#handOn()
    this.#looked++
    this.#seen = withPage(this.#seen, page)
    const { division } = this.#slice
    const parts = divide(this.#slice, this.#seen, Date.now(), this.#places)
    if (parts === undefined || division.kind === 'done') return this.#handOn()
    // The API gives an empty page now and then; several show that it searches for long.
    const pages = this.#seen === undefined ? mostEmptyPages : division.pages
    if (this.#looked < pages) return { kind: 'hand on', pages: [] }
    return { kind: 'divide', parts }
  }

  /** Hands on the pages; once something has been handed on, it is too late to divide. */
  #handOn(): Next {
    const pages = this.#held
    this.#held = []
    if (pages.length > 0) this.#isDecided = true
    return { kind: 'hand on', pages }
  }
}

function withPage(seen: SeenEvents | undefined, page: Page): SeenEvents | undefined {
  const times = page.flatMap(({ timestamp }) => timestamp ?? [])
  const [first] = times
  if (first === undefined) return seen
  // A page has too many events for Math.min and its arguments.
  const earliest = times.reduce((least, time) => (time < least ? time : least), seen?.earliest ?? first)
  const latest = times.reduce((greatest, time) => (time > greatest ? time : greatest), seen?.latest ?? first)
  return { pages: (seen?.pages ?? 0) + 1, earliest, latest }
}
