/** Replies to a rewritten statement, told as those to the statement that the client sent. */
import type { StagedStatement } from '@millrace/sql-engine/statement'
import { commandComplete, mapError, replaceFields } from '../wire/backend-messages.js'
import { backend } from '../wire/message-types.js'
import type { ReplyHandler } from './reply-queue.js'

export interface PreparedReplyOptions {
  /** What PostgreSQL says of the client's own statement (RowDescription); undefined if it gives no rows. */
  readonly described?: Buffer | undefined
  /** Replies that the client must not see, for it has not made the request. */
  readonly hidden?: readonly number[]
}

/**
 * @param start characters of the client's text that precede the statement
 */
export function preparedReplies(
  prepared: StagedStatement,
  start: number,
  { described, hidden = [] }: PreparedReplyOptions = {},
): ReplyHandler {
  const position = (rewritten: number) => {
    const original = prepared.originalPosition(rewritten)
    return original === undefined ? undefined : original + start
  }
  return {
    takesRows: false,
    reply(type, message) {
      if (hidden.includes(type)) return undefined
      switch (type) {
        case backend.rowDescription:
          return described === undefined ? message : replaceFields(message, described)
        case backend.errorResponse:
        case backend.noticeResponse:
          return mapError(message, position, prepared.originalNames)
        case backend.commandComplete:
          return prepared.commandTag === undefined ? message : commandComplete(prepared.commandTag)
        default:
          return message
      }
    },
  }
}
