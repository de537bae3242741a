/**
 * How many calls ipstack is asked at once.
 *
 * ipstack counts lookups by the month; no limit of calls a second or at once is published, and no header tells what is
 * left: HTTP 429 is all that a caller hears. Steampipe's plugin sends the calls of an IN list all at once, without a
 * bound. So few are asked at first, and twice as many with each round without a 429.
 */

/** Of 200 calls, five rounds; from 8 they would take six, from 32 four. */
export const startingConcurrency = 16

/** The third round's. A higher bound would save the 200 one round of five, and ask as many connections of ipstack. */
export const concurrency = 64
