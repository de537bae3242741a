/** What a call is made for. */
export interface CallOrigin {
  readonly plugin: string
  readonly connection: string
  readonly table: string
}

/** Is told of API calls while they are made: it may neither throw nor take long. */
export interface CallObserver {
  /** A request is about to be made, be it for the first time or again. @param call the API's name of it */
  called(origin: CallOrigin, call: string): void
  /** A request is made again after a failure. */
  retried(origin: CallOrigin, call: string): void
  /** The API has said that it is asked too often. */
  throttled(origin: CallOrigin, call: string): void
}
