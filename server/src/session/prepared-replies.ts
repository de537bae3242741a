/** Replies to a rewritten statement, told as those to the statement that the client sent. */
import type { PreparedStatement } from '@millrace/sql-engine/statement'
import { mapError, replaceRelations } from '../wire/backend-messages.js'
import { backend } from '../wire/message-types.js'
import type { ReplyHandler } from './reply-queue.js'

/**
 * @param start characters of the client's text that precede the statement
 * @param hidden replies that the client must not see, for it has not made the request
 */
export function preparedReplies(
  prepared: PreparedStatement,
  start: number,
  hidden: readonly number[] = [],
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
          return replaceRelations(message, prepared.relations)
        case backend.errorResponse:
        case backend.noticeResponse:
          return mapError(message, position, prepared.originalNames)
        default:
          return message
      }
    },
  }
}
