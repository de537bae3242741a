/** Which keys of a lookup table are known, since when, and which of them are being read. */

export interface KnownKey {
  /** When its rows were asked for, in milliseconds since 1970. */
  readonly fetchedAt: number
  /** When they need not be kept any longer. */
  readonly expiresAt: number
  /** Bytes that its rows take, about. */
  readonly bytes: number
}

/** The key that was asked for last stands at the end. */
export class KnownKeys {
  readonly #keys = new Map<string, KnownKey>()
  /** How many statements may still read the rows of a key. */
  readonly #pins = new Map<string, number>()
  #bytes = 0

  /** Bytes that all rows take, about. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#keys.size
  }

  /**
   * Whether a key's rows are of that age or younger. One from the future, as after the machine's clock was set
   * back, is of no known age.
   */
  isFresh(key: string, oldest: number, now: number): boolean {
    const known = this.#keys.get(key)
    return known !== undefined && known.fetchedAt >= oldest && known.fetchedAt <= now
  }

  set(key: string, known: KnownKey): void {
    this.forget([key])
    this.#keys.set(key, known)
    this.#bytes += known.bytes
  }

  forget(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#bytes -= this.#keys.get(key)?.bytes ?? 0
      this.#keys.delete(key)
    }
  }

  /** Keeps the rows of keys from being thrown away, whether they are there already or not. */
  pin(keys: readonly string[]): void {
    for (const key of keys) {
      this.#pins.set(key, (this.#pins.get(key) ?? 0) + 1)
      const known = this.#keys.get(key)
      if (known === undefined) continue
      this.#keys.delete(key)
      this.#keys.set(key, known)
    }
  }

  unpin(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#pins.get(key) ?? 0) - 1
      if (left > 0) this.#pins.set(key, left)
      else this.#pins.delete(key)
    }
  }

  /** Keys that nobody reads: all that have expired, and those not asked for for longest until so much is free. */
  disposable(now: number, bytesToFree: number): string[] {
    const keys: string[] = []
    let left = bytesToFree
    for (const [key, { expiresAt, bytes }] of this.#keys) {
      if (this.#pins.has(key) || (expiresAt > now && left <= 0)) continue
      keys.push(key)
      left -= bytes
    }
    return keys
  }
}
