/** The PostgreSQL server that clients see: accepts connections, admits clients, serves each in a session. */
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { isAnalysis } from '@millrace/sql-engine/catalog/loopback'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Postgres } from '@millrace/sql-engine/postgres/postgres'
import type { StatementEngine } from '@millrace/sql-engine/statement'
import type { Logger } from 'pino'
import { reachBackend } from './backend/reach-backend.js'
import type { Certificate } from './certificate.js'
import type { PeerCancels } from './peer-cancels.js'
import { Session } from './session/session.js'
import { type StatementObserver, StatementWatch } from './session/statement-watch.js'
import { type Account, type Accounts, noCeilings, type UserCeilings } from './startup/accounts.js'
import { Authenticator } from './startup/authenticator.js'
import { endPointOf } from './startup/channel-binding.js'
import { FailedLogins, type FailedLoginsOptions } from './startup/failed-logins.js'
import { type Arrival, type Encryption, refuse, shakeHands } from './startup/handshake.js'
import { ConnectionEnded } from './startup/packet-reader.js'
import { UserSessions } from './user-sessions.js'
import { SocketWriter } from './wire/socket-writer.js'

export interface GatewayOptions {
  readonly host: string
  /** The port; 0 for any that is free. */
  readonly port: number
  readonly engine: StatementEngine
  /** The PostgreSQL server behind. */
  readonly backend: Pick<Postgres, 'names' | 'sessions' | 'ready'>
  /** Who may log in. */
  readonly accounts: Accounts
  /** For tests: the clock that slows down failed logins. */
  readonly failedLogins?: FailedLoginsOptions
  /** The certificate; without it, connections are not encrypted. */
  readonly tls?: Certificate
  readonly log: Logger
  /** Other gateways over the database. Default is that there are none. */
  readonly peers?: PeerCancels | undefined
  /**
   * The most clients at one time, and the most connections by which PostgreSQL asks for them. Default is 250 of each.
   */
  readonly maxConnections?: number
  /** Who is told of clients' statements. Default is nobody. */
  readonly statementObserver?: StatementObserver | undefined
}

export interface Gateway {
  readonly host: string
  readonly port: number
  /** The sessions of clients, and those by which PostgreSQL asks on their behalf. */
  readonly sessions: { readonly client: number; readonly loopback: number }
  /**
   * Sets the certificate for later clients; without one, their connections are not encrypted. @throws Error of
   * OpenSSL
   */
  setCertificate(certificate: Certificate | undefined): void
  /** Ends all sessions and sends clients the reason. New ones may come. */
  closeAll(reason: DatabaseError): void
  /** Ends the sessions of users that may no longer log in. */
  closeSessionsOfFormerUsers(): void
  /** Takes no more clients. Resolves when the last one has gone by itself. */
  drain(): Promise<void>
  /**
   * Ends the sessions of clients: idle ones at once, those with a statement that runs or a transaction that is open as
   * soon as they are idle, and all that are left at the end of the grace. New clients hear 57P03 from now on. Resolves
   * when all sessions have ended; the first call decides.
   */
  endSessions(grace?: Grace): Promise<void>
  /** Ends all sessions and stops listening. Resolves when every connection is closed. */
  stop(): Promise<void>
}

/** The time that running statements have when the server stops. */
export interface Grace {
  readonly milliseconds: number
  /** Ends it early when it is aborted. */
  readonly cut?: AbortSignal | undefined
}

/** The default limit. PostgreSQL's own is higher, to leave room for the engine's connections. */
const defaultMaxConnections = 250

/** The time for everything before a client is admitted, in milliseconds; PostgreSQL's authentication_timeout. */
const handshakeTimeout = 60_000

/** How long clients may take to read why their session ends, in milliseconds. */
const farewellTimeout = 1_000

/** @throws NodeJS.ErrnoException EADDRINUSE and the like */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const gateway = new ListeningGateway(options)
  await gateway.listen()
  return gateway
}

