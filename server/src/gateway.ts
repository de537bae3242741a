/** The PostgreSQL server that clients see: accepts connections, lets clients in, serves each in a session. */
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { isAnalysis, loopbackProcess } from '@millrace/sql-engine/catalog/loopback'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { databaseName } from '@millrace/sql-engine/postgres/names'
import type { StatementEngine } from '@millrace/sql-engine/statement'
import type { Logger } from 'pino'
import { type BackendConnection, connectBackend } from './backend/backend-connection.js'
import type { Certificate } from './certificate.js'
import { Session } from './session/session.js'
import { type Arrival, refuse, shakeHands } from './startup/handshake.js'
import { ConnectionEnded } from './startup/packet-reader.js'
import { ScramAuthenticator } from './startup/scram.js'
import { SocketWriter } from './wire/socket-writer.js'

export interface GatewayOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly engine: StatementEngine
  /** The PostgreSQL behind: its Unix socket, and a promise that resolves when it accepts connections. */
  readonly backend: { readonly socketPath: string; ready(): Promise<void> }
  /** Undefined for a user that does not exist. */
  readonly passwordOf: (user: string) => string | undefined
  /** Without it, connections are not encrypted. */
  readonly tls?: Certificate
  readonly log: Logger
  /** Clients at one time, and connections by which PostgreSQL asks for them. Default is 250 of each. */
  readonly maxConnections?: number
}

export interface Gateway {
  readonly host: string
  readonly port: number
  /** For clients that are yet to come; without one, their connections are not encrypted. @throws Error of OpenSSL */
  setCertificate(certificate: Certificate | undefined): void
  /** Ends all sessions; clients are told why. New ones may come. */
  closeAll(reason: DatabaseError): void
  /** Ends all sessions and listens no more. Resolves when every connection is closed. */
  stop(): Promise<void>
}

/** PostgreSQL's own limit is higher, for the connections of the engine. */
const defaultMaxConnections = 250

/** As PostgreSQL's authentication_timeout: for everything before a client is let in, in milliseconds. */
const handshakeTimeout = 60_000

/** 08006: nobody listens; 57P03 (cannot_connect_now): PostgreSQL starts, or is about to end. */
const passingStates: ReadonlySet<string> = new Set(['08006', '57P03'])

/** Attempts to connect to PostgreSQL, and the pause between them in milliseconds. */
const mostAttempts = 20
const attemptPause = 50

