/**
 * Watches what a client asks and is answered, and tells an observer of each statement that has ended: a simple query,
 * with all statements in it, or one Execute of the extended protocol.
 */

import { sqlStateOf } from '../wire/backend-messages.js'
import { MalformedMessage } from '../wire/byte-reader.js'
import { readBind, readExecute, readParse, readTarget } from '../wire/frontend-messages.js'
import { backend, frontend } from '../wire/message-types.js'

export interface EndedStatement {
  /** Undefined where it is not wanted, is not known, or is very long. */
  readonly text: string | undefined
  readonly user: string
  /** From its arrival until its last reply has come from PostgreSQL. */
  readonly milliseconds: number
  /** The part of it that the engine took: planning, and fetching from APIs. */
  readonly stagingMilliseconds: number
  /** Those that it has returned or changed, as PostgreSQL's command tags tell. */
  readonly rows: number
  /** The API calls that it has made. */
  readonly calls: number
  /** The SQLSTATE of its error; undefined where it went well. */
  readonly sqlState: string | undefined
}

/** A statement that has arrived. */
export interface BegunStatement {
  /** Undefined where it is not wanted, is not known, or is very long. */
  readonly text: string | undefined
  readonly user: string
}

/** Follows one statement to its end. */
export interface StatementTrace {
  /** Does a part of it. */
  within<Result>(work: () => Result): Result
  ended(statement: EndedStatement): void
}

export interface StatementObserver {
  readonly wantsTexts: boolean
  /** Called when a statement arrives, or is bound ahead of its Execute. */
  begun?(statement: BegunStatement): StatementTrace | undefined
  /** Called while sessions run: it may neither throw nor take long. */
  ended(statement: EndedStatement): void
}

interface Run {
  readonly kind: 'query' | 'execute'
  readonly text: string | undefined
  readonly startedAt: number
  staging: number
  calls: number
  rows: number
  sqlState: string | undefined
  readonly trace: StatementTrace | undefined
}

/** What the engine took for a Bind whose Execute has not come. */
interface Ahead {
  staging: number
  calls: number
  trace: StatementTrace | undefined
}

/** What is not answered yet. */
type Unanswered = Run | 'sync'

/** Characters of a text that is kept for a prepared statement, and the most of such texts. */
const longestText = 20_000
const mostTexts = 1_000

/** Where a connection ends under a statement: connection_failure. */
const connectionFailure = '08006'

/** The number at the end of a command tag: chapter "Message Formats", CommandComplete. */
const tagRows = / (\d+)\0$/

export class StatementWatch {
  readonly #observer: StatementObserver
  readonly #user: string
  /** In the order of their answers. */
  #unanswered: Unanswered[] = []
  /** Whether PostgreSQL skips everything up to the next Sync. */
  #isSkipping = false
  #isCopying = false
  #ahead = nothingAhead()
  /** Texts by the names of prepared statements, and of portals. */
  readonly #statements = new Map<string, string | undefined>()
  readonly #portals = new Map<string, string | undefined>()
  /** What was last parsed or bound. */
  #lastText: string | undefined

  constructor(observer: StatementObserver, user: string) {
    this.#observer = observer
    this.#user = user
  }

  /** Whether Bind messages are to be read, which say what an Execute runs. */
  get wantsTexts(): boolean {
    return this.#observer.wantsTexts
  }

