/** Has the engine stage a client's statements, one at a time, and keeps what it staged until the transaction ends. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Statement } from '@millrace/sql-engine/parse/statement'
import type { ScanHistory } from '@millrace/sql-engine/report/scan-history'
import type {
  BoundParameters,
  Session as EngineSession,
  StagedStatement,
  StatementEngine,
} from '@millrace/sql-engine/statement'
import type { Logger } from 'pino'
import type { Backend } from '../backend/backend.js'
import { checkReadable } from '../backend/client-encoding.js'
import type { UserCeilings } from '../startup/accounts.js'
import { errorResponse, noticeResponse } from '../wire/backend-messages.js'
import { backend as messages } from '../wire/message-types.js'
import type { SocketWriter } from '../wire/socket-writer.js'
import type { ScanRelations } from './scan-relations.js'
import { internalError, statementTimeout } from './session-errors.js'
import type { StatementWatch } from './statement-watch.js'

export interface StatementStagingOptions {
  readonly engine: StatementEngine
  readonly backend: Backend
  readonly client: SocketWriter
  /** The number of the client's own server process. */
  readonly processId: number
  /** The server process that asks for a virtual table's rows, if the client is PostgreSQL itself. */
  readonly loopbackFor: number | undefined
  /** Whether it asks on behalf of ANALYZE. */
  readonly analyses: boolean
  /** What the session's statements have asked; undefined over the loopback. */
  readonly history: ScanHistory | undefined
  readonly relations: ScanRelations
  /** What its user may have at most. */
  readonly ceilings: () => UserCeilings
  readonly watch: StatementWatch | undefined
  /** Does what is asked of APIs, as a part of the statement that asks. */
  readonly within: <Result>(work: () => Result) => Result
  readonly log: Logger
}

export class StatementStaging {
  readonly #options: StatementStagingOptions
  /** What this transaction's statements read. */
  #staged: StagedStatement[] = []
  #running: AbortController | undefined

  constructor(options: StatementStagingOptions) {
    this.#options = options
  }

  /**
   * Stages what a statement reads, and keeps it.
   * @returns undefined when it failed: the client has got the error, and PostgreSQL's transaction has failed too
   * @throws DatabaseError when PostgreSQL is lost
   */
  async stage(
    statement: Statement,
    parameters: BoundParameters | undefined,
  ): Promise<StagedStatement | undefined> {
    const { backend, client, engine, history, watch } = this.#options
    const controller = new AbortController()
    this.#running = controller
    const { signal } = controller
    let timer: NodeJS.Timeout | undefined
    const start = performance.now()
    const callsBefore = history?.calls ?? 0
    const noteStaged = () => watch?.staged(performance.now() - start, (history?.calls ?? 0) - callsBefore)
    const notice = (message: string) => {
      client.add(noticeResponse(message))
      client.flush()
    }
    try {
      checkReadable(backend.parameters.get('client_encoding'), [statement.text])
      const options = parameters === undefined ? { signal, notice } : { parameters, signal, notice }
      // Asked together with the engine's own first question, so it costs no round trip.
      const timing = this.#startTimeout(controller)
      const staging = this.#options.within(() => engine.stage(statement, this.#engineSession(), options))
      staging.catch(() => {})
      timer = await timing
      const staged = await staging
      noteStaged()
      this.adopt(staged)
      return staged
    } catch (error) {
      // A cancel request has come here and to PostgreSQL; it must not hit what comes next.
      await backend.cancelled()
      noteStaged()
      if (backend.isLost) throw error
      this.report(isTimeout(signal) ? statementTimeout() : error, statement.start)
      await backend.fail()
      return undefined
    } finally {
      clearTimeout(timer)
      this.#running = undefined
    }
  }

  /** Keeps a statement that was staged without {@link stage}. */
  adopt(staged: StagedStatement): void {
    this.#staged.push(staged)
    this.#options.relations.remember(staged.relations)
  }

  /** Ends what the statement that is being staged asks of APIs. */
  abort(): void {
    this.#running?.abort()
  }

  /** Releases everything that was staged. */
  release(): void {
    for (const statement of this.#staged.splice(0)) statement.release()
  }

  /**
   * Sends the client an error.
   * @param start characters of the client's text before the statement
   */
  report(error: unknown, start = 0): void {
    const failure = error instanceof DatabaseError ? error : internalError(error, this.#options.log)
    const { sqlState, detail, hint, position } = failure
    const placed =
      position === undefined
        ? failure
        : new DatabaseError(failure.message, { sqlState, detail, hint, position: position + start })
    const message = errorResponse(placed)
    this.#options.client.add(message)
    this.#options.watch?.replied(messages.errorResponse, message)
  }

  #engineSession(): EngineSession {
    const { backend, processId, loopbackFor, analyses, history, ceilings } = this.#options
    const query: EngineSession['query'] = (text, bound) => backend.query(text, bound)
    return { processId, loopbackFor, analyses, history, ceilings: ceilings().quotas, query }
  }

  /** Starts a timer: PostgreSQL counts only its own work, but the time that APIs take must count too. */
  async #startTimeout(controller: AbortController): Promise<NodeJS.Timeout | undefined> {
    const { backend } = this.#options
    const { rows } = await backend.query(timeoutQuestion)
    const milliseconds = Number(rows[0]?.[0] ?? 0)
    if (milliseconds === 0) return undefined
    return setTimeout(() => {
      controller.abort(timeoutReason)
      void backend.cancel()
    }, milliseconds)
  }
}

/** A query for the time-out in milliseconds; the setting reads like "5s". */
const timeoutQuestion = `select 1000 * extract(epoch from
  pg_catalog.current_setting('statement_timeout')::pg_catalog.interval)`

const timeoutReason = Symbol('statement_timeout')

function isTimeout({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason === timeoutReason
}
