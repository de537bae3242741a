/** Replies to a rewritten statement, turned into those to the statement that the client sent. */
import type { StagedStatement } from '@millrace/sql-engine/statement'
import type { ReplyHandler } from '../backend/reply-queue.js'
import { commandComplete, mapError, replaceFields } from '../wire/backend-messages.js'
import { backend } from '../wire/message-types.js'

export interface StagedReplyOptions {
  /** What PostgreSQL says of the client's own statement (RowDescription); undefined if it gives no rows. */
  readonly described?: Buffer | undefined
  /** Replies that the client must not see, since it did not make the request. */
  readonly hidden?: readonly number[]
}

/** @param start characters of the client's text before the statement */
export function stagedReplies(
  staged: StagedStatement,
  start: number,
  { described, hidden = [] }: StagedReplyOptions = {},
): ReplyHandler {
  const position = (rewritten: number) => {
    const original = staged.originalPosition(rewritten)
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
          return mapError(message, position, staged.originalNames)
        case backend.commandComplete:
          return staged.commandTag === undefined ? message : commandComplete(staged.commandTag)
        default:
          return message
      }
    },
  }
}
