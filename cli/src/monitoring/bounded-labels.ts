/**
 * Keeps the time series of a metric few, however many connections, tables and calls there are: each series costs memory
 * here and in Prometheus (https://prometheus.io/docs/practices/naming/#labels). Those that come first are named in full;
 * later ones share a series of their plugin's table, over all connections; and when those are many, too, a single one.
 */
export type Labels = Readonly<Record<string, string>>

/** What stands for everything that is not named. */
export const others = '(other)'

export class BoundedLabels<Of extends Labels> {
  readonly #shared: readonly (keyof Of & string)[]
  readonly #most: number
  readonly #known = new Map<string, Of>()
  #named = 0
  #partlyNamed = 0

  /**
   * @param shared the labels that are given up first
   * @param most of the series that are named in full, and of those that are named in part
   */
  constructor(shared: readonly (keyof Of & string)[], most: number) {
    this.#shared = shared
    this.#most = most
  }

  of(labels: Of): Of {
    const key = keyOf(labels)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#named < this.#most) {
      this.#named++
      this.#known.set(key, labels)
      return labels
    }
    const partly = replaced(labels, this.#shared)
    const partlyKey = keyOf(partly)
    const knownPartly = this.#known.get(partlyKey)
    if (knownPartly !== undefined) return knownPartly
    if (this.#partlyNamed >= this.#most) return replaced(labels, Object.keys(labels))
    this.#partlyNamed++
    this.#known.set(partlyKey, partly)
    return partly
  }
}

function keyOf(labels: Labels): string {
  return Object.values(labels).join('\0')
}

function replaced<Of extends Labels>(labels: Of, names: readonly string[]): Of {
  return { ...labels, ...Object.fromEntries(names.map((name) => [name, others])) }
}
