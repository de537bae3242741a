/** Collects the replies to requests that the client did not make. */
import type { DatabaseError } from '@millrace/sql-engine/database-error'
import { readDataRow, readParameterTypes, toDatabaseError } from '../wire/backend-messages.js'
import { backend } from '../wire/message-types.js'
import type { ReplyHandler } from './reply-queue.js'

export class HiddenReplies implements ReplyHandler {
  readonly takesRows = true
  readonly rows: (string | null)[][] = []
  /** OIDs of a described statement's parameters. */
  parameterTypes: readonly number[] = []
  /** The RowDescription of a statement that gives rows. */
  rowDescription: Buffer | undefined
  /** The error that one of the requests got. */
  error: DatabaseError | undefined
  /** Resolves when the last request is answered. @throws DatabaseError of any of them */
  readonly finished: Promise<void>
  /** The handler of the last request. */
  readonly last: ReplyHandler
  readonly #reject: (error: DatabaseError) => void

  constructor() {
    let resolve: () => void = () => {}
    let reject: (error: DatabaseError) => void = () => {}
    this.finished = new Promise((onResolve, onReject) => {
      resolve = onResolve
      reject = onReject
    })
    // The code that waits for it gets the error; if the connection is lost first, nothing waits.
    this.finished.catch(() => {})
    this.#reject = reject
    this.last = { takesRows: true, reply: (type, message) => this.reply(type, message), done: resolve }
  }

  reply(type: number, message: Buffer): undefined {
    if (type === backend.dataRow) this.rows.push(readDataRow(message))
    else if (type === backend.parameterDescription) this.parameterTypes = readParameterTypes(message)
    else if (type === backend.rowDescription) this.rowDescription = Buffer.from(message)
    else if (type === backend.errorResponse) this.#fail(toDatabaseError(message))
  }

  #fail(error: DatabaseError): void {
    this.error = error
    this.#reject(error)
  }
}
