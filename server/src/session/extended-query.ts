/**
 * Prepared statements over virtual tables. The client's Parse is passed on unchanged, so that PostgreSQL answers
 * Describe from the foreign tables; at Bind, when the parameters are known, the statement is staged, and the client's
 * portal is bound to a hidden statement of the rewritten text.
 */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Statement } from '@millrace/sql-engine/parse/statement'
import type { StagedStatement } from '@millrace/sql-engine/statement'
import type { Backend } from '../backend/backend.js'
import { HiddenReplies } from '../backend/hidden-replies.js'
import { plain, type ReplyHandler, type Request, type RequestKind } from '../backend/reply-queue.js'
import {
  type BindMessage,
  bindMessage,
  closeMessage,
  describeMessage,
  parseMessage,
  readBind,
  readExecute,
  readParse,
  readTarget,
} from '../wire/frontend-messages.js'
import { backend as messages } from '../wire/message-types.js'
import { stagedReplies } from './staged-replies.js'
import type { StatementStaging } from './statement-staging.js'
import { UnnamedPortal } from './unnamed-portal.js'

export interface ExtendedQueryOptions {
  readonly backend: Backend
  readonly staging: StatementStaging
  analyse(text: string): readonly Statement[] | undefined
}

/** What a statement was last time, and may be again. */
interface Repeatable {
  readonly again: NonNullable<StagedStatement['again']>
  readonly statement: Statement
  readonly types: readonly number[]
  readonly described: Buffer | undefined
  /** The name of the hidden statement. */
  readonly hidden: string
}

interface Portal {
  readonly handler: ReplyHandler
  /** See {@link StagedStatement.finished}. */
  readonly finished: (() => void) | undefined
  /** Whether its statement changes nothing in the session. */
  readonly isRepeatable: boolean
}

interface NamedStatement {
  readonly statement: Statement
  /** All that the client's Parse held, including what surrounds the statement. */
  readonly text: string
}

/** Commands that make or forget prepared statements. */
const renaming = /\b(?:prepare|deallocate|discard)\b/i

export class ExtendedQueries {
  readonly #options: ExtendedQueryOptions
  readonly #unnamedPortal: UnnamedPortal
  /** The client's prepared statements that name virtual tables. */
  readonly #statements = new Map<string, NamedStatement>()
  /** Whether SQL commands may have given names to other statements. */
  #mayBeRenamed = false
  /** Names of such statements for which PostgreSQL may not have answered yet. */
  readonly #unanswered = new Set<string>()
  /** Portals that stand for rewritten statements. */
  readonly #portals = new Map<string, Portal>()
  /** Hidden statements of this transaction's portals. */
  #hidden: string[] = []
  /** Hidden statements of earlier transactions, which no portal can need any more. */
  #obsolete: string[] = []
  #lastHidden = 0
  /** Statements that can be repeated, by the client's names; as long as nothing else has run. */
  readonly #repeatable = new Map<string, Repeatable>()
  /** Counts the messages that may have changed the session. */
  #changes = 0

  constructor(options: ExtendedQueryOptions) {
    this.#options = options
    this.#unnamedPortal = new UnnamedPortal(options.backend)
  }

  /** Whether a Bind, Describe, Execute or Close must be looked at. */
  get isUsed(): boolean {
    const { size } = this.#statements
    return size > 0 || this.#unanswered.size > 0 || this.#portals.size > 0 || this.#unnamedPortal.isWatched
  }

  /** Must be called with every simple query. */
  noteQuery(text: string): void {
    this.noteText(text)
    this.#unnamedPortal.noteQuery()
  }

  noteSync(): void {
    this.#unnamedPortal.noteSync()
  }

  /** Must be called with every text that the client sends. */
  noteText(text: string): void {
    this.#forgetRepeatable()
    this.#mayBeRenamed ||= renaming.test(text)
  }

