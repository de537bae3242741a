/** What a call is made for. */
export interface CallOrigin {
  readonly plugin: string
  readonly connection: string
  readonly table: string
}

/** A part of a statement's way that takes time, as traces show it. */
export type TracedPart =
  | { readonly kind: 'plan' }
  | { readonly kind: 'scan'; readonly origin: CallOrigin }
  /** One request to an API. */
  | { readonly kind: 'call'; readonly origin: CallOrigin; readonly call: string }

/** Is told of API calls while they are made: it may neither throw nor take long. */
export interface CallObserver {
  /** A request is about to be made, be it for the first time or again. @param call the API's name of it */
  called(origin: CallOrigin, call: string): void
  /** A request is made again after a failure. */
  retried(origin: CallOrigin, call: string): void
  /** The API has said that it is asked too often. */
  throttled(origin: CallOrigin, call: string): void
  /** Does a part of a statement; what it does in turn is part of that. Whatever the work gives or throws is passed on. */
  trace?<Result>(part: TracedPart, work: () => Promise<Result>): Promise<Result>
}
