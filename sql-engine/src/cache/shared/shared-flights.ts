/** What gateways over one database ask for: what one is asking, no other asks at the same time. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Names } from '../../postgres/names.js'
import type { Peers } from '../../postgres/peers.js'
import { awaitFlights, claimFlights, landFlights } from './shared-statements.js'

export interface SharingOptions {
  readonly pool: Pool
  readonly names: Names
  readonly peers: Peers
  readonly log: Logger
}

/** How often what others ask for is looked at although none of them has told, in milliseconds: one may have died. */
const lookEvery = 250

/** Told when what others wait for has landed. */
const landed = 'landed'

export class SharedFlights {
  readonly #options: SharingOptions

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
    const { rows } = await pool.query<{ id: string }>(claimFlights(names), [ids, peers.number])
    return rows.map(({ id }) => id)
  }

  /** Ends what has been claimed. Never rejects: what stays is taken over when this gateway has gone. */
  async land(ids: readonly string[]): Promise<void> {
    const { pool, names, peers, log } = this.#options
    try {
      const { rows } = await pool.query<{ is_awaited: boolean }>(landFlights(names), [ids, peers.number])
      if (rows[0]?.is_awaited === true) await peers.tell(landed)
    } catch (error) {
      log.debug({ err: error }, 'what gateways share could not be brought up to date')
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
        const { rowCount } = await pool.query(awaitFlights(names), [ids])
        if (rowCount === 0) return
        await delay(lookEvery, undefined, { signal: AbortSignal.any([signal, told.signal]) }).catch(() => {})
        signal.throwIfAborted()
      } finally {
        forget()
      }
    }
  }
}

/** What a question is known by among gateways. */
export function flightId(source: string, ...question: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([source, ...question]))
    .digest('base64url')
}
