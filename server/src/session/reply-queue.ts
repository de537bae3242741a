/** What was asked of PostgreSQL and is not yet answered, in order. */
import { backend } from '../wire/message-types.js'

export type RequestKind =
  | 'parse'
  | 'bind'
  | 'describe'
  | 'execute'
  | 'close'
  | 'sync'
  /** A simple query or a function call: both end with ReadyForQuery, whatever happens. */
  | 'query'

/** Works on the replies to one request, in place of passing them on as they come. */
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
  /** Default is to pass all replies on to the client. */
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
  query: { kind: 'query' },
}

export class ReplyQueue {
  #requests: Request[] = []
  #first = 0
  #skipping = false
  #onIdle: (() => void)[] = []

  /** The request that PostgreSQL answers now. */
  get head(): Request | undefined {
    return this.#requests[this.#first]
  }

  /** After an error in the extended protocol, PostgreSQL reads over everything until the next Sync. */
  get skipping(): boolean {
    return this.#skipping
  }

  get idle(): boolean {
    return this.#first === this.#requests.length
  }

  add(request: Request): void {
    if (this.#skipping) {
      if (request.kind !== 'sync') return
      this.#skipping = false
    }
    this.#requests.push(request)
  }

  /** Takes in a reply to the head, which is thereby answered or not. */
  settle(type: number): void {
    const { head } = this
    if (type === backend.readyForQuery) this.#settleReady()
    else if (type === backend.errorResponse) this.#fail()
    else if (type === backend.copyInResponse) this.#dropSyncs()
    else if (head !== undefined && ends(head.kind, type)) {
      this.#first++
      head.handler?.done?.()
      this.#checkIdle()
    }
  }

  /** Resolves when everything is answered that was asked; at once if it is already. */
  whenIdle(): Promise<void> {
    if (this.idle) return Promise.resolve()
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
    let { head } = this
    if (head === undefined || head.kind === 'sync' || head.kind === 'query') return
    while (head !== undefined && head.kind !== 'sync') {
      this.#first++
      head = this.head
    }
    this.#skipping = head === undefined
    this.#checkIdle()
  }

  /** PostgreSQL reads over a Sync that comes while it waits for COPY's data. */
  #dropSyncs(): void {
    if (this.head?.kind !== 'execute') return
    const waiting = this.#requests.slice(this.#first)
    this.#requests = waiting.filter(({ kind }) => kind !== 'sync')
    this.#first = 0
  }

  #checkIdle(): void {
    if (!this.idle) {
      // Answered requests need not be kept while a client asks on and on.
      if (this.#first > 1000) {
        this.#requests = this.#requests.slice(this.#first)
        this.#first = 0
      }
      return
    }
    this.#requests = []
    this.#first = 0
    if (this.#onIdle.length === 0) return
    const waiting = this.#onIdle
    this.#onIdle = []
    for (const resolve of waiting) resolve()
  }
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
    case 'query':
      return false
  }
}
