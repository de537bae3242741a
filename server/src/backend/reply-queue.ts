/** What was asked of PostgreSQL and is not yet answered, in order. */
import { backend } from '../wire/message-types.js'

export type RequestKind =
  | 'parse'
  | 'bind'
  | 'describe'
  | 'execute'
  | 'close'
  | 'sync'
  /** A Flush with a body, which PostgreSQL rejects. A proper one has no reply, and is not a request. */
  | 'malformedFlush'
  /** CopyDone or CopyFail: the end of COPY's data. It has no reply of its own. */
  | 'copyEnd'
  /** A simple query or a function call: both end with ReadyForQuery, whatever happens. */
  | 'query'

/** Handles the replies to one request, instead of passing them on as they come. */
export interface ReplyHandler {
  /** @returns what the client gets instead; undefined for nothing */
  reply(type: number, message: Buffer): Buffer | undefined
  /** Whether rows are given to {@link reply}; otherwise they go to the client as they come. */
  readonly takesRows: boolean
  /** The request is answered; not called after an error. */
  done?(): void
}

export interface Request {
  readonly kind: RequestKind
  /** The handler of the replies; default is to pass all of them on to the client. */
  readonly handler?: ReplyHandler
}

/** Requests whose replies go to the client as they come. */
export const plain: { readonly [Kind in RequestKind]: Request } = {
  parse: { kind: 'parse' },
  bind: { kind: 'bind' },
  describe: { kind: 'describe' },
  execute: { kind: 'execute' },
  close: { kind: 'close' },
  sync: { kind: 'sync' },
  malformedFlush: { kind: 'malformedFlush' },
  copyEnd: { kind: 'copyEnd' },
  query: { kind: 'query' },
}

export class ReplyQueue {
  #requests: Request[] = []
  #first = 0
  #skipping = false
  #copying = false
  /** Whether an error now, whatever its cause, makes PostgreSQL skip what follows. */
  #isExtended = false
  #onIdle: (() => void)[] = []

  /** The request that PostgreSQL is answering now. */
  get head(): Request | undefined {
    return this.#requests[this.#first]
  }

  /** Whether PostgreSQL skips everything until the next Sync, as it does after an error in the extended protocol. */
  get skipping(): boolean {
    return this.#skipping
  }

  /** Whether the last message sent belongs to the extended protocol, and no Sync has ended it yet. */
  get isPipelined(): boolean {
    return this.#isExtended
  }

  /** Whether PostgreSQL waits for COPY's data, whose end has not been sent. Anything else will end the connection. */
  get copying(): boolean {
    return this.#copying
  }

  get idle(): boolean {
    return this.#first === this.#requests.length
  }

  /** Whether nothing but Parses is being answered, so that what is sent now is answered as if they had been already. */
  get onlyParses(): boolean {
    if (this.idle || this.#skipping || this.#copying) return false
    return this.#requests.slice(this.#first).every(({ kind }) => kind === 'parse')
  }

  add(request: Request): void {
    const { kind } = request
    if (this.#skipping) {
      if (kind !== 'sync') return
      this.#skipping = false
    }
    this.#isExtended = kind !== 'sync' && kind !== 'query'
    if (this.#copying && (kind === 'copyEnd' || isOverreadInCopy(kind))) {
      if (kind === 'copyEnd') this.#copying = false
      return
    }
    // Without a COPY, its end is skipped.
    if (kind === 'copyEnd' && this.idle) return
    this.#requests.push(request)
  }

  /** Processes a reply to the head, which may complete it. */
  settle(type: number): void {
    const { head } = this
    if (type === backend.readyForQuery) this.#settleReady()
    else if (type === backend.errorResponse) this.#fail()
    else if (type === backend.copyInResponse) this.#beginCopy()
    else if (head !== undefined && ends(head.kind, type)) {
      this.#first++
      head.handler?.done?.()
      this.#checkIdle()
    }
  }

  /** Resolves when no pending request can be answered before more is sent; at once if that is so already. */
  whenIdle(): Promise<void> {
    if (this.idle || this.#copying) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onIdle.push(resolve)
    })
  }

  #settleReady(): void {
    let request = this.head
    while (request !== undefined) {
      this.#first++
      if (request.kind === 'sync' || request.kind === 'query') {
        request.handler?.done?.()
        break
      }
      request = this.head
    }
    if (request === undefined) this.#skipping = false
    this.#checkIdle()
  }

  #fail(): void {
    this.#copying = false
    let { head } = this
    // Such as statement_timeout, which also counts between two messages.
    if (head === undefined) this.#skipping = this.#isExtended
    if (head === undefined || head.kind === 'sync' || head.kind === 'query') return
    while (head !== undefined && head.kind !== 'sync') {
      this.#first++
      head = this.head
    }
    this.#skipping = head === undefined
    this.#checkIdle()
  }

  /** Handles the beginning of a COPY: what was sent after the statement is its data, up to the end. */
  #beginCopy(): void {
    const [head, ...waiting] = this.#requests.slice(this.#first)
    if (head === undefined) return
    const end = waiting.findIndex(({ kind }) => kind === 'copyEnd')
    this.#copying = end < 0
    const data = this.#copying ? waiting : waiting.slice(0, end)
    const others = data.filter(({ kind }) => !isOverreadInCopy(kind))
    this.#requests = [head, ...others, ...waiting.slice(data.length + 1)]
    this.#first = 0
    if (this.#copying) this.#wake()
  }

  #checkIdle(): void {
    // The end of data that no COPY has taken is skipped.
    while (this.head?.kind === 'copyEnd') this.#first++
    if (!this.idle) {
      // Answered requests are dropped, since a client may go on asking.
      if (this.#first > 1000) {
        this.#requests = this.#requests.slice(this.#first)
        this.#first = 0
      }
      return
    }
    this.#requests = []
    this.#first = 0
    this.#wake()
  }

  #wake(): void {
    if (this.#onIdle.length === 0) return
    const waiting = this.#onIdle
    this.#onIdle = []
    for (const resolve of waiting) resolve()
  }
}

/** Whether PostgreSQL skips a message among COPY's data: Sync and Flush, whatever they hold. */
function isOverreadInCopy(kind: RequestKind): boolean {
  return kind === 'sync' || kind === 'malformedFlush'
}

function ends(kind: RequestKind, type: number): boolean {
  switch (kind) {
    case 'parse':
      return type === backend.parseComplete
    case 'bind':
      return type === backend.bindComplete
    case 'close':
      return type === backend.closeComplete
    case 'describe':
      return type === backend.rowDescription || type === backend.noData
    case 'execute':
      return (
        type === backend.commandComplete ||
        type === backend.emptyQueryResponse ||
        type === backend.portalSuspended
      )
    case 'sync':
    case 'malformedFlush':
    case 'copyEnd':
    case 'query':
      return false
  }
}
