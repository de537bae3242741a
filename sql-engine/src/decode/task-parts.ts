import type { WorkPlace } from './work-place.js'

/** The parts of a task, as they come from the main thread. */
export class TaskParts implements AsyncIterable<unknown> {
  readonly #parts: { readonly part: unknown }[] = []
  #state: 'open' | 'ended' | 'aborted' = 'open'
  #wake: () => void = () => {}
  readonly #taken: () => void
  readonly #place: WorkPlace

  /** @param taken called for each part that is taken */
  constructor(taken: () => void, place: WorkPlace) {
    this.#taken = taken
    this.#place = place
  }

  get isAborted(): boolean {
    return this.#state === 'aborted'
  }

  add(part: unknown): void {
    this.#parts.push({ part })
    this.#wake()
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#wake()
  }

  abort(): void {
    this.#state = 'aborted'
    this.#parts.length = 0
    this.#wake()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, void> {
    for (;;) {
      if (this.#state === 'aborted') throw new Error('nobody waits for the rows any more')
      const next = this.#parts.shift()
      if (next !== undefined) {
        const { part } = next
        this.#taken()
        // Buffers arrive as what they are made of.
        yield part instanceof Uint8Array ? Buffer.from(part.buffer, part.byteOffset, part.byteLength) : part
      } else if (this.#state === 'ended') return
      else {
        await this.#place.whileWaiting(() => this.#next())
      }
    }
  }
}
