/** What a statement took: time, rows, and what Millrace has asked for it. */
import type { Client } from 'pg'
import { z } from 'zod'
import { readable } from '../output/column.js'

/** What is told behind a statement. */
export const timings = ['off', 'on', 'verbose'] as const

export type Timing = (typeof timings)[number]

export interface Calls {
  /** Its number in the session. */
  readonly statement: number
  readonly calls: number
  readonly fetched: number
  readonly scans: number
  readonly cacheHits: number
}

const summary = z.object({
  statement: z.coerce.number(),
  calls: z.coerce.number(),
  rows: z.coerce.number(),
  scans: z.coerce.number(),
  cache_hits: z.coerce.number(),
})

/** Reads Millrace's own record of the session's statements; other servers have none. */
export class CallRecord {
  readonly #client: Client
  #last = 0

  private constructor(client: Client) {
    this.#client = client
  }

  static async open(client: Client): Promise<CallRecord | undefined> {
    const { rows } = await client.query<{ known: boolean }>(
      `select pg_catalog.to_regclass('millrace.scan_summary') is not null as known`,
    )
    return rows[0]?.known === true ? new CallRecord(client) : undefined
  }

  /** Of the statement that has just ended; undefined where it read no virtual table. */
  async ofLast(): Promise<Calls | undefined> {
    const { rows } = await this.#client.query(
      'select statement, calls, rows, scans, cache_hits from millrace.scan_summary order by statement desc limit 1',
    )
    const { data } = summary.safeParse(rows[0])
    if (data === undefined || data.statement === this.#last) return undefined
    this.#last = data.statement
    return {
      statement: data.statement,
      calls: data.calls,
      fetched: data.rows,
      scans: data.scans,
      cacheHits: data.cache_hits,
    }
  }
}

const scanShape = z.object({
  name: z.string(),
  calls: z.coerce.number(),
  rows: z.coerce.number(),
  duration_ms: z.coerce.number(),
  cache: z.string(),
  quals_pushed: z.unknown(),
})

/** A line for each scan of a statement. */
export async function scansReport(client: Client, statement: number): Promise<string> {
  const { rows } = await client.query(
    `select connection || '.' || table_name as name, calls, rows, duration_ms, cache, quals_pushed
     from millrace.scan where statement = $1 order by scan`,
    [statement],
  )
  return (z.array(scanShape).safeParse(rows).data ?? [])
    .map(({ name, calls, rows: fetched, duration_ms, cache, quals_pushed }) => {
      const asked = quals_pushed === null ? '' : `, asked with ${readable(JSON.stringify(quals_pushed))}`
      return `  ${readable(name)}: ${calls} ${calls === 1 ? 'call' : 'calls'}, ${fetched} rows, ${time(duration_ms)}, cache: ${cache}${asked}\n`
    })
    .join('')
}

/** @param milliseconds from sending the statement to its last row */
export function timingReport(milliseconds: number, rows: number, calls: Calls | undefined): string {
  const parts = [`Time: ${time(milliseconds)}.`, `Rows: ${rows}.`]
  if (calls !== undefined) {
    const { calls: made, fetched, scans, cacheHits } = calls
    parts.push(`API calls: ${made}.`, `Rows fetched: ${fetched}.`)
    if (cacheHits > 0)
      parts.push(`From the cache: ${cacheHits} of ${scans} ${scans === 1 ? 'scan' : 'scans'}.`)
  }
  return `${parts.join(' ')}\n`
}

function time(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