  /** Must be called with each message of the client that is read whole, before it is passed on. */
  received(type: number, message: Buffer): void {
    switch (type) {
      case frontend.query:
        this.begin(message.toString('utf8', 5, message.length - 1))
        break
      case frontend.execute:
        if (this.#isSkipping || this.#isCopying) break
        this.#begin('execute', this.#portalText(message))
        break
      case frontend.sync:
        if (this.#isCopying) break
        this.#isSkipping = false
        this.#unanswered.push('sync')
        break
      default:
        if (this.#observer.wantsTexts) this.#noteText(type, message)
    }
  }

  /** Begins a simple query, or what is answered like one. @param text undefined where it is not read */
  begin(text: string | undefined): void {
    this.#isSkipping = false
    this.#isCopying = false
    this.#begin('query', this.#observer.wantsTexts ? text : undefined)
  }

  /** Notes what the engine took for the statement that is asked now, or that was bound. */
  staged(milliseconds: number, calls: number): void {
    const run = this.#asked()
    run.staging += milliseconds
    run.calls += calls
  }

  /** Does a part of the statement that is asked now, or that was bound. */
  within<Result>(work: () => Result): Result {
    const run = this.#asked()
    if (run === this.#ahead) this.#ahead.trace ??= this.#follow(this.#lastText)
    return run.trace === undefined ? work() : run.trace.within(work)
  }

  /** Does what PostgreSQL asks for by itself, as part of the statement that it runs. */
  withinRunning<Result>(work: () => Result): Result {
    const running = this.#unanswered.find((one) => one !== 'sync')
    return running?.trace === undefined ? work() : running.trace.within(work)
  }

  /** Must be called with each message that the client gets, but rows. */
  replied(type: number, message: Buffer): void {
    const [head] = this.#unanswered
    const run = head === 'sync' ? undefined : head
    switch (type) {
      case backend.commandComplete:
        this.#isCopying = false
        if (run !== undefined) run.rows += Number(tagRows.exec(message.toString('latin1'))?.[1] ?? 0)
        if (run?.kind === 'execute') this.#endHead(run)
        break
      case backend.emptyQueryResponse:
      case backend.portalSuspended:
        if (run?.kind === 'execute') this.#endHead(run)
        break
      case backend.copyInResponse:
        this.#isCopying = true
        // PostgreSQL skips a Sync among COPY's data.
        if (run?.kind === 'execute') this.#unanswered = this.#unanswered.filter((one) => one !== 'sync')
        break
      case backend.errorResponse:
        this.#fail(run, sqlStateOf(message))
        break
      case backend.readyForQuery:
        this.#settle()
        break
    }
  }

  /** Ends what is not answered: the connection ends. @param sqlState why */
  close(sqlState = connectionFailure): void {
    for (const one of this.#unanswered.splice(0)) {
      if (one !== 'sync') this.#tell({ ...one, sqlState: one.sqlState ?? sqlState })
    }
    // Bound, and never run.
    const { trace, staging, calls } = this.#takeAhead()
    if (trace === undefined) return
    const startedAt = performance.now() - staging
    trace.ended(
      this.#endedOf({
        kind: 'execute',
        text: this.#lastText,
        startedAt,
        staging,
        calls,
        rows: 0,
        sqlState,
        trace,
      }),
    )
  }

  #asked(): Run | Ahead {
    const last = this.#unanswered.at(-1)
    return last === undefined || last === 'sync' || last.kind === 'execute' ? this.#ahead : last
  }

  #follow(text: string | undefined): StatementTrace | undefined {
    return this.#observer.begun?.({ text, user: this.#user })
  }

  #begin(kind: Run['kind'], text: string | undefined): void {
    const ahead = kind === 'execute' ? this.#takeAhead() : nothingAhead()
    const startedAt = performance.now() - ahead.staging
    const trace = ahead.trace ?? this.#follow(text)
    this.#unanswered.push({ kind, text, startedAt, ...ahead, trace, rows: 0, sqlState: undefined })
  }

  #takeAhead() {
    const ahead = this.#ahead
    this.#ahead = nothingAhead()
    return ahead
  }

  #fail(run: Run | undefined, sqlState: string): void {
    this.#isCopying = false
    if (run?.kind === 'query') {
      run.sqlState = sqlState
      return
    }
    if (run === undefined) {
      // A Parse or a Bind has failed.
      const { staging, calls, trace } = this.#takeAhead()
      const startedAt = performance.now() - staging
      const text = this.#lastText
      this.#tell({ kind: 'execute', text, startedAt, staging, calls, rows: 0, sqlState, trace })
    } else this.#tell({ ...run, sqlState })
    const next = this.#unanswered.indexOf('sync')
    this.#isSkipping = next < 0
    this.#unanswered = next < 0 ? [] : this.#unanswered.slice(next)
  }

  #settle(): void {
    for (let head = this.#unanswered.shift(); head !== undefined; head = this.#unanswered.shift()) {
      if (head === 'sync') return
      if (head.kind === 'query') {
        this.#tell(head)
        return
      }
    }
  }

  #endHead(run: Run): void {
    this.#unanswered.shift()
    this.#tell(run)
  }

  #tell(run: Run): void {
    const ended = this.#endedOf(run)
    this.#observer.ended(ended)
    run.trace?.ended(ended)
  }

  #endedOf({ text, startedAt, staging, calls, rows, sqlState }: Run): EndedStatement {
    return {
      text,
      user: this.#user,
      milliseconds: performance.now() - startedAt,
      stagingMilliseconds: staging,
      rows,
      calls,
      sqlState,
    }
  }

  #portalText(message: Buffer): string | undefined {
    return this.#observer.wantsTexts ? this.#portals.get(readExecute(message)) : undefined
  }

  #noteText(type: number, message: Buffer): void {
    try {
      if (type === frontend.parse) {
        const { name, text } = readParse(message)
        this.#lastText = text
        remember(this.#statements, name, text)
      } else if (type === frontend.bind) {
        const { portal, statement } = readBind(message)
        this.#lastText = this.#statements.get(statement)
        remember(this.#portals, portal, this.#lastText)
      } else if (type === frontend.close) {
        const { kind, name } = readTarget(message)
        if (kind === 'S') this.#statements.delete(name)
        else this.#portals.delete(name)
      }
    } catch (error) {
      // PostgreSQL says what is wrong with it.
      if (!(error instanceof MalformedMessage)) throw error
    }
  }
}

function nothingAhead(): Ahead {
  return { staging: 0, calls: 0, trace: undefined }
}

function remember(texts: Map<string, string | undefined>, name: string, text: string | undefined): void {
  texts.delete(name)
  texts.set(name, text !== undefined && text.length > longestText ? undefined : text)
  if (texts.size <= mostTexts) return
  const [oldest] = texts.keys()
  if (oldest !== undefined) texts.delete(oldest)
}
