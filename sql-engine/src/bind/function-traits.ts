/** A function as PostgreSQL's catalog has it. */
export interface CatalogFunction {
  readonly name: string
  readonly isVolatile: boolean
  readonly isAggregate: boolean
  /** Whether it is neither an aggregate, nor a window function, nor set-returning. */
  readonly isPlain: boolean
  /** Whether it is in pg_catalog. */
  readonly isOwn: boolean
}

export interface CatalogFacts {
  readonly functions: readonly CatalogFunction[]
  /** Whether there are collations under which different texts may be equal. */
  readonly hasNondeterministicCollations: boolean
  /**
   * Whether comparisons may mean something other than they say: someone has made operators with their names for types
   * of PostgreSQL's own, or has `= NULL` taken for IS NULL.
   */
  readonly hasShadowedOperators: boolean
  /** Whether a type's bare name may mean a type that is not PostgreSQL's own, by the session's search path. */
  readonly hasShadowedTypes: boolean
  /**
   * Whether `\d` of a regular expression means more than the digits of ASCII, as it does under ICU's locales. APIs are
   * asked by these.
   */
  readonly hasWideDigits: boolean
}

/**
 * Functions that are stable by the catalog, that is, for one statement; a key query is a statement of its own, and an
 * earlier one. (What is the same for a whole transaction, such as now(), may be asked twice.)
 */
const differByStatement = ['statement_timestamp']

/**
 * What PostgreSQL's catalog says of the functions that a statement calls. Functions are known by name alone: if one
 * function of a name is volatile, all are taken to be.
 */
export class FunctionTraits {
  readonly #volatile: ReadonlySet<string>
  readonly #notPlain: ReadonlySet<string>
  readonly #aggregates: ReadonlySet<string>
  readonly #foreign: ReadonlySet<string>
  /** Whether there are collations under which different texts may be equal. */
  readonly hasNondeterministicCollations: boolean
  /** See {@link CatalogFacts}. */
  readonly hasShadowedOperators: boolean
  /** See {@link CatalogFacts}. */
  readonly hasShadowedTypes: boolean
  /** See {@link CatalogFacts}. */
  readonly hasWideDigits: boolean

  constructor(facts: CatalogFacts) {
    const { functions, hasNondeterministicCollations, hasShadowedOperators, hasShadowedTypes } = facts
    const namesOf = (chosen: readonly CatalogFunction[]) => chosen.map(({ name }) => name)
    const volatile = namesOf(functions.filter(({ isVolatile }) => isVolatile))
    this.#volatile = new Set([...volatile, ...differByStatement])
    this.#notPlain = new Set(namesOf(functions.filter(({ isPlain }) => !isPlain)))
    this.#aggregates = new Set(namesOf(functions.filter(({ isAggregate }) => isAggregate)))
    this.#foreign = new Set(namesOf(functions.filter(({ isOwn }) => !isOwn)))
    this.hasShadowedOperators = hasShadowedOperators
    this.hasShadowedTypes = hasShadowedTypes
    this.hasWideDigits = facts.hasWideDigits
    this.hasNondeterministicCollations = hasNondeterministicCollations
  }

  /** Whether two calls may give two results. */
  isVolatile(name: string): boolean {
    return this.#volatile.has(name)
  }

  /** Whether it is neither an aggregate, nor a window function, nor set-returning. */
  isPlain(name: string): boolean {
    return !this.#notPlain.has(name)
  }

  isAggregate(name: string): boolean {
    return this.#aggregates.has(name)
  }

  /** Whether a name can mean no function but PostgreSQL's own. */
  isOwn(name: string): boolean {
    return !this.#foreign.has(name)
  }
}