/** For clients to read why their session ends, in milliseconds. */
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
  readonly #authenticator: ScramAuthenticator
  #encryption: SecureContext | undefined
  readonly #sockets = new Set<Socket>()
  /** By what a cancel request names, in hexadecimal digits. */
  readonly #sessions = new Map<string, Session>()
  /** Those that have a session or are getting one: clients, and PostgreSQL on their behalf. */
  readonly #places = { client: 0, loopback: 0 }
  #stopped: Promise<void> | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    this.host = options.host
    this.port = options.port
    this.setCertificate(options.tls)
    this.#authenticator = new ScramAuthenticator(options.passwordOf)
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

  setCertificate(certificate: Certificate | undefined): void {
    this.#encryption = certificate && createSecureContext(certificate)
  }

  closeAll(reason: DatabaseError): void {
    for (const session of this.#sessions.values()) session.terminate(reason)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.closeAll(
      new DatabaseError('terminating connection due to administrator command', { sqlState: '57P01' }),
    )
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, farewellTimeout)
    await closed
    clearTimeout(timer)
  }

  async #accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    // Whoever reads is told of errors, too; between readers, nobody is.
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    const timer = setTimeout(() => socket.destroy(), handshakeTimeout)
    try {
      const { log, maxConnections = defaultMaxConnections } = this.#options
      // Nobody may fill the machine with connections that are never let in.
      if (this.#sockets.size > 3 * maxConnections + 10) throw refuse(socket, tooManyClients())
      const arrival = await shakeHands(socket, {
        encryption: this.#encryption,
        authenticator: this.#authenticator,
      })
      if (arrival.kind === 'cancel') {
        // The client learns by the connection's end that its request has been passed on.
        await this.#sessions.get(arrival.key.toString('hex'))?.cancel()
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
    { stream, parameters }: Extract<Arrival, { kind: 'client' }>,
    onGreeted: () => void,
  ): Promise<void> {
    const { engine, log, maxConnections = defaultMaxConnections } = this.#options
    const application = parameters.get('application_name')
    const loopbackFor = loopbackProcess(application)
    // Whoever has been let in must not fail because nobody else can be.
    const kind = loopbackFor !== undefined && this.#serves(loopbackFor) ? 'loopback' : 'client'
    this.#places[kind]++
    try {
      if (this.#places[kind] > maxConnections) throw tooManyClients()
      const connection = await this.#connectBackend(parameters)
      onGreeted()
      const analyses = isAnalysis(application)
      const key = connection.key.toString('hex')
      const onClientGone = () => this.#abortLoopback(connection.key.readInt32BE(0))
      const session = new Session({
        client: stream,
        backend: connection,
        engine,
        loopbackFor,
        analyses,
        onClientGone,
        log,
      })
      this.#sessions.set(key, session)
      try {
        stream.write(connection.greeting)
        if (this.#stopped === undefined) await session.run()
      } finally {
        this.#sessions.delete(key)
      }
    } catch (error) {
      throw refuse(stream, error)
    } finally {
      this.#places[kind]--
    }
  }

  /** Whether a server process is that of a session here. */
  #serves(processId: number): boolean {
    // A key begins with the process.
    const start = (processId >>> 0).toString(16).padStart(8, '0')
    for (const key of this.#sessions.keys()) if (key.startsWith(start)) return true
    return false
  }

  /**
   * Ends what a server process asks for over the loopback, as for a function's body: while it waits, PostgreSQL does
   * not see that its client has gone, and the API would go on being asked for nobody.
   */
  #abortLoopback(processId: number): void {
    for (const session of this.#sessions.values()) if (session.loopbackFor === processId) session.abortCalls()
  }

  /** Tries again when PostgreSQL has just died, and whoever starts it again has not yet heard of it. */
  async #connectBackend(parameters: ReadonlyMap<string, string>): Promise<BackendConnection> {
    const { backend } = this.#options
    for (let attempt = 1; ; attempt++) {
      await backend.ready()
      try {
        return await connectBackend(backend.socketPath, parameters)
      } catch (error) {
        const isPassing = error instanceof DatabaseError && passingStates.has(error.sqlState)
        if (!isPassing || attempt === mostAttempts) throw withDatabaseHint(error, parameters.get('database'))
        await delay(attemptPause)
      }
    }
  }

  #noteRefusal(error: unknown): void {
    const { log } = this.#options
    if (error instanceof DatabaseError) {
      log.info({ sqlState: error.sqlState, reason: error.message }, 'client refused')
    } else if (!(error instanceof ConnectionEnded)) log.warn({ err: error }, 'connection failed')
  }
}

/** invalid_catalog_name, insufficient_privilege, and what PostgreSQL says of template0. */
const wrongDatabase: ReadonlySet<string> = new Set(['3D000', '42501', '55000'])

/** PostgreSQL says that a database is not there, or not for everybody, but not which one is. */
function withDatabaseHint(error: unknown, database: string | undefined): unknown {
  if (!(error instanceof DatabaseError) || database === databaseName) return error
  const { message, sqlState, detail } = error
  if (!wrongDatabase.has(sqlState)) return error
  const hint = `Connect to the database "${databaseName}".`
  return new DatabaseError(message, { sqlState, detail, hint, cause: error })
}

function tooManyClients(): DatabaseError {
  return new DatabaseError('sorry, too many clients already', { sqlState: '53300' })
}
