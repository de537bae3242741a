/**
 * What PostgreSQL's catalog says of the functions that a statement calls. By name alone: if one function of
 * a name is volatile, all are taken to be.
 */
export class FunctionTraits {
  readonly #volatile: ReadonlySet<string>
  readonly #notPlain: ReadonlySet<string>
  /** Whether there are collations by which texts may be equal that are not the same. */
  readonly hasLooseCollations: boolean

  constructor(volatile: Iterable<string>, notPlain: Iterable<string>, hasLooseCollations: boolean) {
    this.#volatile = new Set(volatile)
    this.#notPlain = new Set(notPlain)
    this.hasLooseCollations = hasLooseCollations
  }

  /** Whether two calls may give two results. */
  isVolatile(name: string): boolean {
    return this.#volatile.has(name)
  }

  /** Whether it is neither an aggregate, nor a window function, nor set-returning. */
  isPlain(name: string): boolean {
    return !this.#notPlain.has(name)
  }
}
