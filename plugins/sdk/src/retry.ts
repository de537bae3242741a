/**
 * When a call is made again, and after how long. Backoff is exponential with full jitter, as the AWS page "Retry
 * behavior" describes for the standard mode.
 */
import { ApiError } from './api-error.js'

/** The most attempts where nothing answers, including the first. */
const mostAttemptsUnanswered = 3
const longestBackoff = 20_000
const firstBackoff = 100
/** The first pause of a throttled caller, in milliseconds, who does well to wait longer from the start. */
const firstBackoffThrottled = 500
/** The longest pause, in milliseconds; where an API asks for a longer one, the error says so instead. */
export const longestPause = 60_000

/**
 * @param made how often the call has been made, at least 1
 * @param most the most often that it is made
 * @param random from 0 up to 1
 * @param firstPause the longest first pause, in milliseconds, for an API that is not asked too often
 * @returns milliseconds to wait before the call is made again; undefined when it must not be
 */
export function delayBeforeRetry(
  error: unknown,
  made: number,
  most: number,
  random: () => number,
  firstPause = firstBackoff,
): number | undefined {
  if (!ApiError.is(error) || error.retry === undefined) return undefined
  const attempts = error.retry === 'unanswered' ? Math.min(most, mostAttemptsUnanswered) : most
  const pause = error.retryAfter ?? 0
  if (made >= attempts || pause > longestPause) return undefined
  const first = error.retry === 'throttled' ? Math.max(firstPause, firstBackoffThrottled) : firstPause
  return Math.max(pause, random() * Math.min(longestBackoff, first * 2 ** (made - 1)))
}

/**
 * What an API says in the header Retry-After (RFC 9110, section 10.2.3).
 * @param value seconds, or a date
 * @param now milliseconds since 1970
 * @returns milliseconds; undefined where it says nothing
 */
export function readRetryAfter(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const seconds = Number(value)
  const pause = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000
  return pause > 0 ? pause : undefined
}
