/** So many starts within any stretch of time, however they are spread in it. */
export class RateWindow {
  readonly #starts: number[]
  readonly #length: number
  #next = 0
  #notBefore = Number.NEGATIVE_INFINITY

  /** @param perSecond below 1 for less than one start a second */
  constructor(perSecond: number) {
    const starts = Math.max(1, Math.floor(perSecond))
    this.#length = (starts / perSecond) * 1000
    this.#starts = Array.from(
      { length: Number.isFinite(perSecond) ? starts : 0 },
      () => Number.NEGATIVE_INFINITY,
    )
  }

  /** When the next start is allowed, in milliseconds of the clock whose times `take` is given. */
  get readyAt(): number {
    const oldest = this.#starts[this.#next]
    return oldest === undefined ? this.#notBefore : Math.max(this.#notBefore, oldest + this.#length)
  }

  take(now: number): void {
    if (this.#starts.length === 0) return
    this.#starts[this.#next] = now
    this.#next = (this.#next + 1) % this.#starts.length
  }

  /** Nothing starts before then. */
  pauseUntil(time: number): void {
    this.#notBefore = Math.max(this.#notBefore, time)
  }
}
