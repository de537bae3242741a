/** A client's session: its messages go to its own PostgreSQL connection; virtual tables are staged on the way. */
import type { Duplex } from 'node:stream'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { ScanHistory } from '@millrace/sql-engine/report/scan-history'
import type { StatementEngine } from '@millrace/sql-engine/statement'
import type { Logger } from 'pino'
import { Backend } from '../backend/backend.js'
import type { BackendConnection } from '../backend/backend-connection.js'
import type { UserCeilings } from '../startup/accounts.js'
import { errorResponse, noticeResponse } from '../wire/backend-messages.js'
import { MalformedMessage } from '../wire/byte-reader.js'
import { FrameReader } from '../wire/frame-reader.js'
import { terminateMessage } from '../wire/frontend-messages.js'
import { SocketWriter } from '../wire/socket-writer.js'
import { ClientMessages } from './client-messages.js'
import { ExtendedQueries } from './extended-query.js'
import { ScanRelations } from './scan-relations.js'
import { connectionLost, internalError } from './session-errors.js'
import { StatementStaging } from './statement-staging.js'
import { StatementTime } from './statement-time.js'
import type { StatementWatch } from './statement-watch.js'

export interface SessionOptions {
  readonly client: Duplex
  readonly backend: BackendConnection
  readonly engine: StatementEngine
  /** The name that the client has logged in with. */
  readonly user: string
  /** What its user may have at most. */
  readonly ceilings: () => UserCeilings
  /** The server process that asks for a virtual table's rows, if the client is PostgreSQL itself. */
  readonly loopbackFor: number | undefined
  /** Whether it asks on behalf of ANALYZE. */
  readonly analyses: boolean
  /** Called once, when the client has gone. */
  readonly onClientGone: () => void
  /** Who is told of the client's statements. */
  readonly watch: StatementWatch | undefined
  /** The session for whose statement PostgreSQL asks; undefined for that of a client. */
  readonly asker: Session | undefined
  readonly log: Logger
}

export class Session {
  readonly #options: SessionOptions
  readonly #reader: FrameReader
  readonly #client: SocketWriter
  readonly #backend: Backend
  readonly #extended: ExtendedQueries
  readonly #messages: ClientMessages
  readonly #staging: StatementStaging
  readonly #history: ScanHistory | undefined
  readonly #time: StatementTime
  /** Whether it has said that it leaves, or has closed its side; what it has asked for is still done. */
  #clientHasLeft = false
  #hasEnded = false
  /** Whether a message of the client is being worked on, for which the next one waits. */
  #isWorking = false
  /** Why the session ends as soon as it is idle. */
  #farewell: DatabaseError | undefined

