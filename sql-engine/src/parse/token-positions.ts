/** Finds names in a statement's text by where the parser says that they begin. */
import { type ScanToken, tokensOf } from './parser.js'

/** Bytes of a text, the end excluded. */
export interface Span {
  readonly start: number
  readonly end: number
}

export class TokenPositions {
  readonly #tokens: readonly ScanToken[]
  readonly #indexes: ReadonlyMap<number, number>

  constructor(text: string) {
    this.#tokens = tokensOf(text)
    this.#indexes = new Map(this.#tokens.map(({ start }, index) => [start, index]))
  }

  /** The token before the one at an offset; with `count`, that many before. */
  before(offset: number, count = 1): ScanToken | undefined {
    return this.#tokens[this.#indexOf(offset) - count]
  }

  /** The token after what ends at an offset; with `count`, that many after. */
  after(end: number, count = 1): ScanToken | undefined {
    const next = this.#tokens.findIndex(({ start }) => start >= end)
    return next < 0 ? undefined : this.#tokens[next + count - 1]
  }

  /** The token at an offset, and those that follow. */
  from(offset: number): readonly ScanToken[] {
    return this.#tokens.slice(this.#indexOf(offset))
  }

  /** The bytes of a name that has this many parts, with dots between them. */
  spanOfName(start: number, parts: number): Span {
    const last = this.#tokens[this.#indexOf(start) + 2 * (parts - 1)]
    if (last === undefined) throw new Error(`no name stands at byte ${start}`)
    return { start, end: last.end }
  }

  #indexOf(offset: number): number {
    const index = this.#indexes.get(offset)
    if (index === undefined) throw new Error(`no token begins at byte ${offset}`)
    return index
  }
}
