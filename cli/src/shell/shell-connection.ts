/** The shell's connection to whoever answers: made again after it was lost. */
import type { ClientConfig } from 'pg'
import { type Notice, openSession, type Session } from '../client/session.js'
import type { QueryOptions } from '../query/options.js'
import { setUpSession } from '../query/session-settings.js'
import { CallRecord } from '../query/timing.js'

export interface ConnectionOptions {
  /** Whom to ask: a service that has been started anew may listen elsewhere. */
  readonly connect: () => Promise<ClientConfig>
  readonly query: QueryOptions
  readonly onNotice: (notice: Notice) => void
}

interface Connected {
  readonly session: Session
  /** Undefined for a server that is not Millrace. */
  readonly record: CallRecord | undefined
}

export class ShellConnection {
  readonly #options: ConnectionOptions
  #current: Connected
  #isLost = false
  /** Called when the connection is lost. */
  onLost: () => void = () => {}

  private constructor(options: ConnectionOptions, first: Connected) {
    this.#options = options
    this.#current = first
    this.#watch(first)
  }

  /** @throws UserError where nobody answers */
  static async open(options: ConnectionOptions): Promise<ShellConnection> {
    return new ShellConnection(options, await connected(options))
  }

  get isLost(): boolean {
    return this.#isLost
  }

  get current(): Connected {
    return this.#current
  }

  /** @throws UserError where still nobody answers */
  async renew(): Promise<void> {
    await this.#current.session.end()
    this.#current = await connected(this.#options)
    this.#isLost = false
    this.#watch(this.#current)
  }

  #watch(watched: Connected): void {
    watched.session.client.on('end', () => {
      if (watched !== this.#current || this.#isLost) return
      this.#isLost = true
      this.onLost()
    })
  }
}

async function connected({ connect, query, onNotice }: ConnectionOptions): Promise<Connected> {
  const session = await openSession(await connect(), onNotice)
  try {
    await setUpSession(session.client, query)
    // Servers that are not Millrace do not know its settings.
    const record = await CallRecord.open(session.client)
    if (record !== undefined) await session.client.query('set millrace.progress = on')
    return { session, record }
  } catch (error) {
    await session.end()
    throw error
  }
}
