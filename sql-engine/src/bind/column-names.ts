/** The names of the columns of something in FROM, in order. */
export class ColumnNames {
  readonly names: readonly string[]
  /** The positions of names that occur once. The others exist, but PostgreSQL lets no reference reach them. */
  readonly #positions = new Map<string, number>()

  constructor(names: readonly string[]) {
    this.names = names
    const repeated = new Set<string>()
    for (const [index, name] of names.entries()) {
      if (this.#positions.has(name)) repeated.add(name)
      this.#positions.set(name, index)
    }
    for (const name of repeated) this.#positions.delete(name)
  }

  /** Whether a reference by this name reaches one of the columns. */
  has(name: string): boolean {
    return this.#positions.has(name)
  }

  /** Where the column of a name stands, from 0 on. */
  positionOf(name: string): number | undefined {
    return this.#positions.get(name)
  }
}
