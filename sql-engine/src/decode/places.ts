/** A number of places, of which each is taken and given back. */
export class Places {
  #free: number
  #isOpen = true
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  get areTaken(): boolean {
    return this.#free === 0
  }

  /** @returns false when there will be none any more */
  async take(): Promise<boolean> {
    while (this.#isOpen && this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free--
    return this.#isOpen
  }

  giveBack(): void {
    this.#free++
    this.#waiting.shift()?.()
  }

  /** Nobody needs to wait any more. */
  close(): void {
    this.#isOpen = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
