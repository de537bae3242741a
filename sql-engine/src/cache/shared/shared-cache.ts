/** The caches of gateways over one database, as far as they are one: what each has fetched, and what all forget. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClientConfig, Pool } from 'pg'
import type { Logger } from 'pino'
import { enginePool } from '../../postgres/engine-connections.js'
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

/** How long it is waited for others to forget, in milliseconds: one that does not answer has nobody to answer either. */
const patience = 2_000

/** What a gateway tells: that all shall forget what they have fetched, and that one has. */
const clearing = /^clear ([\w-]{36}) (\d{1,10})$/
const cleared = /^cleared ([\w-]{36}) (\d{1,10})$/

export class SharedCache {
  readonly scans: SharedScans
  readonly flights: SharedFlights
  readonly loopback: SharedLoopback
  readonly #pool: Pool
  readonly #peers: Peers
  #forgetting: Promise<void> = Promise.resolve()
  #stopListening = () => {}

  constructor({ engineConfig, names, peers, log }: SharedCacheOptions) {
    const settings = { synchronous_commit: 'off' }
    this.#pool = enginePool(engineConfig, { max: 2, purpose: 'what gateways share', settings, log })
    const sharing: SharingOptions = { pool: this.#pool, names, peers, log }
    this.#peers = peers
    this.flights = new SharedFlights(sharing)
    this.loopback = new SharedLoopback(sharing)
    this.scans = new SharedScans(sharing, this.flights)
  }

  /** @param forget forgets what this gateway has fetched; never rejects */
  serve(forget: () => Promise<void>): void {
    this.#stopListening = this.#peers.listen((message) => {
      const [, id, number] = clearing.exec(message) ?? []
      if (id === undefined || Number(number) === this.#peers.number) return
      this.#forgetting = this.#forgetting.then(async () => {
        await forget()
        await this.scans.settled()
        await this.#peers.tell(`cleared ${id} ${this.#peers.number}`)
      })
    })
  }

  /** Makes all other gateways forget what they have fetched. Resolves when they have. @throws Error of PostgreSQL */
  async clear(): Promise<void> {
    await this.scans.withdrawAll()
    const id = randomUUID()
    const waitedFor = new Set(this.#peers.others)
    const done = new AbortController()
    const stopListening = this.#peers.listen((message) => {
      const [, of, number] = cleared.exec(message) ?? []
      if (of === id) waitedFor.delete(Number(number))
      if (waitedFor.size === 0) done.abort()
    })
    try {
      await this.#peers.tell(`clear ${id} ${this.#peers.number}`)
      if (waitedFor.size > 0) await delay(patience, undefined, { signal: done.signal }).catch(() => {})
    } finally {
      stopListening()
    }
  }

  async stop(): Promise<void> {
    this.#stopListening()
    await this.#forgetting
    await this.scans.settled()
    await this.loopback.settled()
    await this.#pool.end()
  }
}
