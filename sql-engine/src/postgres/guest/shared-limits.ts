/** The limits of APIs that gateways over one database share: what one asks counts for all, and still does when it has died. */
import { createHash } from 'node:crypto'
import type { ClientConfig, Pool } from 'pg'
import type { Logger } from 'pino'
import { enginePool } from '../engine-connections.js'
import type { Names } from '../names.js'
import type { Peers } from '../peers.js'
import { ratesTable } from './shared-tables.js'

export interface SharedLimitsOptions {
  readonly engineConfig: ClientConfig
  readonly names: Names
  readonly peers: Peers
  readonly log: Logger
}

export class SharedLimits {
  readonly #names: Names
  readonly #peers: Peers
  readonly #log: Logger
  readonly #pool: Pool
  readonly #pauses = new Set<Promise<unknown>>()

  constructor({ engineConfig, names, peers, log }: SharedLimitsOptions) {
    this.#names = names
    this.#peers = peers
    this.#log = log
    const settings = { synchronous_commit: 'off' }
    this.#pool = enginePool(engineConfig, { max: 2, purpose: 'limits that gateways share', settings, log })
  }

  /** How many gateways ask the APIs. */
  get gateways(): number {
    return this.#peers.others.size + 1
  }

  /**
   * Reserves the next starts of calls for this gateway.
   * @param key what the calls are counted by
   * @param rate how many calls within any stretch of how many milliseconds
   * @param count how many at the most; no more than that many of the rate's come
   * @returns in how many milliseconds each may begin
   * @throws Error of PostgreSQL
   */
  async reserve(key: string, rate: SharedRate, count: number): Promise<readonly number[]> {
    const wanted = Math.min(count, rate.count)
    const values = [digest(key), rate.count, rate.length, wanted]
    const ask = () => this.#pool.query<{ slots: number[]; now: number }>(reserveStarts(this.#names), values)
    let { rows } = await ask()
    if (rows.length === 0) {
      await this.#pool.query(beginRate(this.#names), [digest(key), rate.count])
      rows = (await ask()).rows
    }
    return rows.flatMap(({ slots, now }) => slots.map((slot) => Math.max(0, slot - now)))
  }

  /** Lets no call of any gateway begin for some milliseconds. Returns at once. */
  pause(key: string, milliseconds: number): void {
    const pausing = this.#pool
      .query(pauseRate(this.#names), [digest(key), milliseconds])
      .catch((error: unknown) => this.#log.debug({ err: error }, 'other gateways do not know of a pause'))
      .finally(() => this.#pauses.delete(pausing))
    this.#pauses.add(pausing)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pauses)
    await this.#pool.end()
  }
}

/** How many calls may begin within any stretch of that many milliseconds. */
export interface SharedRate {
  readonly count: number
  readonly length: number
}

/** Accounts may be known by secrets. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

/** Milliseconds since 1970, of PostgreSQL's clock: gateways on other machines have others. */
const now = '(extract(epoch FROM clock_timestamp())::float8 * 1000)'

/** $1: key, $2: the rate's number of calls. */
const beginRate = (names: Names) => `
  INSERT INTO ${ratesTable(names)} (key, starts) VALUES ($1, array_fill('-infinity'::float8, ARRAY[$2::int]))
  ON CONFLICT DO NOTHING`

/**
 * $1: key, $2: the rate's number of calls, $3: the stretch, $4: how many starts. The last starts are kept, the oldest first; the
 * next one may be when the oldest is as long ago as the stretch. Where the rate has changed, as many as it now allows are kept.
 */
const reserveStarts = (names: Names) => `
  UPDATE ${ratesTable(names)} AS rate SET starts = (
    SELECT array_agg(CASE WHEN place <= $4::int THEN greatest(${now}, not_before, start + $3::float8) ELSE start END ORDER BY place <= $4::int, place)
      FROM unnest((array_fill('-infinity'::float8, ARRAY[$2::int]) || starts)[cardinality(starts) + 1:])
           WITH ORDINALITY AS known (start, place))
   WHERE key = $1 RETURNING starts[$2::int - $4::int + 1:] AS slots, ${now} AS now`

/** $1: key, $2: milliseconds. */
const pauseRate = (names: Names) => `
  UPDATE ${ratesTable(names)} SET not_before = greatest(not_before, ${now} + $2::float8) WHERE key = $1`
