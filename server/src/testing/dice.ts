/** Random numbers that are the same for the same seed. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number from 0 up to, but not including, `count`; by a linear congruential generator (Numerical Recipes). */
  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    // Its low digits repeat soon.
    return Math.floor((this.#state / 2 ** 32) * count)
  }

  /** True in so many of a thousand cases. */
  rarely(ofThousand: number): boolean {
    return this.below(1000) < ofThousand
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0]
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
