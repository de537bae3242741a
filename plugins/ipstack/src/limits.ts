/**
 * How many calls ipstack is asked at once.
 *
 * Its documentation (apilayer, "API errors" and plans) counts lookups by the month and says nothing of calls a second
 * or at once, and no header tells what is left; HTTP 429 is all that a caller hears. Steampipe's plugin sends an IN
 * list's calls all at once, without a bound. So few are asked at first, and more as long as there is no 429.
 */

/** As many as undici or a browser over HTTP/2 would have on the way without anybody's notice. */
export const startingConcurrency = 16

/** Beyond this, what 50 ms calls take is this machine's time: see `single_lookups_ms` of the benchmarks. */
export const concurrency = 64
