/** What has been started so far, to be stopped in the opposite order. */
export class StartedParts {
  readonly #stops: (() => Promise<unknown>)[] = []
  #stopped: Promise<void> | undefined

  /** Adds a part, and how it is stopped. */
  add<Part>(part: Part, stop: (part: Part) => unknown): Part {
    this.#stops.push(async () => stop(part))
    return part
  }

  /**
   * Stops all parts, the last one first, even if one fails. May be called again.
   * @throws the first failure, after all have been stopped
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const failures: unknown[] = []
    for (const stop of this.#stops.reverse()) {
      await stop().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
