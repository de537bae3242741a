/** What a client sends: each message is read, or passed on, and given to what answers it. */
import { isUtf8 } from 'node:buffer'
import type { StatementEngine } from '@millrace/sql-engine/statement'
import { unknownTable } from '@millrace/sql-engine/unknown-table'
import type { Backend } from '../backend/backend.js'
import { plain, type RequestKind } from '../backend/reply-queue.js'
import { MalformedMessage } from '../wire/byte-reader.js'
import type { FrameHead, FrameReader } from '../wire/frame-reader.js'
import { flushMessage } from '../wire/frontend-messages.js'
import { frontend } from '../wire/message-types.js'
import type { ExtendedQueries } from './extended-query.js'
import { statementTooLong } from './session-errors.js'
import { runSimpleQuery } from './simple-query.js'
import type { StatementStaging } from './statement-staging.js'
import type { StatementTime } from './statement-time.js'
import type { StatementWatch } from './statement-watch.js'

/** The length in bytes beyond which statements are passed on unread; PostgreSQL takes up to 1 GiB. */
const longestRead = 16 << 20

/** Messages whose body is read here, if it can be. */
const readable = new Map<number, RequestKind>([
  [frontend.parse, 'parse'],
  [frontend.bind, 'bind'],
  [frontend.describe, 'describe'],
  [frontend.execute, 'execute'],
  [frontend.close, 'close'],
])

const knownTypes: ReadonlySet<number> = new Set(Object.values(frontend))

/** Messages by which PostgreSQL, or an API, gets something to do. */
const working: ReadonlySet<number> = new Set([
  frontend.query,
  frontend.parse,
  frontend.bind,
  frontend.execute,
  frontend.functionCall,
])

/** Messages that may be long, and how they are answered. */
const streamable = new Map<number, RequestKind>([
  [frontend.parse, 'parse'],
  [frontend.bind, 'bind'],
  [frontend.query, 'query'],
  [frontend.functionCall, 'query'],
])

export interface ClientMessagesOptions {
  readonly reader: FrameReader
  readonly backend: Backend
  readonly extended: ExtendedQueries
  readonly staging: StatementStaging
  readonly time: StatementTime
  readonly engine: StatementEngine
  readonly watch: StatementWatch | undefined
  /** The server process that asks for a virtual table's rows, if the client is PostgreSQL itself. */
  readonly loopbackFor: number | undefined
}

export class ClientMessages {
  readonly #options: ClientMessagesOptions

  constructor(options: ClientMessagesOptions) {
    this.#options = options
  }

  /**
   * Takes the next message.
   * @returns 'wait' if there is none yet, 'end' if the client leaves, a promise if the next one has to wait for this one
   * @throws MalformedMessage for what is no message; DatabaseError where the session cannot go on
   */
  take(): Promise<void> | 'wait' | 'end' | undefined {
    const { reader } = this.#options
    const next = reader.peekType()
    // PostgreSQL does not wait for the rest, either.
    if (next !== undefined && !knownTypes.has(next)) {
      throw new MalformedMessage(`invalid frontend message type ${next}`)
    }
    const part = reader.takeRun(({ type }) => type === frontend.copyData)
    if (part !== undefined) {
      this.#options.backend.send(part)
      return undefined
    }
    const head = reader.peek()
    if (head === undefined) return 'wait'
    if (!this.#isRead(head)) {
      this.#passOn(head.type)
      let isFirst = true
      const begin = reader.takeRun(() => {
        const passes = isFirst
        isFirst = false
        return passes
      })
      if (begin !== undefined) this.#options.backend.send(begin)
      return undefined
    }
    const message = reader.take(head.size)
    if (message === undefined) return 'wait'
    const loading = this.#readable(head.type, message)
    if (loading === undefined) return this.#receiveOrPassOn(head.type, message)
    return loading.then(async () => {
      await this.#receiveOrPassOn(head.type, message)
    })
  }

