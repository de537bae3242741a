/** Allows a number of starts within any stretch of time, however they are spread in it. */
export class RateWindow {
  #perSecond: number
  /** The times of the last starts, as many as are allowed within the stretch, the oldest at `#next`. */
  #starts: number[] = []
  #length = 0
  #next = 0
  #notBefore = Number.NEGATIVE_INFINITY

  /** @param perSecond below 1 for less than one start a second */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#hold(perSecond, [])
  }

  /** How many starts a rate allows within any stretch of how many milliseconds. */
  static stretchOf(perSecond: number): { readonly count: number; readonly length: number } {
    const count = Number.isFinite(perSecond) ? Math.max(1, Math.floor(perSecond)) : 0
    return { count, length: count === 0 ? 0 : (count / perSecond) * 1000 }
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

  /** Allows no start before that time. */
  pauseUntil(time: number): void {
    this.#notBefore = Math.max(this.#notBefore, time)
  }

  /** Lowers the rate to this one, if it is less than the present one. */
  restrict(perSecond: number): void {
    if (perSecond < this.#perSecond) this.#hold(perSecond, this.#starts)
  }

  /** Counts the starts of another window too, and keeps its pause. */
  add(other: RateWindow): void {
    this.pauseUntil(other.#notBefore)
    this.#hold(this.#perSecond, [...this.#starts, ...other.#starts])
  }

  #hold(perSecond: number, starts: readonly number[]): void {
    const { count, length } = RateWindow.stretchOf(perSecond)
    this.#perSecond = perSecond
    this.#length = length
    const blank = Array.from({ length: count }, () => Number.NEGATIVE_INFINITY)
    const inOrder = [...blank, ...starts].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0))
    this.#starts = inOrder.slice(inOrder.length - count)
    this.#next = 0
  }
}
