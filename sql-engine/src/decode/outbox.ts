/**
 * Messages to another thread, sent together at the end of this turn of the event loop: to wake a thread costs more than most
 * messages do.
 */
export class Outbox<Message> {
  readonly #post: (messages: readonly Message[], transfer: readonly ArrayBuffer[]) => void
  readonly #onRefused: (message: Message, error: unknown) => void
  #messages: Waiting<Message>[] = []

  /** @param onRefused called for a message that is no plain data */
  constructor(
    post: (messages: readonly Message[], transfer: readonly ArrayBuffer[]) => void,
    onRefused: (message: Message, error: unknown) => void,
  ) {
    this.#post = post
    this.#onRefused = onRefused
  }

  add(message: Message, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#messages.length === 0) setImmediate(() => this.#send())
    this.#messages.push({ message, transfer })
  }

  #send(): void {
    const sent = this.#messages
    this.#messages = []
    try {
      this.#post(
        sent.map(({ message }) => message),
        sent.flatMap(({ transfer }) => transfer),
      )
    } catch {
      for (const one of sent) this.#sendAlone(one)
    }
  }

  #sendAlone({ message, transfer }: Waiting<Message>): void {
    try {
      this.#post([message], transfer)
    } catch (error) {
      this.#onRefused(message, error)
    }
  }
}

interface Waiting<Message> {
  readonly message: Message
  readonly transfer: readonly ArrayBuffer[]
}
