/** What gateways over one database ask for: what one is asking, no other asks at the same time. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Names } from '../../postgres/names.js'
import type { Peers } from '../../postgres/peers.js'
import { awaitFlights, claimFlights, findFlight, landFlights } from './shared-statements.js'

export interface SharingOptions {
  /** How often all gateways have been told to forget what they have fetched, as far as this one has heard. */
  readonly epoch: () => number
  readonly pool: Pool
  readonly names: Names
  readonly peers: Peers
  readonly log: Logger
}

/** How often what others ask for is looked at although none of them has told, in milliseconds: one may have died. */
const lookEvery = 250

/** Told when what others wait for has landed. */
const landed = 'landed'

/** How long after a landing that could not be told it is tried again, in milliseconds. */
const retryAfter = 1_000

export class SharedFlights {
  readonly #options: SharingOptions
  /** What this gateway asks. */
  readonly #claimed = new Set<string>()
  /** What it asks no more, and could not tell. */
  readonly #untold = new Set<string>()
  #retry: NodeJS.Timeout | undefined

  constructor(options: SharingOptions) {
    this.#options = options
  }

  /**
   * Reserves questions for this gateway, so that no other asks them at the same time.
   * @returns those that are its own now, until {@link land}
   * @throws Error of PostgreSQL
   */
  async claim(ids: readonly string[]): Promise<readonly string[]> {
    const { pool, names, peers } = this.#options
    const own = ids.filter((id) => this.#claimed.has(id))
    // Two scans of this gateway may want the same at the same time: from here on, it is the first one's.
    const wanted = ids.filter((id) => !this.#claimed.has(id))
    for (const id of wanted) this.#claimed.add(id)
    try {
      const { rows } = await pool.query<{ id: string }>(claimFlights(names), [ids, peers.number, own])
      const claimed = new Set(rows.map(({ id }) => id))
      for (const id of wanted) if (!claimed.has(id)) this.#claimed.delete(id)
      for (const id of claimed) this.#untold.delete(id)
      return [...claimed]
    } catch (error) {
      // They may have been reserved, and only the answer lost.
      await this.land(wanted)
      throw error
    }
  }

  /** Ends what has been claimed. Never rejects; what cannot be told is told later. */
  async land(ids: readonly string[]): Promise<void> {
    const { pool, names, peers, log } = this.#options
    for (const id of ids) {
      this.#claimed.delete(id)
      this.#untold.add(id)
    }
    const telling = [...this.#untold]
    if (telling.length === 0) return
    try {
      const { rows } = await pool.query<{ is_awaited: boolean }>(landFlights(names), [telling, peers.number])
      for (const id of telling) this.#untold.delete(id)
      if (rows[0]?.is_awaited === true) await peers.tell(landed)
    } catch (error) {
      log.debug({ err: error }, 'other gateways could not be told what is not asked any more')
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined
        void this.land([])
      }, retryAfter).unref()
    }
  }

  /** Resolves when nobody asks these questions any more. @throws Error of PostgreSQL, the signal's reason */
  async landing(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const { pool, names, peers } = this.#options
    for (;;) {
      const told = new AbortController()
      const forget = peers.listen((message) => {
        if (message === landed) told.abort()
      })
      try {
        await pool.query(awaitFlights(names), [ids])
        const { rowCount } = await pool.query(findFlight(names), [ids])
        if (rowCount === 0) return
        await delay(lookEvery, undefined, { signal: AbortSignal.any([signal, told.signal]) }).catch(() => {})
        signal.throwIfAborted()
      } finally {
        forget()
      }
    }
  }

  stop(): void {
    clearTimeout(this.#retry)
  }
}

/** What a question is known by among gateways. */
export function flightId(source: string, ...question: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([source, ...question]))
    .digest('base64url')
}
