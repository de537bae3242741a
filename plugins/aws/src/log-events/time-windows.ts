import type { Direction } from '@millrace/plugin-sdk'
import type { TimeBounds } from './time-bounds.js'

/**
 * Cuts the first window off a time, by a direction; the window and the rest together are the whole.
 * @param span of the window, in milliseconds
 * @param guess where the first and the last event seem to be: what lies beyond belongs to the window next to it
 */
export function cutWindow(
  { startTime, endTime }: TimeBounds,
  span: number,
  direction: Direction,
  guess: { readonly start: number | undefined; readonly end: number },
): { readonly window: TimeBounds; readonly rest: TimeBounds | undefined } {
  const isOldestFirst = direction === 'asc'
  const start = Math.max(startTime ?? 0, guess.start ?? 0)
  const end = endTime ?? guess.end
  // The last millisecond of the earlier part.
  const border = isOldestFirst ? start + span - 1 : end - span
  if (border < start || border >= end) return { window: { startTime, endTime }, rest: undefined }
  const earlier = { startTime, endTime: border }
  const later = { startTime: border + 1, endTime }
  return isOldestFirst ? { window: earlier, rest: later } : { window: later, rest: earlier }
}
