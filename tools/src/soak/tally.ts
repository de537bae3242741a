/** What the clients of the soak have been answered. */

interface Counts {
  right: number
  /** By SQLSTATE, or what the connection ended with. */
  readonly errors: Map<string, number>
}

const mostFaults = 100

export class Tally {
  readonly #kinds = new Map<string, Counts>()
  readonly #faults = new Map<string, number>()
  readonly #tell: (fault: string) => void

  /** @param tell is told of each fault when it happens first */
  constructor(tell: (fault: string) => void = () => {}) {
    this.#tell = tell
  }

  /** What must not be, in words; what has happened often stands there once. */
  get faults(): readonly string[] {
    return [...this.#faults].map(([fault, count]) => (count === 1 ? fault : `${fault} (×${count})`))
  }

  get right(): number {
    return [...this.#kinds.values()].reduce((sum, { right }) => sum + right, 0)
  }

  get failed(): number {
    const errors = [...this.#kinds.values()].flatMap((counts) => [...counts.errors.values()])
    return errors.reduce((sum, count) => sum + count, 0)
  }

  noteRight(kind: string): void {
    this.#of(kind).right++
  }

  noteError(kind: string, state: string): void {
    const { errors } = this.#of(kind)
    errors.set(state, (errors.get(state) ?? 0) + 1)
  }

  noteFault(fault: string): void {
    const count = this.#faults.get(fault)
    if (count !== undefined) this.#faults.set(fault, count + 1)
    // The first ones tell it all.
    else if (this.#faults.size < mostFaults) {
      this.#faults.set(fault, 1)
      this.#tell(fault)
    }
  }

  lines(): string[] {
    return [...this.#kinds].map(([kind, { right, errors }]) => {
      const failures = [...errors].sort(([, a], [, b]) => b - a).map(([state, count]) => `${state} ×${count}`)
      return `  ${kind.padEnd(10)} ${String(right).padStart(7)} right  ${failures.join(', ')}`
    })
  }

  #of(kind: string): Counts {
    const known = this.#kinds.get(kind)
    if (known !== undefined) return known
    const counts = { right: 0, errors: new Map<string, number>() }
    this.#kinds.set(kind, counts)
    return counts
  }
}