class ListeningGateway implements Gateway {
  readonly host: string
  port: number
  readonly #options: GatewayOptions
  readonly #server: Server
  readonly #authenticator: Authenticator
  #encryption: Encryption | undefined
  readonly #sockets = new Set<Socket>()
  /** The sessions, by what a cancel request names, in hexadecimal digits. */
  readonly #sessions = new Map<string, Session>()
  readonly #userSessions = new UserSessions()
  /**
   * The number of connections that have a session or are getting one: of clients, and of PostgreSQL on their behalf.
   */
  readonly #places = { client: 0, loopback: 0 }
  /** Set as soon as the server begins to stop. */
  #sessionsEnded: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  /** Called when a session has ended. */
  #onSessionEnd = () => {}
  readonly #forgetPeers: (() => void) | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    this.host = options.host
    this.port = options.port
    this.setCertificate(options.tls)
    this.#forgetPeers = options.peers?.serve(this.#sessions)
    const { accounts, log, failedLogins } = options
    this.#authenticator = new Authenticator({ accounts, failedLogins: new FailedLogins(failedLogins), log })
    this.#server = createServer({ noDelay: true, keepAlive: true, allowHalfOpen: true }, (socket) => {
      this.#accept(socket).catch((error: unknown) => options.log.error({ err: error }, 'connection failed'))
    })
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#server.on('error', (error) => this.#options.log.error({ err: error }, 'cannot accept connections'))
    const address = this.#server.address()
    if (typeof address === 'object' && address !== null) this.port = address.port
  }

  get sessions(): Gateway['sessions'] {
    return this.#places
  }

  setCertificate(certificate: Certificate | undefined): void {
    if (certificate === undefined) {
      this.#encryption = undefined
      return
    }
    const { key, cert, clientAuthority: ca, isRequired = false } = certificate
    this.#encryption = {
      context: createSecureContext({ key, cert }),
      isRequired,
      authority: ca === undefined ? undefined : { key, cert, ca },
      endPoint: endPointOf(cert),
    }
  }

  closeAll(reason: DatabaseError): void {
    for (const session of this.#sessions.values()) session.terminate(reason)
  }

  closeSessionsOfFormerUsers(): void {
    for (const session of this.#sessions.values()) {
      if (this.#options.accounts.find(session.user) === undefined) session.terminateWithProcess(userHasGone())
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  endSessions(grace: Grace = { milliseconds: 0 }): Promise<void> {
    this.#sessionsEnded ??= this.#endSessions(grace)
    return this.#sessionsEnded
  }

  async #endSessions({ milliseconds, cut }: Grace): Promise<void> {
    const reason = new DatabaseError('terminating connection due to administrator command', {
      sqlState: '57P01',
    })
    const clients = () => [...this.#sessions.values()].filter(({ loopbackFor }) => loopbackFor === undefined)
    for (const session of clients()) session.endWhenIdle(reason)
    await this.#sessionsGone(() => clients().length === 0, milliseconds, cut)
    const { length } = clients()
    if (length > 0 && milliseconds > 0) {
      this.#options.log.warn({ clients: length }, 'statements or transactions were ended that took too long')
    }
    this.closeAll(reason)
    await this.#sessionsGone(() => this.#sessions.size === 0, farewellTimeout)
    for (const session of this.#sessions.values()) session.abandon()
  }

  /** Resolves when enough sessions have gone, or the time is over. */
  async #sessionsGone(areGone: () => boolean, milliseconds: number, cut?: AbortSignal): Promise<void> {
    if (areGone()) return
    const done = new AbortController()
    const signal = cut === undefined ? done.signal : AbortSignal.any([cut, done.signal])
    this.#onSessionEnd = () => {
      if (areGone()) done.abort()
    }
    await delay(milliseconds, undefined, { signal }).catch(() => {})
    this.#onSessionEnd = () => {}
  }

  async #stop(): Promise<void> {
    await this.endSessions()
    this.#forgetPeers?.()
    const closed = this.drain()
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, farewellTimeout)
    await closed
    clearTimeout(timer)
  }

  async #accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    // A reader of the stream gets its errors too; between readers, nothing would.
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    const timer = setTimeout(() => socket.destroy(), handshakeTimeout)
    try {
      const { log, maxConnections = defaultMaxConnections } = this.#options
      // No one may fill the machine with connections that are never admitted.
      if (this.#sockets.size > 3 * maxConnections + 10) throw refuse(socket, tooManyClients())
      const arrival = await shakeHands(socket, {
        encryption: this.#encryption,
        authenticator: this.#authenticator,
        refusal: (loopbackFor) => this.#refusal(loopbackFor),
      })
      if (arrival.kind === 'cancel') {
        // The client learns that its request has been passed on when the connection ends.
        const session = this.#sessions.get(arrival.key.toString('hex'))
        await (session === undefined ? this.#options.peers?.passOn(arrival.key) : session.cancel())
        new SocketWriter(arrival.stream).end()
      } else await this.#serve(arrival, () => clearTimeout(timer))
      log.debug('connection ended')
    } catch (error) {
      this.#noteRefusal(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #serve(
    { stream, parameters, loopbackFor }: Extract<Arrival, { kind: 'client' }>,
    onGreeted: () => void,
  ): Promise<void> {
    const { engine, log, statementObserver, maxConnections = defaultMaxConnections } = this.#options
    const application = parameters.get('application_name')
    const user = parameters.get('user') ?? ''
    const asker = loopbackFor === undefined ? undefined : this.#sessionOf(loopbackFor)
    // Clients that have been admitted must not fail because no more can be.
    const kind = asker === undefined ? 'client' : 'loopback'
    this.#places[kind]++
    let leave = () => {}
    try {
      if (this.#places[kind] > maxConnections) throw tooManyClients()
      if (kind === 'client') leave = this.#userSessions.begin(user, this.#ceilingsOf(user).sessions)
      const connection = await reachBackend(this.#options.backend, parameters)
      const refusal = this.#refusal(loopbackFor)
      if (refusal !== undefined) {
        connection.socket.destroy()
        throw refusal
      }
      onGreeted()
      const analyses = isAnalysis(application) || (await this.#analyses(loopbackFor))
      const key = connection.key.toString('hex')
      const isWatched = statementObserver !== undefined && loopbackFor === undefined
      const watch = isWatched ? new StatementWatch(statementObserver, user) : undefined
      const onClientGone = () => this.#abortLoopback(connection.key.readInt32BE(0))
      const session = new Session({
        client: stream,
        backend: connection,
        engine,
        user,
        ceilings: asker === undefined ? () => this.#ceilingsOf(user) : asker.ceilings,
        loopbackFor,
        analyses,
        onClientGone,
        watch,
        asker,
        log,
      })
      this.#sessions.set(key, session)
      try {
        // It may have been taken away meanwhile.
        if (this.#options.accounts.find(user) === undefined) throw userHasGone()
        stream.write(connection.greeting)
        await session.run()
      } finally {
        this.#sessions.delete(key)
        this.#onSessionEnd()
      }
    } catch (error) {
      throw refuse(stream, error)
    } finally {
      this.#places[kind]--
      leave()
    }
  }

  /** Why a client is turned away now: what PostgreSQL asks for by itself is part of a statement that runs. */
  #refusal(loopbackFor: number | undefined): DatabaseError | undefined {
    const isLoopback = loopbackFor !== undefined && this.#sessionOf(loopbackFor) !== undefined
    if (this.#sessionsEnded === undefined || isLoopback) return undefined
    return new DatabaseError('the database system is shutting down', { sqlState: '57P03' })
  }

  async #analyses(processId: number | undefined): Promise<boolean> {
    const { sessions } = this.#options.backend
    return processId !== undefined && sessions.analyses !== undefined && (await sessions.analyses(processId))
  }

  /** The session here that a server process serves. */
  #sessionOf(processId: number): Session | undefined {
    // A key begins with the process.
    const start = (processId >>> 0).toString(16).padStart(8, '0')
    for (const [key, session] of this.#sessions) if (key.startsWith(start)) return session
    return undefined
  }

  #ceilingsOf(user: string): UserCeilings {
    const account: Account | undefined = this.#options.accounts.find(user)
    return account?.ceilings ?? noCeilings
  }

  /**
   * Ends what a server process asks for over the loopback, as for a function's body: while it waits, PostgreSQL does
   * not notice that its client has gone, and the API would go on being asked in vain.
   */
  #abortLoopback(processId: number): void {
    for (const session of this.#sessions.values()) if (session.loopbackFor === processId) session.abortCalls()
  }

  #noteRefusal(error: unknown): void {
    const { log } = this.#options
    if (error instanceof DatabaseError) {
      log.info({ sqlState: error.sqlState, reason: error.message }, 'client refused')
    } else if (!(error instanceof ConnectionEnded)) log.warn({ err: error }, 'connection failed')
  }
}

function userHasGone(): DatabaseError {
  return new DatabaseError('terminating connection because the user is not in the configuration any more', {
    sqlState: '57P01',
  })
}

function tooManyClients(): DatabaseError {
  return new DatabaseError('sorry, too many clients already', { sqlState: '53300' })
}
