/** A list of numbers that decides how something random is made; what has no number left is made the plainest way. */
export class Choices {
  readonly #numbers: readonly number[]
  #position = 0

  /** @param numbers whole and not negative; shorter lists and smaller numbers make plainer things */
  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  /** A number from 0 up to, but not including, `count`. */
  below(count: number): number {
    const number = this.#numbers[this.#position++] ?? 0
    return number % count
  }

  /** True in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent
  }

  /** One of some items, of which the first is the plainest. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0]
  }

  /** One of some items; mostly of the first three, so that what is picked apart from another is often the same. */
  pickAlike<Item>(items: readonly [Item, ...Item[]]): Item {
    const few = this.chance(30) ? items.length : Math.min(items.length, 3)
    return items[this.below(few)] ?? items[0]
  }

  /** Of items that may be none. */
  pickAny<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(Math.max(items.length, 1))]
  }
}
