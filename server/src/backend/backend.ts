/** A client's own connection to PostgreSQL: what is asked over it, and where the replies go. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { openServer } from '@millrace/sql-engine/postgres/server-place'
import type { BoundParameters, SessionResult } from '@millrace/sql-engine/statement'
import { readErrorFields, replaceRelations } from '../wire/backend-messages.js'
import { ByteWriter } from '../wire/byte-writer.js'
import type { FrameHead } from '../wire/frame-reader.js'
import {
  bindMessage,
  bindRest,
  cancelPacket,
  closeMessage,
  executeMessage,
  flushMessage,
  parseMessage,
} from '../wire/frontend-messages.js'
import { backend as messages } from '../wire/message-types.js'
import type { SocketWriter } from '../wire/socket-writer.js'
import type { BackendConnection } from './backend-connection.js'
import { checkReadable } from './client-encoding.js'
import { HiddenReplies } from './hidden-replies.js'
import { ReplyQueue, type Request } from './reply-queue.js'

/** The name of the statement and the portal of the engine's own questions in a client's session. */
const ownName = 'millrace_key'

/** A statement that fails: PostgreSQL then aborts the transaction and skips everything up to the next Sync. */
const failingStatement = '"Millrace could not prepare the statement; this error ends its transaction"'

/** How long a cancel request may take, in milliseconds. */
const cancelTimeout = 10_000

export interface BackendOptions extends BackendConnection {
  readonly client: SocketWriter
  /** OIDs of relations that the client does not know, with those of the relations that they stand for. */
  readonly relations: ReadonlyMap<number, number>
  /** Called when PostgreSQL is ready for a query and no transaction is open: no portal is left. */
  readonly onTransactionEnd: () => void
  /** Called whenever PostgreSQL has answered everything. */
  readonly onReady: () => void
  /** Called when the session has been reset as if it were new: a pooler gives it to its next client. */
  readonly onDiscardAll: () => void
  /** Called with each message that the client gets, but rows. */
  readonly onReply?: ((type: number, message: Buffer) => void) | undefined
}

export class Backend {
  readonly replies = new ReplyQueue()
  /** The parameters as they were reported to the client, in the server's spelling. */
  readonly parameters = new Map<string, string>()
  #transactionStatus = idleStatus
  #saidGoodbye = false
  #lost: DatabaseError | undefined
  #cancelling: Promise<void> | undefined
  readonly #waiting = new Set<(error: DatabaseError) => void>()

  constructor(readonly options: BackendOptions) {}

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Whether the client has begun a transaction, as of the last ReadyForQuery. */
  get isInTransaction(): boolean {
    return this.#transactionStatus !== idleStatus
  }

  /** Whether the client's transaction has failed, as of the last ReadyForQuery. */
  get hasFailed(): boolean {
    return this.#transactionStatus === failedStatus
  }

  /** Whether PostgreSQL has answered everything, and no transaction is open. */
  get isIdle(): boolean {
    return this.replies.idle && !this.replies.isPipelined && !this.isInTransaction
  }

  /** Whether PostgreSQL's last message was the reason why it closes the connection. */
  get saidGoodbye(): boolean {
    return this.#saidGoodbye
  }

  /** Writes a message, and notes which reply is expected. {@link flush} sends it. */
  send(message: Buffer, request?: Request): void {
    if (request !== undefined) this.expect(request)
    this.options.writer.add(message)
  }

  /** Notes which reply is expected to a message that is written in parts. */
  expect(request: Request): void {
    this.replies.add(request)
  }

  /** Sends what has been written; resolves when PostgreSQL takes more. */
  async flush(): Promise<void> {
    if (!this.options.writer.flush()) await this.options.writer.drained()
  }

  /**
   * Lets PostgreSQL answer everything up to here; the client gets its replies. If PostgreSQL waits for COPY's data,
   * it gets no further.
   */
  async settle(): Promise<void> {
    if (this.replies.idle || this.replies.copying) return
    this.send(flushMessage)
    await this.flush()
    await this.#unlessLost(this.replies.whenIdle())
  }

  /** Asks one of the engine's own questions. The replies do not reach the client. See {@link Session.query}. */
  async query(text: string, parameters?: BoundParameters): Promise<SessionResult> {
    if (this.replies.skipping) throw transactionAborted()
    const replies = new HiddenReplies()
    const handler = replies
    // What an earlier question that failed has left is closed first.
    this.send(closeMessage('S', ownName), { kind: 'close', handler })
    this.send(parseMessage(ownName, text, parameters?.types ?? []), { kind: 'parse', handler })
    this.send(bindMessage(ownName, ownName, bindRest(parameters)), { kind: 'bind', handler })
    this.send(executeMessage(ownName), { kind: 'execute', handler })
    this.send(closeMessage('P', ownName), { kind: 'close', handler: replies.last })
    await this.askHidden(replies)
    checkReadable(this.parameters.get('client_encoding'), replies.rows.flat())
    return { rows: replies.rows }
  }

