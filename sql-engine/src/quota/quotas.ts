/** What a statement may ask for at most. Infinity where there is no limit. */
export interface Quotas {
  /** Requests to APIs of one statement, those that are made again among them. */
  readonly apiCalls: number
  /** Combinations of key values that one scan asks for. */
  readonly keys: number
  /** Rows that one statement fetches; rows that the cache has do not count. */
  readonly rows: number
  /** Bytes of such rows, as they are written into scan tables. */
  readonly bytes: number
}

/** Far beyond what anybody means to ask, and short of what fills a disk. */
export const defaultQuotas: Quotas = {
  apiCalls: Number.POSITIVE_INFINITY,
  keys: 100_000,
  rows: Number.POSITIVE_INFINITY,
  bytes: 10 * 1024 ** 3,
}
