/** The quotas of a statement: what it may ask for at most. Infinity where there is none. */
export interface Quotas {
  /** Requests to APIs by one statement, including repeated ones. */
  readonly apiCalls: number
  /** Combinations of key values that one scan asks for. */
  readonly keys: number
  /** Rows that one statement fetches; cached rows do not count. */
  readonly rows: number
  /** Bytes of such rows, as they are written into scan tables. */
  readonly bytes: number
}

/** Quotas of which none is higher than the ceiling of its name. */
export function withinCeilings(quotas: Quotas, ceilings: Partial<Quotas> = {}): Quotas {
  const within = (name: keyof Quotas) => Math.min(quotas[name], ceilings[name] ?? Number.POSITIVE_INFINITY)
  return {
    apiCalls: within('apiCalls'),
    keys: within('keys'),
    rows: within('rows'),
    bytes: within('bytes'),
  }
}

/** Far beyond what anyone means to ask for, and too little to fill a disk. */
export const defaultQuotas: Quotas = {
  apiCalls: Number.POSITIVE_INFINITY,
  keys: 100_000,
  rows: Number.POSITIVE_INFINITY,
  bytes: 10 * 1024 ** 3,
}