  /** Resolves when what the message says can be read; undefined where that is so already. */
  #readable(type: number, message: Buffer): Promise<void> | undefined {
    if (type !== frontend.query && type !== frontend.parse) return undefined
    // What stands before a text to be parsed is looked at too, which does no harm.
    return this.#options.engine.analysable(() => message.toString('utf8', 5))
  }

  #receiveOrPassOn(type: number, message: Buffer): Promise<void> | 'end' | undefined {
    try {
      return this.#receive(type, message)
    } catch (error) {
      const kind = readable.get(type)
      if (!(error instanceof MalformedMessage) || kind === undefined) throw error
      // PostgreSQL cannot read it either, and says so; the session goes on.
      this.#options.backend.send(message, this.#options.extended.passOn(kind))
      return undefined
    }
  }

  /** Whether a message is taken whole; others are passed on as they come. */
  #isRead({ type, size }: FrameHead): boolean {
    if (type === frontend.bind) {
      const isTextWanted = this.#options.watch?.wantsTexts === true && size <= longestRead
      return this.#options.extended.isUsed || isTextWanted
    }
    return size <= longestRead && type !== frontend.functionCall
  }

  /** Notes what will be answered to a message that is passed on in parts. */
  #passOn(type: number): void {
    const kind = streamable.get(type)
    if (kind === undefined) throw new MalformedMessage('invalid message length')
    // What is not read might name a virtual table, for which PostgreSQL would ask over the loopback without end.
    if (this.#options.loopbackFor !== undefined && (kind === 'query' || kind === 'parse'))
      throw statementTooLong()
    if (kind === 'query') this.#options.watch?.begin(undefined)
    this.#options.time.started()
    this.#options.backend.expect(this.#options.extended.passOn(kind))
  }

  #receive(type: number, message: Buffer): Promise<void> | 'end' | undefined {
    const { backend, extended, watch, time } = this.#options
    watch?.received(type, message)
    if (working.has(type)) time.started()
    switch (type) {
      case frontend.query:
        return this.#query(message)
      case frontend.parse:
        extended.parse(message)
        return undefined
      case frontend.bind:
        return extended.bind(message)
      case frontend.describe:
        if (extended.isUsed) return extended.describe(message)
        backend.send(message, plain.describe)
        return undefined
      case frontend.execute:
        if (extended.isUsed) return extended.execute(message)
        backend.send(message, plain.execute)
        return undefined
      case frontend.close:
        if (extended.isUsed) extended.close(message)
        else backend.send(message, plain.close)
        return undefined
      case frontend.sync:
        extended.noteSync()
        backend.send(message, plain.sync)
        return undefined
      case frontend.flush:
        backend.send(message, message.length === flushMessage.length ? undefined : plain.malformedFlush)
        return undefined
      case frontend.copyDone:
      case frontend.copyFail:
        backend.send(message, plain.copyEnd)
        return undefined
      case frontend.terminate:
        return 'end'
      default:
        throw new MalformedMessage(`invalid frontend message type ${type}`)
    }
  }

  #query(message: Buffer): Promise<void> | undefined {
    const text = message.toString('utf8', 5, message.length - 1)
    const { backend, extended, staging, engine, loopbackFor } = this.#options
    extended.noteQuery(text)
    const statements = engine.analyse(text)
    // What is not text is not read here; PostgreSQL says what is wrong with it.
    if (statements !== undefined && isText(message)) {
      return runSimpleQuery(statements, message, { backend, staging })
    }
    if (loopbackFor !== undefined && /^declare\s/i.test(text)) throw unknownTable()
    backend.send(message, plain.query)
    return undefined
  }
}

/** Whether a Query message has the right form: UTF-8 that ends with the only NUL in it. */
function isText(message: Buffer): boolean {
  return message.indexOf(0, 5) === message.length - 1 && isUtf8(message.subarray(5))
}
