/** Random numbers that are the same for the same seed; by mulberry32, whose neighbouring seeds are unlike. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number from 0 up to, but not including, `count`. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count)
  }

  /** Numbers from 0 up to, but not including, `below`. */
  numbers(count: number, below: number): number[] {
    return Array.from({ length: count }, () => this.below(below))
  }

  /** True in so many of a thousand cases. */
  rarely(ofThousand: number): boolean {
    return this.below(1000) < ofThousand
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0]
  }

  bytes(length: number): Buffer {
    return Buffer.from(this.numbers(length, 256))
  }
}
