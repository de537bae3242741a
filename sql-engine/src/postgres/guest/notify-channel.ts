/**
 * Gateways over one database tell each other things by NOTIFY. Whoever may connect to the database hears that, too, and
 * may say anything.
 */
import type { Client } from 'pg'
import type { Logger } from 'pino'
import type { PeerChannel } from '../peer-channel.js'

const channelName = 'millrace_gateways'

/** The most messages that wait for PostgreSQL: clients that nobody has let in can make gateways say something. */
const mostWaiting = 100

export class NotifyChannel implements PeerChannel {
  readonly #log: Logger
  readonly #listeners = new Set<(message: string) => void>()
  #client: Client | undefined
  #waiting = 0

  constructor(log: Logger) {
    this.#log = log
  }

  /** Takes a connection, until it is lost. @throws Error of the connection or of PostgreSQL */
  async attach(client: Client): Promise<void> {
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel !== channelName) return
      for (const listener of this.#listeners) listener(payload)
    })
    client.once('end', () => {
      if (this.#client === client) this.#client = undefined
    })
    await client.query(`LISTEN ${channelName}`)
    this.#client = client
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
