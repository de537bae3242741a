/** Gathers lookups that are made at about the same time into calls of several keys each. */

interface Waiting<Key, Value> {
  readonly key: Key
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (error: unknown) => void
}

export class Batch<Key, Value> {
  readonly #most: number
  readonly #fetch: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>
  #waiting: Waiting<Key, Value>[] = []

  /**
   * @param most the most keys in one call
   * @param fetch gives a value for each key; the asker gets undefined for keys that it leaves out
   */
  constructor(most: number, fetch: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>) {
    this.#most = most
    this.#fetch = fetch
  }

  get(key: Key): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => void this.#send())
      else if (this.#waiting.length === this.#most) void this.#send()
    })
  }

  async #send(): Promise<void> {
    const sent = this.#waiting
    this.#waiting = []
    if (sent.length === 0) return
    try {
      const values = await this.#fetch([...new Set(sent.map(({ key }) => key))])
      for (const { key, resolve } of sent) resolve(values.get(key))
    } catch (error) {
      for (const { reject } of sent) reject(error)
    }
  }
}