  constructor(options: SessionOptions) {
    const { client, backend, engine, loopbackFor, analyses, watch, log, ceilings } = options
    if (loopbackFor === undefined) this.#history = new ScanHistory()
    const relations = new ScanRelations()
    this.#options = options
    this.#reader = new FrameReader(client, () => {
      this.abortCalls()
      options.onClientGone()
    })
    this.#client = new SocketWriter(client)
    this.#backend = new Backend({
      ...backend,
      client: this.#client,
      relations,
      onTransactionEnd: () => this.#endTransaction(),
      onReady: () => this.#time.ended(),
      onDiscardAll: () => this.#history?.clear(),
      onReply: watch && ((type, message) => watch.replied(type, message)),
    })
    this.#staging = new StatementStaging({
      engine,
      backend: this.#backend,
      client: this.#client,
      // BackendKeyData holds the process, then the secret.
      processId: backend.key.readInt32BE(0),
      loopbackFor,
      analyses,
      history: this.#history,
      relations,
      ceilings,
      watch,
      within: (work) => {
        if (watch !== undefined) return watch.within(work)
        return options.asker === undefined ? work() : options.asker.withinStatement(work)
      },
      log,
    })
    this.#time = new StatementTime({
      limit: () => ceilings().statementTime,
      cancel: () => this.#cancelOverdue(),
      end: () => this.#endOverdue(),
    })
    this.#extended = new ExtendedQueries({
      backend: this.#backend,
      analyse: (text) => engine.analyse(text),
      staging: this.#staging,
    })
    this.#messages = new ClientMessages({
      reader: this.#reader,
      backend: this.#backend,
      extended: this.#extended,
      staging: this.#staging,
      time: this.#time,
      engine,
      watch,
      loopbackFor,
    })
  }

  /** See {@link SessionOptions.user}. */
  get user(): string {
    return this.#options.user
  }

  /** See {@link SessionOptions.ceilings}. */
  get ceilings(): () => UserCeilings {
    return this.#options.ceilings
  }

  /** See {@link SessionOptions.loopbackFor}. */
  get loopbackFor(): number | undefined {
    return this.#options.loopbackFor
  }

  /** Serves the client until it goes, or PostgreSQL does. Never rejects. */
  async run(): Promise<void> {
    const { client, backend, log } = this.#options
    // PostgreSQL still does what it was asked before; replies that it cannot send end it, as they would without a
    // gateway.
    if (client.destroyed) backend.socket.destroySoon()
    else client.once('close', () => backend.socket.destroySoon())
    const relaying = this.#backend.relay().then(
      () => this.terminate(connectionLost()),
      (error: unknown) => this.terminate(internalError(error, log)),
    )
    try {
      await this.#serve()
      this.#clientHasLeft = true
      backend.writer.finish(terminateMessage)
    } catch (error) {
      if (error instanceof MalformedMessage) {
        // What was asked before is answered, as by PostgreSQL, which reads one message after the other.
        await this.#backend.settle().catch(() => {})
        this.terminate(new DatabaseError(error.message, { sqlState: '08P01' }))
      } else if (error instanceof DatabaseError) this.terminate(error)
      else if (!this.#hasEnded) this.terminate(internalError(error, log))
    }
    await relaying
    this.#time.ended()
    this.#options.watch?.close()
    this.#staging.release()
  }

  /** Does what PostgreSQL asks for by itself, as part of the client's statement. */
  withinStatement<Result>(work: () => Result): Result {
    const { watch } = this.#options
    return watch === undefined ? work() : watch.withinRunning(work)
  }

  /** Ends what the client's statement asks of APIs. */
  abortCalls(): void {
    this.#staging.abort()
  }

  /**
   * Ends what the client's statement is doing: calls to APIs, and PostgreSQL's work. Resolves when PostgreSQL has the
   * request.
   */
  async cancel(): Promise<void> {
    this.abortCalls()
    await this.#backend.cancel()
  }

  /**
   * Ends the session, and sends the client the reason, as soon as no statement runs and no transaction is open: at once
   * where that is so now.
   */
  endWhenIdle(reason: DatabaseError): void {
    this.#farewell ??= reason
    this.#endIfIdle()
  }

  /** Ends the session, whatever it is doing, and sends the client the reason. */
  terminate(reason: DatabaseError): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#options.watch?.close(reason.sqlState)
    this.abortCalls()
    // Nothing can be sent within a row, and PostgreSQL's own last message is enough.
    const canTell =
      !this.#clientHasLeft && !this.#backend.saidGoodbye && !this.#options.backend.reader.isInside
    this.#client.end(canTell ? errorResponse(reason, 'FATAL') : undefined)
    this.#reader.discard()
    this.#backend.lose(reason)
    void this.#backend.cancel()
    this.#options.backend.writer.finish(terminateMessage)
  }

  /**
   * Ends the session as {@link terminate} does, and the process that serves it, whatever that is doing: a function may catch
   * a cancellation, and go on for ever.
   */
  terminateWithProcess(reason: DatabaseError): void {
    const { engine, backend, log } = this.#options
    this.terminate(reason)
    engine
      .endProcess(backend.key.readInt32BE(0))
      .catch((error: unknown) => log.warn({ err: error }, "a session's process could not be ended"))
  }

  #cancelOverdue(): void {
    const seconds = (this.#options.ceilings().statementTime ?? 0) / 1000
    // Nothing can be sent within a row.
    if (!this.#options.backend.reader.isInside) {
      this.#client.add(noticeResponse(`a statement of "${this.user}" may take ${seconds} seconds`))
      this.#client.flush()
    }
    void this.cancel()
  }

  #endOverdue(): void {
    this.terminateWithProcess(
      new DatabaseError('terminating connection because a statement goes on after it was cancelled', {
        sqlState: '57P01',
      }),
    )
  }

  /** Closes the connection of a client that does not go by itself. */
  abandon(): void {
    this.#options.client.destroy()
  }

  #endIfIdle(): void {
    if (this.#farewell === undefined || this.#isWorking || !this.#reader.isEmpty) return
    if (this.#backend.isIdle) this.terminate(this.#farewell)
  }

  async #serve(): Promise<void> {
    while (!this.#hasEnded) {
      const busy = this.#messages.take()
      if (busy === 'wait') {
        await this.#backend.flush()
        this.#endIfIdle()
        if (!(await this.#reader.wait())) return
      } else if (busy === 'end') return
      else if (busy !== undefined) {
        this.#isWorking = true
        try {
          await busy
        } finally {
          this.#isWorking = false
        }
        this.#client.flush()
      }
    }
  }

  #endTransaction(): void {
    this.#extended.endTransaction()
    this.#staging.release()
    this.#options.engine.transactionEnded()
    this.#endIfIdle()
  }
}
