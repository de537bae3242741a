/** A cursor over a filter pattern. */

/** The pattern is not one that CloudWatch Logs accepts; the service answers InvalidParameterException. */
export class FilterPatternError extends Error {
  override readonly name = 'FilterPatternError'
}

export class Scanner {
  #position = 0

  constructor(readonly text: string) {}

  get atEnd(): boolean {
    return this.#position >= this.text.length
  }

  skipSpace(): void {
    this.take(/\s+/y)
  }

  /** Takes what a sticky regular expression matches here, or nothing. */
  take(expression: RegExp): string | null {
    expression.lastIndex = this.#position
    const found = expression.exec(this.text)?.[0]
    if (found === undefined) return null
    this.#position += found.length
    return found
  }

  /** Takes a literal text if it stands here. */
  takeText(text: string): boolean {
    if (!this.text.startsWith(text, this.#position)) return false
    this.#position += text.length
    return true
  }

  expect(text: string, where: string): void {
    if (!this.takeText(text)) throw this.error(`expected '${text}' ${where}`)
  }

  /** Takes a double-quoted string with its escapes resolved, or null when none begins here. */
  takeQuoted(): string | null {
    if (!this.text.startsWith('"', this.#position)) return null
    const quoted = this.take(/"(?:[^"\\]|\\[\s\S])*"/y)
    if (quoted === null) throw this.error('a quoted string is not closed')
    // A backslash precedes a quote or a backslash; before anything else it means itself.
    return quoted.slice(1, -1).replace(/\\(["\\])/g, '$1')
  }

  /** Takes the source of a %regular expression%, or null when none begins here. */
  takeRegexSource(): string | null {
    if (!this.text.startsWith('%', this.#position)) return null
    const source = this.take(/%[^%]*%/y)
    if (source === null) throw this.error('a regular expression is not closed')
    return source.slice(1, -1)
  }

  error(reason: string): FilterPatternError {
    return new FilterPatternError(`Invalid filter pattern: ${reason} at position ${this.#position}`)
  }
}
