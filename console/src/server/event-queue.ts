/** Events on their way to one reader, who may come later than they do. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = []
  #isClosed = false
  #wake: (() => void) | undefined

  push(event: Event): void {
    if (this.#isClosed) return
    this.#events.push(event)
    this.#wake?.()
  }

  /** No event comes any more; those that are there are still read. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, void> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) yield event
      else if (this.#isClosed) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    }
  }
}
