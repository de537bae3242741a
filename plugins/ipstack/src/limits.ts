/**
 * How many calls ipstack is asked at once.
 *
 * ipstack counts lookups by the month; no limit of calls a second or at once is published, and no header says how
 * many are left: HTTP 429 is all that a caller gets. Steampipe's plugin sends the calls of an IN list all at once,
 * without a bound. So few are sent at first, and twice as many with each round without a 429.
 */

/** The calls at first. 200 calls take five rounds; from 8 they would take six, from 32 four. */
export const startingConcurrency = 16

/**
 * The most calls, reached in the third round. A higher bound would save one round of five for 200 calls, and ask as
 * many connections of ipstack.
 */
export const concurrency = 64
