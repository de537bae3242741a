/**
 * Keeps clients away from the portal of a simple query. When such a query fails while it runs, within a transaction,
 * PostgreSQL 18.4 keeps its unnamed portal, whose statements are freed: an Execute or Describe of the unnamed portal
 * then makes PostgreSQL crash, and with it every session. So it is closed before; where PostgreSQL would survive, it
 * says that the transaction is aborted (25P02), and now that there is no such portal (34000).
 */

import type { Backend } from '../backend/backend.js'
import { HiddenReplies } from '../backend/hidden-replies.js'
import type { ReplyHandler } from '../backend/reply-queue.js'
import { closeMessage } from '../wire/frontend-messages.js'

type State =
  /** The client has bound it, or there has been no simple query. */
  | 'own'
  /** A Bind has been sent, and no Sync since: if it fails, what comes next is skipped. */
  | 'bound'
  /** A Bind has been sent, then a Sync: the portal is the client's if PostgreSQL has taken the Bind. */
  | 'unsure'
  /** The portal may be that of a simple query. */
  | 'foreign'

export class UnnamedPortal {
  readonly #backend: Backend
  #state: State = 'own'

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Whether messages about portals have to be read. */
  get isWatched(): boolean {
    return this.#state !== 'own'
  }

  noteQuery(): void {
    this.#state = 'foreign'
  }

  noteSync(): void {
    if (this.#state === 'bound') this.#state = 'unsure'
  }

  /** Must be called with a Bind of the unnamed portal. @returns the handler that its replies must pass through */
  noteBind(handler: ReplyHandler): ReplyHandler {
    if (this.#state === 'own') return handler
    this.#state = 'bound'
    return {
      takesRows: handler.takesRows,
      reply: (type, message) => handler.reply(type, message),
      done: () => {
        if (this.#state === 'bound' || this.#state === 'unsure') this.#state = 'own'
        handler.done?.()
      },
    }
  }

  /**
   * Must be called before an Execute or a Describe of the unnamed portal is sent, which waits for the promise, if
   * there is one.
   */
  protect(): Promise<void> | undefined {
    return this.#state === 'unsure' || this.#state === 'foreign' ? this.#settle() : undefined
  }

  async #settle(): Promise<void> {
    await this.#backend.settle()
    // If it is not known by now, the Bind has failed. Without a failed transaction, no query's portal is left.
    if (this.#state === 'own' || !this.#backend.hasFailed) return
    this.#state = 'foreign'
    this.#backend.send(closeMessage('P', ''), { kind: 'close', handler: new HiddenReplies() })
  }
}
