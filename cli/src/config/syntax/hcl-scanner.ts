/**
 * The characters of a text in HCL's native syntax: names, strings, numbers, comments, heredocs.
 * (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md)
 */
import { SyntaxProblem } from './located.js'

const blanks = /[ \t]+/y
const lineEnd = /\r?\n/y
const lineComment = /(?:#|\/\/)[^\n]*/y
const blockComment = /\/\*[\s\S]*?\*\//y
const identifier = /\p{ID_Start}[\p{ID_Continue}-]*|_[\p{ID_Continue}-]*/uy
const number = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const heredocStart = /<<(-?)([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?\n/uy
const plainCharacters = /[^"\\$%\r\n]+/y
const unicodeEscape = /u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

export class HclScanner {
  offset = 0

  constructor(readonly text: string) {}

  get atEnd(): boolean {
    return this.offset >= this.text.length
  }

  /** The character that comes next; empty at the end. */
  get next(): string {
    return this.text.charAt(this.offset)
  }

  /** Skips blanks and comments. A comment to the end of its line leaves that end. */
  skipBlanks(): void {
    for (;;) {
      if (this.match(blanks) ?? this.match(lineComment) ?? this.match(blockComment)) continue
      if (this.text.startsWith('/*', this.offset)) throw this.problem('the comment has no end: */ is missing')
      return
    }
  }

  /** Skips blanks, comments and ends of lines. */
  skipSpace(): void {
    do this.skipBlanks()
    while (this.match(lineEnd) !== undefined)
  }

  takeLineEnd(): boolean {
    return this.match(lineEnd) !== undefined
  }

  take(characters: string): boolean {
    if (!this.text.startsWith(characters, this.offset)) return false
    this.offset += characters.length
    return true
  }

  takeIdentifier(): string | undefined {
    return this.match(identifier)
  }

  takeNumber(): number | undefined {
    const digits = this.match(number)
    return digits === undefined ? undefined : Number(digits)
  }

  /** @returns undefined where no string begins */
  takeString(): string | undefined {
    const start = this.offset
    if (!this.take('"')) return undefined
    let value = ''
    for (;;) {
      value += this.match(plainCharacters) ?? ''
      if (this.take('"')) return value
      if (this.atEnd || this.next === '\n' || this.next === '\r') {
        throw new SyntaxProblem('the text has no end: a double quote is missing', start)
      }
      value += this.take('\\') ? this.#escape() : this.#templateSign()
    }
  }

  /** @returns undefined where no heredoc begins */
  takeHeredoc(): string | undefined {
    const start = this.offset
    heredocStart.lastIndex = start
    const found = heredocStart.exec(this.text)
    if (found === null) return undefined
    const [whole, indented, marker] = found
    this.offset += whole.length
    const lines: string[] = []
    for (;;) {
      if (this.atEnd)
        throw new SyntaxProblem(`the text has no end: a line with ${marker} alone is missing`, start)
      const at = this.offset
      const end = this.text.indexOf('\n', at)
      const line = this.text.slice(at, end < 0 ? undefined : end).replace(/\r$/, '')
      if (line.trim() === marker) {
        // The end of its line is left, as behind every value.
        this.offset = at + line.length
        break
      }
      lines.push(this.#withoutTemplates(line, at))
      this.offset = end < 0 ? this.text.length : end + 1
    }
    const margin = indented === '-' ? commonIndentation(lines) : 0
    return lines.map((line) => `${line.slice(margin)}\n`).join('')
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset
    const found = pattern.exec(this.text)?.[0]
    this.offset += found?.length ?? 0
    return found
  }

  problem(message: string): SyntaxProblem {
    return new SyntaxProblem(this.atEnd ? `${message}, and found the end of the file` : message, this.offset)
  }

  #escape(): string {
    unicodeEscape.lastIndex = this.offset
    const found = unicodeEscape.exec(this.text)
    const code = Number.parseInt(found?.[1] ?? found?.[2] ?? '', 16)
    if (found !== null && code <= 0x10ffff) {
      this.offset += found[0].length
      return String.fromCodePoint(code)
    }
    const meant = escapes[this.next]
    if (meant === undefined) throw this.problem('after \\ only n, r, t, ", \\, u and U have a meaning')
    this.offset++
    return meant
  }

  /** A `$` or `%` within a text; doubled before a brace, it stands for itself. */
  #templateSign(): string {
    const sign = this.next
    if (this.text.startsWith(`${sign}${sign}{`, this.offset)) {
      this.offset += 3
      return `${sign}{`
    }
    if (this.text.startsWith(`${sign}{`, this.offset)) throw templateProblem(sign, this.offset)
    this.offset++
    return sign
  }

  #withoutTemplates(line: string, start: number): string {
    return line.replace(/([$%])(\1?)\{/g, (_, sign: string, doubled: string, at: number) => {
      if (doubled === '') throw templateProblem(sign, start + at)
      return `${sign}{`
    })
  }
}

function templateProblem(sign: string, offset: number): SyntaxProblem {
  return new SyntaxProblem(
    `${sign}{…} is not evaluated: write the value itself, or ${sign}${sign}{ for the characters ${sign}{`,
    offset,
  )
}

function commonIndentation(lines: readonly string[]): number {
  const indentations = lines.flatMap((line) =>
    line.trim() === '' ? [] : [/^[ \t]*/.exec(line)?.[0].length ?? 0],
  )
  return indentations.length === 0 ? 0 : Math.min(...indentations)
}
