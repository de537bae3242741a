/** A map that forgets what was used longest ago when it grows too large. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** @param remember whether a value that is made now is kept */
  getOrAdd(key: Key, remember: boolean, make: () => Value): Value {
    const known = this.#entries.get(key)
    if (known !== undefined || this.#entries.has(key)) {
      this.#entries.delete(key)
      this.#entries.set(key, known as Value)
      return known as Value
    }
    const value = make()
    if (!remember) return value
    this.#entries.set(key, value)
    if (this.#entries.size > this.#most) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    return value
  }
}
