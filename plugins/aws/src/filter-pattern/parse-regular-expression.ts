/**
 * Reads PostgreSQL's regular expressions (its manual, "Regular Expression Details"), as far as needed to find texts
 * that must be in whatever matches.
 */

/** A part of a text that matches. */
export type Piece =
  | { readonly kind: 'character'; readonly character: string }
  /** One of some ASCII characters, by the ranges of a bracket expression. */
  | { readonly kind: 'one of'; readonly ranges: readonly Range[]; readonly repeat: Repeat }
  /** Anything: the expression says more about it than is used here. */
  | { readonly kind: 'anything' }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }

export type Range = readonly [first: string, last: string]
export type Repeat = '' | '?' | '*' | '+'

/** The most alternatives; more are not worth a pattern. */
const mostAlternatives = 16

class Unreadable extends Error {}

/**
 * The alternatives of an expression, each a sequence of pieces. A text that the expression matches, as `~` does,
 * contains all pieces of one of the alternatives, in their order.
 * @returns undefined for an expression that uses what is not read here, or that is invalid
 */
export function parseRegularExpression(source: string): readonly (readonly Piece[])[] | undefined {
  // A director, or options, which change the meaning of what follows.
  if (source.startsWith('***') || source.startsWith('(?')) return undefined
  try {
    const parser = new Parser(source)
    const alternatives = parser.alternatives()
    return parser.isAtEnd ? alternatives : undefined
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

type Sequence = readonly Piece[]

class Parser {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at === this.#source.length
  }

  alternatives(): readonly Sequence[] {
    const found = [...this.#branch()]
    while (this.#take('|')) found.push(...this.#branch())
    return bounded(found)
  }

  #branch(): readonly Sequence[] {
    let sequences: readonly Sequence[] = [[]]
    while (!this.isAtEnd && !this.#sees('|') && !this.#sees(')')) {
      const next = this.#quantified()
      sequences = bounded(sequences.flatMap((before) => next.map((after) => [...before, ...after])))
    }
    return sequences
  }

  #quantified(): readonly Sequence[] {
    const atom = this.#atom()
    const [only] = atom.length === 1 ? atom : []
    const [piece] = only?.length === 1 ? only : []
    const isAnchor = piece?.kind === 'start' || piece?.kind === 'end'
    const repeat = this.#quantifier()
    if (repeat === undefined) return atom
    if (isAnchor) throw new Unreadable()
    // Preferring the shortest or the longest match does not change whether there is one.
    this.#take('?')
    if (this.#quantifier() !== undefined) throw new Unreadable()
    if (piece?.kind === 'one of' && repeat !== 'counted') return [[{ ...piece, repeat }]]
    const isThere = repeat === '+'
    return isThere && piece !== undefined ? [[piece, { kind: 'anything' }]] : [[{ kind: 'anything' }]]
  }

  #quantifier(): Exclude<Repeat, ''> | 'counted' | undefined {
    for (const sign of ['*', '+', '?'] as const) if (this.#take(sign)) return sign
    if (!this.#sees('{')) return undefined
    const bounds = /^\{\d+(?:,\d*)?\}/.exec(this.#source.slice(this.#at))
    if (bounds === null) throw new Unreadable()
    this.#at += bounds[0].length
    return 'counted'
  }

  #atom(): readonly Sequence[] {
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return [[this.#bracket()]]
      case '.':
        return [[{ kind: 'anything' }]]
      case '^':
        return [[{ kind: 'start' }]]
      case '$':
        return [[{ kind: 'end' }]]
      case '\\':
        return [[this.#escape()]]
      case '*':
      case '+':
      case '?':
      case '{':
        throw new Unreadable()
      default:
        return [[{ kind: 'character', character }]]
    }
  }

  #group(): readonly Sequence[] {
    if (this.#take('?') && !this.#take(':')) throw new Unreadable()
    const inside = this.alternatives()
    if (!this.#take(')')) throw new Unreadable()
    return inside
  }

  #escape(): Piece {
    const character = this.#next()
    // Digits are those of ASCII, unlike the other classes: where they are more, no such expression is pushed.
    if (character === 'd') return { kind: 'one of', ranges: [['0', '9']], repeat: '' }
    if (/[swDSW]/.test(character)) return { kind: 'anything' }
    if (/[a-zA-Z0-9]/.test(character)) throw new Unreadable()
    return { kind: 'character', character }
  }

  #bracket(): Piece {
    const found = /^(\^?)([^[\]\\^]+)\]/.exec(this.#source.slice(this.#at))
    if (found === null) throw new Unreadable()
    const [whole, negation, members = ''] = found
    this.#at += whole.length
    const ranges = rangesOf([...members])
    if (negation !== '' || ranges.flat().some((end) => end > '~')) return { kind: 'anything' }
    return { kind: 'one of', ranges, repeat: '' }
  }

  #next(): string {
    const code = this.#source.codePointAt(this.#at)
    if (code === undefined) throw new Unreadable()
    const character = String.fromCodePoint(code)
    this.#at += character.length
    return character
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at)
  }

  #take(text: string): boolean {
    const isThere = this.#sees(text)
    if (isThere) this.#at += text.length
    return isThere
  }
}

function rangesOf(members: readonly string[]): readonly Range[] {
  const ranges: Range[] = []
  for (let index = 0; index < members.length; index++) {
    const first = members[index] ?? ''
    const last = members[index + 2]
    if (members[index + 1] !== '-' || last === undefined) {
      ranges.push([first, first])
      continue
    }
    if (first === '-' || last === '-' || last < first) throw new Unreadable()
    ranges.push([first, last])
    index += 2
  }
  return ranges
}

function bounded(alternatives: readonly Sequence[]): readonly Sequence[] {
  if (alternatives.length > mostAlternatives) throw new Unreadable()
  return alternatives
}
