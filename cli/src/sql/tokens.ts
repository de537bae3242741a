/**
 * Cuts SQL text into tokens as PostgreSQL's own scanner does, as far as a client needs to: to find where statements
 * end and where variables stand. Rules: https://www.postgresql.org/docs/18/sql-syntax-lexical.html
 * Strings are read as under standard_conforming_strings = on. Text that has not been typed to its end is no error.
 */

export type TokenKind =
  | 'space'
  | 'comment'
  /** In single quotes or between dollar signs, with its prefix. */
  | 'string'
  /** An identifier in double quotes. */
  | 'quoted'
  | 'word'
  | 'number'
  /** `$1` */
  | 'parameter'
  /** `:name` or `$name`, which PostgreSQL does not know. */
  | 'variable'
  | 'symbol'

export interface Token {
  readonly kind: TokenKind
  /** In UTF-16 units, as everywhere in JavaScript. */
  readonly start: number
  readonly end: number
  /** False where the text ends before a closing quote or the end of a comment. */
  readonly closed: boolean
}

const letter = 'A-Za-z_\\u0080-\\uffff'

/** Each matches at one place only. None can take time out of proportion: alternatives begin differently. */
const patterns = {
  space: /[ \t\n\r\f\v]+/y,
  lineComment: /--[^\n\r]*/y,
  word: new RegExp(`[${letter}][${letter}0-9$]*`, 'y'),
  number: /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y,
  stringPrefix: /(?:[uU]&)?'/y,
  bitString: /[bBxX]'/y,
  bitRest: /[^']*/y,
  escapeString: /[eE]'/y,
  plainRest: /(?:[^']|'')*/y,
  escapedRest: /(?:[^'\\]|''|\\[\s\S])*/y,
  /** A string goes on behind a line break: the same token for PostgreSQL, with the same escapes. */
  continued: /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]+|--[^\n\r]*[\n\r])*'/y,
  quoted: /(?:[uU]&)?"/y,
  quotedRest: /(?:[^"]|"")*/y,
  dollarQuote: new RegExp(`\\$(?:[${letter}][${letter}0-9]*)?\\$`, 'y'),
  parameter: /\$\d+/y,
  variable: /[:$][A-Za-z_][A-Za-z0-9_]*/y,
  colons: /::|:=/y,
}

/** @returns tokens that cover the text without a gap */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

function tokenAt(text: string, start: number): Token {
  const closed = (kind: TokenKind, end: number): Token => ({ kind, start, end, closed: true })
  const simple = (kind: TokenKind, pattern: RegExp): Token | undefined => {
    const end = matchEnd(pattern, text, start)
    return end === undefined ? undefined : closed(kind, end)
  }
  return (
    simple('space', patterns.space) ??
    simple('comment', patterns.lineComment) ??
    blockComment(text, start) ??
    string(text, start) ??
    quotedIdentifier(text, start) ??
    dollarQuoted(text, start) ??
    simple('word', patterns.word) ??
    simple('number', patterns.number) ??
    simple('parameter', patterns.parameter) ??
    simple('symbol', patterns.colons) ??
    simple('variable', patterns.variable) ??
    closed('symbol', start + 1)
  )
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}

/** Comments in comments count. */
function blockComment(text: string, start: number): Token | undefined {
  if (!text.startsWith('/*', start)) return undefined
  const border = /\/\*|\*\//g
  border.lastIndex = start
  let depth = 0
  for (let found = border.exec(text); found !== null; found = border.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return { kind: 'comment', start, end: border.lastIndex, closed: true }
  }
  return { kind: 'comment', start, end: text.length, closed: false }
}

function string(text: string, start: number): Token | undefined {
  for (const [prefix, rest] of stringPatterns) {
    const opened = matchEnd(prefix, text, start)
    if (opened !== undefined) return stringFrom(text, start, opened, rest)
  }
  return undefined
}

const stringPatterns = [
  [patterns.escapeString, patterns.escapedRest],
  [patterns.bitString, patterns.bitRest],
  [patterns.stringPrefix, patterns.plainRest],
] as const

function stringFrom(text: string, start: number, opened: number, rest: RegExp): Token {
  let inside: number | undefined = opened
  let end = opened
  while (inside !== undefined) {
    const quote = matchEnd(rest, text, inside) ?? inside
    if (text[quote] !== "'") return { kind: 'string', start, end: text.length, closed: false }
    end = quote + 1
    inside = matchEnd(patterns.continued, text, end)
  }
  return { kind: 'string', start, end, closed: true }
}

function quotedIdentifier(text: string, start: number): Token | undefined {
  const inside = matchEnd(patterns.quoted, text, start)
  if (inside === undefined) return undefined
  const quote = matchEnd(patterns.quotedRest, text, inside) ?? inside
  const closed = text[quote] === '"'
  return { kind: 'quoted', start, end: closed ? quote + 1 : text.length, closed }
}

function dollarQuoted(text: string, start: number): Token | undefined {
  const inside = matchEnd(patterns.dollarQuote, text, start)
  if (inside === undefined) return undefined
  const tag = text.slice(start, inside)
  const at = text.indexOf(tag, inside)
  return { kind: 'string', start, end: at < 0 ? text.length : at + tag.length, closed: at >= 0 }
}
