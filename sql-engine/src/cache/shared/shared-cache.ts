/** The caches of gateways over one database, as far as they are one: what each has fetched, and what all forget. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientConfig, Pool } from 'pg'
import type { Logger } from 'pino'
import { DatabaseError } from '../../database-error.js'
import { enginePool } from '../../postgres/engine-connections.js'
import { standingGateways } from '../../postgres/guest/gateway-locks.js'
import { epochTable } from '../../postgres/guest/shared-tables.js'
import type { Names } from '../../postgres/names.js'
import type { Peers } from '../../postgres/peers.js'
import { SharedFlights, type SharingOptions } from './shared-flights.js'
import { SharedLoopback } from './shared-loopback.js'
import { SharedScans } from './shared-scans.js'

export interface SharedCacheOptions {
  readonly engineConfig: ClientConfig
  readonly names: Names
  readonly peers: Peers
  readonly log: Logger
}

/** How long it is waited for others to forget, in milliseconds. */
const patience = 2_000

/** What a gateway tells: that all shall forget what they have fetched before an epoch, and that one has. */
const clearing = /^clear ([\w-]{36}) (\d{1,10}) (\d{1,15})$/
const cleared = /^cleared ([\w-]{36}) (\d{1,10})$/

export class SharedCache {
  readonly scans: SharedScans
  readonly flights: SharedFlights
  readonly loopback: SharedLoopback
  readonly #pool: Pool
  readonly #names: Names
  readonly #peers: Peers
  /** Rows of an earlier epoch are not taken from other gateways, nor by them. */
  #epoch = 0
  #forgetting: Promise<void> = Promise.resolve()
  /** Forgets what this gateway has fetched. There is nothing before the engine has started, and after it has stopped. */
  #forget: () => Promise<void> = async () => {}

  constructor({ engineConfig, names, peers, log }: SharedCacheOptions) {
    const settings = { synchronous_commit: 'off' }
    this.#pool = enginePool(engineConfig, { max: 2, purpose: 'what gateways share', settings, log })
    this.#names = names
    this.#peers = peers
    const sharing: SharingOptions = { pool: this.#pool, names, peers, log, epoch: () => this.#epoch }
    this.flights = new SharedFlights(sharing)
    this.scans = new SharedScans(sharing, this.flights)
    this.loopback = new SharedLoopback(sharing)
    this.#listen()
  }

  /** See {@link SharingOptions.epoch}. */
  get epoch(): number {
    return this.#epoch
  }

  /** Reads what the epoch is: at the start, and whenever this gateway was cut off. @throws Error of PostgreSQL */
  async readEpoch(): Promise<void> {
    const { rows } = await this.#pool.query<{ epoch: string }>(`SELECT epoch FROM ${epochTable(this.#names)}`)
    this.#epoch = Math.max(this.#epoch, Number(rows[0]?.epoch ?? 0))
  }

  /** @param forget forgets what this gateway has fetched; never rejects */
  serve(forget: () => Promise<void>): void {
    this.#forget = forget
  }

  /** For as long as there is a connection: others wait for an answer. */
  #listen(): void {
    this.#peers.listen((message) => {
      const [, id, number, epoch] = clearing.exec(message) ?? []
      if (id === undefined || Number(number) === this.#peers.number) return
      this.#forgetting = this.#forgetting.then(async () => {
        this.#epoch = Math.max(this.#epoch, Number(epoch))
        await this.#forget()
        await this.#peers.tell(`cleared ${id} ${this.#peers.number}`)
      })
    })
  }

  /**
   * Makes all gateways forget what they have fetched.
   * @param forget does it for this one
   * @throws DatabaseError 55000 when one that works does not say that it has; Error of PostgreSQL
   */
  async clear(forget: () => Promise<number>): Promise<number> {
    const { rows } = await this.#pool.query<{ epoch: string }>(
      `UPDATE ${epochTable(this.#names)} SET epoch = epoch + 1 RETURNING epoch`,
    )
    this.#epoch = Math.max(this.#epoch, Number(rows[0]?.epoch ?? 0))
    const forgotten = await forget()
    await this.#tellOthers()
    return forgotten
  }

  async #tellOthers(): Promise<void> {
    const id = randomUUID()
    const waitedFor = await this.#others()
    const done = new AbortController()
    const stopListening = this.#peers.listen((message) => {
      const [, of, number] = cleared.exec(message) ?? []
      if (of === id) waitedFor.delete(Number(number))
      if (waitedFor.size === 0) done.abort()
    })
    try {
      await this.#peers.tell(`clear ${id} ${this.#peers.number} ${this.#epoch}`)
      if (waitedFor.size > 0) await delay(patience, undefined, { signal: done.signal }).catch(() => {})
    } finally {
      stopListening()
    }
    if (waitedFor.size === 0) return
    const silent = [...(await this.#others())].filter((number) => waitedFor.has(number))
    if (silent.length > 0) throw notForgotten(silent.length)
  }

  /** Those that may have fetched something. */
  async #others(): Promise<Set<number>> {
    const standing = await standingGateways(this.#pool)
    standing.delete(this.#peers.number)
    return standing
  }

  async stop(): Promise<void> {
    await this.#forgetting
    this.#forget = async () => {}
    await this.scans.settled()
    await this.loopback.settled()
    this.flights.stop()
    await this.#pool.end()
  }
}

function notForgotten(count: number): DatabaseError {
  return new DatabaseError(`the rows of ${count} other gateway(s) may not be forgotten yet`, {
    sqlState: '55000', // object_not_in_prerequisite_state
    detail:
      'They work in the database, and did not answer within two seconds. This gateway has forgotten its own.',
    hint: 'Try again.',
  })
}
