/** Which keys of a lookup table are known, and since when. */

export interface KnownKey {
  /** When its rows were asked for, in milliseconds since 1970. */
  readonly fetchedAt: number
  /** When it can be dropped, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** The key that was asked for last stands at the end. */
export class KnownKeys {
  readonly #keys = new Map<string, KnownKey>()

  /**
   * Whether a key's rows are of that age or younger. The age of a row from the future, as after the machine's clock
   * was set back, is not known.
   */
  isFresh(key: string, oldest: number, now: number): boolean {
    const known = this.#keys.get(key)
    return known !== undefined && known.fetchedAt >= oldest && known.fetchedAt <= now
  }

  set(key: string, known: KnownKey): void {
    this.#keys.delete(key)
    this.#keys.set(key, known)
  }

  /** Notes that keys are asked for, whether they are known already or not. */
  touch(keys: readonly string[]): void {
    for (const key of keys) {
      const known = this.#keys.get(key)
      if (known !== undefined) this.set(key, known)
    }
  }

  /** How many there are that have not expired; the age of the oldest of them, and the time until the last expires. */
  contents(now: number): { readonly keys: number; readonly age: number; readonly left: number } {
    let keys = 0
    let age = 0
    let left = 0
    for (const { fetchedAt, expiresAt } of this.#keys.values()) {
      if (expiresAt <= now) continue
      keys++
      age = Math.max(age, now - fetchedAt)
      left = Math.max(left, expiresAt - now)
    }
    return { keys, age, left }
  }

  /** The keys that were asked for last, that share of all of them; none that has expired. */
  latest(share: number, now: number): ReadonlyMap<string, KnownKey> {
    const forgotten = Math.ceil(this.#keys.size * (1 - share))
    const latest = [...this.#keys].slice(forgotten).filter(([, { expiresAt }]) => expiresAt > now)
    return new Map(latest)
  }
}
