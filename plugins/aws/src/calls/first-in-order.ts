import type { Direction } from '@millrace/plugin-sdk'

/**
 * Counts what an API gives in the order of its times, to know when the first ones have come and all that share the
 * last one's time.
 */
export class FirstInOrder {
  readonly #sign: 1 | -1
  readonly #limit: number
  #first: number | undefined
  #edge: number | undefined
  #beforeEdge = 0
  #atEdge = 0
  #isOrdered = true

  /** @param limit how many items that count are needed */
  constructor(direction: Direction, limit: number) {
    this.#sign = direction === 'asc' ? 1 : -1
    this.#limit = limit
  }

  /** @param time undefined where the API gives none */
  add(time: number | undefined, counts: boolean): void {
    if (time === undefined || (this.#edge !== undefined && this.isBefore(time, this.#edge))) {
      this.#isOrdered = false
      return
    }
    this.#first ??= time
    if (time !== this.#edge) {
      this.#beforeEdge += this.#atEdge
      this.#atEdge = 0
      this.#edge = time
    }
    if (counts) this.#atEdge++
  }

  /** The time of the last item that counts. There may be more of the same time. */
  get edge(): number | undefined {
    return this.#edge
  }

  /** The length of the time that all of them cover. */
  get span(): number | undefined {
    if (this.#first === undefined || this.#edge === undefined) return undefined
    return Math.abs(this.#edge - this.#first) + 1
  }

  /** Whether all have come in order so far. */
  get isOrdered(): boolean {
    return this.#isOrdered
  }

  get isEnough(): boolean {
    return this.#isOrdered && this.#beforeEdge >= this.#limit
  }

  isBefore(time: number, other: number): boolean {
    return (time - other) * this.#sign < 0
  }
}
