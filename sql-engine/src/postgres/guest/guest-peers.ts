/**
 * Gateways over one database tell each other things by NOTIFY. Whoever may connect to the database hears that, too, and
 * may say anything.
 */
import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { Peers } from '../peers.js'
import { presentGateways, stand } from './gateway-locks.js'
import type { Hold } from './prepare-guest.js'

const channelName = 'millrace_gateways'

const joining = /^joining (\d{1,10})$/
const leaving = /^leaving (\d{1,10})$/

/** The most messages that wait for PostgreSQL: clients that nobody has let in can make gateways say something. */
const mostWaiting = 100

export class GuestPeers implements Peers {
  readonly #log: Logger
  readonly #listeners = new Set<(message: string) => void>()
  readonly #departureListeners = new Set<() => void>()
  #client: Client | undefined
  #number = 0
  #stands = false
  #present: ReadonlySet<number> = new Set()
  #waiting = 0

  constructor(log: Logger) {
    this.#log = log
  }

  get number(): number {
    return this.#number
  }

  get others(): ReadonlySet<number> {
    return new Set([...this.#present].filter((number) => number !== this.#number))
  }

  /** Takes a connection, until it is lost. @throws Error of the connection or of PostgreSQL */
  async attach({ client, gateway }: Pick<Hold, 'client' | 'gateway'>): Promise<void> {
    this.#number = gateway
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel !== channelName) return
      const [, come] = joining.exec(payload) ?? []
      if (come !== undefined) this.#present = new Set([...this.#present, Number(come)])
      const [, gone] = leaving.exec(payload) ?? []
      if (gone !== undefined) this.#miss(Number(gone))
      for (const listener of this.#listeners) listener(payload)
    })
    client.once('end', () => {
      if (this.#client === client) this.#client = undefined
    })
    await client.query(`LISTEN ${channelName}`)
    if (this.#stands) await stand(client, gateway)
    this.#present = await presentGateways(client)
    this.#client = client
    await this.tell(`joining ${gateway}`)
  }

  async stand(): Promise<void> {
    if (this.#stands || this.#client === undefined) return
    await stand(this.#client, this.#number)
    this.#stands = true
  }

  /** Looks who is there, and tells when somebody has gone. @throws Error of the connection or of PostgreSQL */
  async look(client: Client): Promise<void> {
    const before = this.#present
    this.#present = await presentGateways(client)
    if ([...before].every((number) => this.#present.has(number))) return
    this.#tellDeparture()
  }

  /** Tells the others that this one goes. Never rejects. */
  leave(): Promise<void> {
    return this.tell(`leaving ${this.#number}`)
  }

  /** What says so may be wrong, and is looked at again before long. */
  #miss(number: number): void {
    if (number === this.#number || !this.#present.has(number)) return
    this.#present = new Set([...this.#present].filter((one) => one !== number))
    this.#tellDeparture()
  }

  #tellDeparture(): void {
    for (const listener of this.#departureListeners) listener()
  }

  onDeparture(listener: () => void): () => void {
    this.#departureListeners.add(listener)
    return () => this.#departureListeners.delete(listener)
  }

  async tell(message: string): Promise<void> {
    if (this.#client === undefined || this.#waiting >= mostWaiting) return
    this.#waiting++
    try {
      await this.#client.query('SELECT pg_catalog.pg_notify($1, $2)', [channelName, message])
    } catch (error) {
      this.#log.debug({ err: error }, 'other gateways could not be told')
    } finally {
      this.#waiting--
    }
  }

  listen(listener: (message: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