  /** Must be called with a message that is passed on unread. @returns what will be answered */
  passOn(kind: RequestKind): Request {
    this.#forgetRepeatable()
    if (kind === 'parse') {
      this.#mayBeRenamed = true
      // A name that is not empty would have to be closed before it is parsed again.
      this.#unanswered.add('')
      return { kind, handler: relaying(() => this.#statements.delete('')) }
    }
    if (kind === 'bind') this.#portals.delete('')
    if (kind === 'query') {
      this.#mayBeRenamed = true
      this.#unnamedPortal.noteQuery()
    }
    return plain[kind]
  }

  parse(message: Buffer): void {
    const { backend, analyse } = this.#options
    const { name, text } = readParse(message)
    this.noteText(text)
    const statements = analyse(text)
    const [statement] = statements ?? []
    // PostgreSQL rejects several statements in one Parse.
    const isVirtual = statements?.length === 1 && statement?.mayNameVirtualTables === true
    if (!isVirtual && !this.#mayBeVirtual(name)) {
      backend.send(message, plain.parse)
      return
    }
    this.#unanswered.add(name)
    const handler = relaying(() => {
      if (isVirtual) this.#statements.set(name, { statement, text })
      else this.#statements.delete(name)
    })
    backend.send(message, { kind: 'parse', handler })
  }

  /** @returns a promise if the statement has to be staged; the client's next message waits for it */
  bind(message: Buffer): Promise<void> | undefined {
    const bind = readBind(message)
    if (this.#bindAgain(bind)) return undefined
    if (this.#mayBeVirtual(bind.statement)) return this.#bindVirtual(message, bind)
    this.#forgetRepeatable()
    this.#portals.delete(bind.portal)
    this.#sendBind(bind.portal, message)
    return undefined
  }

  /** @returns a promise if the client's next message has to wait for this one */
  describe(message: Buffer): Promise<void> | undefined {
    const { kind, name } = readTarget(message)
    const handler = kind === 'P' ? this.#portals.get(name)?.handler : undefined
    const request = handler === undefined ? plain.describe : { kind: 'describe' as const, handler }
    return this.#sendProtected(kind === 'P' && name === '', message, request)
  }

  /**
   * @returns a promise if the client's next message has to wait, for example where PostgreSQL must run the statement
   *   first
   */
  execute(message: Buffer): Promise<void> | undefined {
    const name = readExecute(message)
    const portal = this.#portals.get(name)
    if (portal?.isRepeatable !== true) this.#forgetRepeatable()
    const request =
      portal === undefined ? plain.execute : { kind: 'execute' as const, handler: portal.handler }
    const sending = this.#sendProtected(name === '', message, request)
    const finished = portal?.finished
    if (finished === undefined) return sending
    return (sending ?? Promise.resolve()).then(() => this.#options.backend.settle()).then(finished)
  }

  #sendProtected(isUnnamed: boolean, message: Buffer, request: Request): Promise<void> | undefined {
    const { backend } = this.#options
    const waiting = isUnnamed ? this.#unnamedPortal.protect() : undefined
    if (waiting !== undefined) return waiting.then(() => backend.send(message, request))
    backend.send(message, request)
    return undefined
  }

  #sendBind(portal: string, message: Buffer, handler: ReplyHandler = relaying(() => {})): void {
    const noted = portal === '' ? this.#unnamedPortal.noteBind(handler) : handler
    this.#options.backend.send(message, { kind: 'bind', handler: noted })
  }

  close(message: Buffer): void {
    const { kind, name } = readTarget(message)
    if (kind === 'P') this.#portals.delete(name)
    else this.#forgetRepeatable()
    const handler = kind === 'S' ? relaying(() => this.#statements.delete(name)) : undefined
    this.#options.backend.send(message, handler === undefined ? plain.close : { kind: 'close', handler })
  }

  /** Ends the transaction, and all portals with it. */
  endTransaction(): void {
    this.#portals.clear()
    this.#obsolete.push(...this.#hidden)
    this.#hidden = []
  }

  async #bindVirtual(message: Buffer, bind: BindMessage): Promise<void> {
    const { backend, staging } = this.#options
    // One round trip for both, where the statement has just been parsed.
    const early = backend.replies.onlyParses ? this.#describe(bind.statement) : undefined
    await backend.settle()
    this.#unanswered.clear()
    if (early?.error !== undefined) {
      staging.report(early.error)
      return
    }
    // PostgreSQL ignores the Bind: after an error before it, or while it waits for COPY's data.
    if (backend.replies.skipping || backend.replies.copying) {
      this.#sendBind(bind.portal, message)
      return
    }
    const statement = await this.#statementOf(bind.statement)
    const signature = statement && (early ?? (await this.#signatureOf(bind.statement)))
    if (signature instanceof DatabaseError) {
      staging.report(signature)
      return
    }
    const types = signature?.parameterTypes
    // PostgreSQL says what is wrong with the name, or with the number of values.
    if (types?.length !== bind.values.length || statement === undefined) {
      this.#portals.delete(bind.portal)
      this.#sendBind(bind.portal, message)
      return
    }
    if (statement.needsTransaction && !backend.isInTransaction) {
      // PostgreSQL rejects a cursor without a transaction.
      this.#portals.delete(bind.portal)
      this.#sendBind(bind.portal, message)
      return
    }
    const { formats, values } = bind
    const staged = await staging.stage(statement, { types, formats, values })
    if (staged?.again === undefined) this.#forgetRepeatable()
    if (staged === undefined) return
    this.#closeObsolete()
    const name = `millrace_${++this.#lastHidden}`
    const described = signature?.rowDescription
    const handler = stagedReplies(staged, statement.start, { described })
    const hidden = stagedReplies(staged, statement.start, { hidden: [messages.parseComplete] })
    const done = this.#keeping(name, bind.statement, staged, { statement, types, described, hidden: name })
    backend.send(parseMessage(name, staged.text, types), { kind: 'parse', handler: { ...hidden, done } })
    this.#sendBind(bind.portal, bindMessage(bind.portal, name, bind.rest), handler)
    const { again, finished } = staged
    this.#portals.set(bind.portal, { handler, finished, isRepeatable: again !== undefined })
  }

  /**
   * Handles the replies to the hidden statement's Parse: it may run again if nothing else has run, or is about to.
   */
  #keeping(name: string, bound: string, { again }: StagedStatement, known: Omit<Repeatable, 'again'>) {
    const changes = this.#changes
    return () => {
      const isKept = again !== undefined && !this.#mayBeRenamed && changes === this.#changes
      const obsolete = isKept ? this.#repeatable.get(bound)?.hidden : name
      if (obsolete !== undefined) this.#hidden.push(obsolete)
      if (isKept) this.#repeatable.set(bound, { ...known, again })
    }
  }

  /** Binds a statement that ran just before, unless it must be staged again. */
  #bindAgain({ statement: name, portal, formats, values, rest }: BindMessage): boolean {
    const known = this.#repeatable.get(name)
    if (known === undefined || known.types.length !== values.length) return false
    const { backend, staging } = this.#options
    if (backend.replies.skipping || backend.replies.copying) return false
    const staged = known.again({ types: known.types, formats, values })
    if (staged === undefined) return false
    staging.adopt(staged)
    const handler = stagedReplies(staged, known.statement.start, { described: known.described })
    this.#sendBind(portal, bindMessage(portal, known.hidden, rest), handler)
    this.#portals.set(portal, { handler, finished: undefined, isRepeatable: true })
    return true
  }

  /** Something else runs, which may change settings, and what names stand for. */
  #forgetRepeatable(): void {
    this.#changes++
    if (this.#repeatable.size === 0) return
    for (const { hidden } of this.#repeatable.values()) this.#hidden.push(hidden)
    this.#repeatable.clear()
  }

  /** The statement over virtual tables that a name stands for, if there is one. */
  async #statementOf(name: string): Promise<Statement | undefined> {
    const known = this.#statements.get(name)
    // Commands do not affect the unnamed statement.
    if (known === undefined || name === '' || !this.#mayBeRenamed) return known?.statement
    const { backend } = this.#options
    const parameters = { types: [textType], formats: [0 as const], values: [Buffer.from(name)] }
    const result = await backend.query(preparedText, parameters).catch((error: unknown) => {
      if (error instanceof DatabaseError && !backend.isLost) return undefined
      throw error
    })
    if (result?.rows[0]?.[0] === known.text) return known.statement
    this.#statements.delete(name)
    return undefined
  }

  /**
   * Asks for a statement's parameters and columns. Asked each time: an SQL command may have deallocated the
   * statement.
   */
  #describe(statement: string): HiddenReplies {
    const replies = new HiddenReplies()
    const { backend } = this.#options
    backend.send(describeMessage('S', statement), { kind: 'describe', handler: replies.last })
    return replies
  }

  async #signatureOf(statement: string): Promise<HiddenReplies | DatabaseError> {
    const { backend } = this.#options
    const replies = this.#describe(statement)
    try {
      await backend.askHidden(replies)
    } catch (error) {
      if (error instanceof DatabaseError && !backend.isLost) return error
      throw error
    }
    return replies
  }

  #closeObsolete(): void {
    const handler = new HiddenReplies()
    for (const name of this.#obsolete) {
      this.#options.backend.send(closeMessage('S', name), { kind: 'close', handler })
    }
    this.#obsolete = []
  }

  #mayBeVirtual(statement: string): boolean {
    if (this.#options.backend.replies.idle) this.#unanswered.clear()
    return this.#statements.has(statement) || this.#unanswered.has(statement)
  }
}

const preparedText = 'select statement from pg_catalog.pg_prepared_statements where name = $1'
const textType = 25

/** Passes all replies on. */
function relaying(done: () => void): ReplyHandler {
  return { takesRows: false, reply: (_, message) => message, done }
}