  /** Sends hidden requests that were written, and waits for their replies. @throws DatabaseError */
  async askHidden(replies: HiddenReplies): Promise<void> {
    this.send(flushMessage)
    await this.flush()
    await this.#unlessLost(replies.finished)
  }

  /** Makes PostgreSQL fail, as if the statement that could not be staged had failed there. */
  async fail(): Promise<void> {
    if (this.replies.skipping) return
    const replies = new HiddenReplies()
    this.send(parseMessage(ownName, failingStatement, []), { kind: 'parse', handler: replies.last })
    await this.askHidden(replies).catch(() => {})
  }

  /**
   * Stops what PostgreSQL is doing for the client; does nothing if PostgreSQL is waiting for the client. Resolves
   * when PostgreSQL has taken the request, so that it cannot hit what the client asks for next.
   */
  async cancel(): Promise<void> {
    if (!this.replies.idle) this.#cancelling = sendCancel(this.options)
    await this.#cancelling
  }

  /** Resolves when no cancel request is on its way. */
  async cancelled(): Promise<void> {
    await this.#cancelling
  }

  /** Passes PostgreSQL's replies on until it, or the client, has gone. */
  async relay(): Promise<void> {
    const { reader, client } = this.options
    for (;;) {
      this.#relayWhatIsHere()
      if (!client.flush()) await client.drained()
      if (!(await reader.wait())) return
    }
  }

  /** Rejects all that wait for a reply, since none will come. */
  lose(error: DatabaseError): void {
    this.#lost ??= error
    for (const reject of this.#waiting) reject(this.#lost)
    this.#waiting.clear()
  }

  #relayWhatIsHere(): void {
    const { reader, client } = this.options
    for (;;) {
      if (this.replies.head?.handler?.takesRows !== true) {
        const rows = reader.takeRun(isRow)
        if (rows !== undefined) {
          client.add(rows)
          continue
        }
      }
      const head = reader.peek()
      const message = head && reader.take(head.size)
      if (head === undefined || message === undefined) return
      this.#receive(head.type, message)
    }
  }

  #receive(type: number, message: Buffer): void {
    if (type === messages.parameterStatus) this.#noteParameter(message)
    if (type === messages.commandComplete && message.equals(discardedAll)) this.options.onDiscardAll()
    if (type === messages.errorResponse) this.#saidGoodbye ||= isFatal(message)
    const { relations } = this.options
    if (type === messages.rowDescription && relations.size > 0) replaceRelations(message, relations)
    const handler = this.replies.head?.handler
    const reply = handler === undefined ? message : handler.reply(type, message)
    // Some messages belong to no request: they may come at any time.
    const isForClient =
      this.#saidGoodbye || type === messages.parameterStatus || type === messages.notificationResponse
    const forClient = isForClient ? message : reply
    if (forClient !== undefined) {
      this.options.client.add(forClient)
      this.options.onReply?.(type, forClient)
    }
    this.replies.settle(type)
    if (type === messages.readyForQuery) {
      this.#transactionStatus = message[5] ?? idleStatus
      if (this.replies.idle) this.options.onReady()
      if (!this.isInTransaction) this.options.onTransactionEnd()
    }
  }

  #noteParameter(message: Buffer): void {
    const [name = '', value = ''] = message.toString('latin1', 5).split('\0')
    this.parameters.set(name, value)
  }

  async #unlessLost<Result>(promise: Promise<Result>): Promise<Result> {
    if (this.#lost !== undefined) throw this.#lost
    let reject: (error: DatabaseError) => void = () => {}
    const lost = new Promise<never>((_, rejectLost) => {
      reject = rejectLost
    })
    this.#waiting.add(reject)
    try {
      return await Promise.race([promise, lost])
    } finally {
      this.#waiting.delete(reject)
    }
  }
}

/** Sends a cancel request. PostgreSQL never answers whether it came in time, or at all; it closes the connection. */
async function sendCancel({ place, key }: BackendConnection): Promise<void> {
  const socket = await openServer(place).catch(() => undefined)
  if (socket === undefined) return
  return new Promise((resolve) => {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve())
    socket.setTimeout(cancelTimeout, () => socket.destroy())
    socket.resume()
    socket.write(cancelPacket(key))
  })
}

const isRow = ({ type }: FrameHead) => type === messages.dataRow || type === messages.copyData

const discardedAll = new ByteWriter().string('DISCARD ALL').message('C')

/** The status "I": not in a transaction. */
const idleStatus = 0x49
/** The status "E": in a transaction that has failed. */
const failedStatus = 0x45

function isFatal(errorResponse: Buffer): boolean {
  const severity = readErrorFields(errorResponse).get('V')
  return severity === 'FATAL' || severity === 'PANIC'
}

function transactionAborted(): DatabaseError {
  return new DatabaseError(
    'current transaction is aborted, commands ignored until end of transaction block',
    {
      sqlState: '25P02',
    },
  )
}
