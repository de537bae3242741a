/**
 * How a range of time is divided, so that FilterLogEvents can read its parts side by side.
 *
 * A slice is divided only before any of its events has been handed on, and its parts are then read from their
 * beginnings: parts do not overlap, each event lies in exactly one, and no order of events within or across pages is
 * relied on. The order that a page shows only serves to guess how many pages there are.
 */
import type { TimeBounds } from './time-bounds.js'

/** What the first pages of a slice show of where its events are. Times are milliseconds. */
export interface SeenEvents {
  /** The number of pages that had events. */
  readonly pages: number
  readonly earliest: number
  readonly latest: number
}

/** A slice of a range of time. */
export interface TimeSlice {
  readonly bounds: TimeBounds
  readonly division: Division
}

type Division =
  | Undecided
  /** The slice's size is known well enough: it is read through. */
  | { readonly kind: 'done' }

/** The slice may be divided by what its first pages show. */
interface Undecided {
  readonly kind: 'undecided'
  /** The number of expected pages below which the slice is read through. */
  readonly expected: number
  /** The number of pages that are looked at before. The parts read them again. */
  readonly pages: number
  /** How often the slices before it have been halved without knowing where their events are. */
  readonly blindly: number
}

/**
 * The whole of a range, about which nothing is known yet. A range without an end often has no events for a long time
 * before now, so little can be expected from a first page.
 */
export function wholeSlice(bounds: TimeBounds): TimeSlice {
  return { bounds, division: { ...undecided, pages: pagesOfWhole } }
}

/** A part that was cut off a range: where its events are is not guessed. */
export function windowSlice(bounds: TimeBounds): TimeSlice {
  return { bounds, division: { ...undecided, pages: pagesOfWhole, blindly: mostBlindDivisions } }
}

/**
 * The number of pages of a whole range that are looked at before it is divided: a range of few pages takes no further
 * call.
 */
const pagesOfWhole = 3
/** The fewest expected pages of a slice that is divided. */
const fewestPages = 8
/**
 * The number of expected pages that are cut off at a time. More would leave less to do side by side; fewer would cost
 * more calls, since a division costs the pages that showed it, and a slice's last page is seldom full.
 */
const cutOffPages = { least: 16, most: 24 }
/** The most times that a range is halved without knowing where its events are. */
const mostBlindDivisions = 3

const undecided: Undecided = { kind: 'undecided', expected: fewestPages, pages: 1, blindly: 0 }

/**
 * The parts of a slice, none of which is empty and which together are the slice.
 * @param seen undefined where no page had events
 * @param now what is taken for the end of a range without one, to guess by; milliseconds
 * @param places the number of slices that can be read side by side
 * @returns undefined where the slice is best read through
 */
export function divide(
  { bounds, division }: TimeSlice,
  seen: SeenEvents | undefined,
  now: number,
  places: number,
): readonly TimeSlice[] | undefined {
  if (division.kind === 'done' || places < 2) return undefined
  const end = bounds.endTime ?? now
  if (seen === undefined) return divideBlindly(bounds, end, division.blindly)
  const { earliest } = seen
  const page = (seen.latest - earliest + 1) / seen.pages
  const pages = (end - earliest + 1) / page
  if (pages < division.expected) return undefined
  const isWhole = division.pages === pagesOfWhole
  if (isWhole && bounds.endTime !== undefined) {
    return divideEvenly(bounds, earliest, Math.min(Math.max(Math.ceil(pages / cutOffPages.most), 2), places))
  }
  const cutOff = Math.min(Math.max(pages / places, cutOffPages.least), cutOffPages.most, pages / 2)
  return cut(bounds, Math.floor(earliest + page * cutOff), { kind: 'done' }, undecided)
}

/**
 * Divides a range evenly: one with an end is assumed to be filled evenly, until the first page of a part shows that
 * it is not.
 */
function divideEvenly(
  { startTime, endTime }: TimeBounds,
  earliest: number,
  count: number,
): readonly TimeSlice[] | undefined {
  if (endTime === undefined || endTime - earliest < count) return undefined
  const division: Undecided = { ...undecided, expected: 2 * cutOffPages.most }
  const lasts = Array.from({ length: count - 1 }, (_, index) =>
    Math.floor(earliest + ((endTime - earliest) * (index + 1)) / count),
  )
  return [...lasts, endTime].map((last, index) => {
    const before = lasts[index - 1]
    return { bounds: { startTime: before === undefined ? startTime : before + 1, endTime: last }, division }
  })
}

/**
 * Divides a range blindly: the API has searched for a while and found nothing, and there may be much more to search.
 */
function divideBlindly(
  bounds: TimeBounds,
  end: number,
  blindly: number,
): readonly [TimeSlice, TimeSlice] | undefined {
  // Without a beginning, half of the range would be half of all time since 1970.
  if (bounds.startTime === undefined || blindly >= mostBlindDivisions) return undefined
  const half = { ...undecided, blindly: blindly + 1 }
  return cut(bounds, Math.floor((bounds.startTime + end) / 2), half, half)
}

/** @param last the last millisecond of the first part */
function cut(
  bounds: TimeBounds,
  last: number,
  first: Division,
  second: Division,
): readonly [TimeSlice, TimeSlice] | undefined {
  if (bounds.startTime !== undefined && last < bounds.startTime) return undefined
  if (bounds.endTime !== undefined && last >= bounds.endTime) return undefined
  return [
    { bounds: { startTime: bounds.startTime, endTime: last }, division: first },
    { bounds: { startTime: last + 1, endTime: bounds.endTime }, division: second },
  ]
}
