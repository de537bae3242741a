/**
 * The regular expressions of filter patterns, `%...%`, translated for JavaScript.
 *
 * CloudWatch Logs takes a small dialect: no groups, no look-around, a fixed alphabet (AWS, "Using regular expressions
 * in filter patterns"). Whatever is not listed there is rejected.
 */
import { FilterPatternError } from './scanner.js'

/** The space is not in AWS's list, but in one of its examples. */
const literal = /[A-Za-z0-9:_#=@/;, -]/
const operator = /[\^$?[\]{}|\\*+.]/

/** What JavaScript's unicode mode wants escaped to be taken literally. */
const syntaxCharacter = /[\^$\\.*+?()[\]{}|/-]/

const classes: Readonly<Record<string, { readonly outside: string; readonly inside: string | null }>> = {
  d: { outside: '[0-9]', inside: '0-9' },
  D: { outside: '[^0-9]', inside: '\\D' },
  s: { outside: '[\\t \\n]', inside: '\\t \\n' },
  S: { outside: '[^\\t \\n]', inside: null },
  w: { outside: '[a-zA-Z_0-9]', inside: 'a-zA-Z_0-9' },
  W: { outside: '[^a-zA-Z_0-9]', inside: '\\W' },
}

/** Compiles the text between the percent signs. Matches anywhere in a value unless anchored. */
export function compilePatternRegex(source: string): RegExp {
  if (source === '') throw new FilterPatternError('Invalid filter pattern: empty regular expression')
  let translated = ''
  for (let rest = source; rest !== ''; ) {
    const [piece, taken] = translateNext(rest)
    translated += piece
    rest = rest.slice(taken)
  }
  try {
    return new RegExp(translated, 'u')
  } catch {
    throw new FilterPatternError(`Invalid filter pattern: malformed regular expression %${source}%`)
  }
}

/** Translates the first element of a regular expression; says how many characters it took. */
function translateNext(rest: string): [translated: string, taken: number] {
  const character = rest[0] ?? ''
  if (character === '\\') {
    const [escaped, taken] = translateEscape(rest, false)
    return [escaped, taken]
  }
  if (character === '[') return translateClass(rest)
  if (character === '{') {
    const bounds = /^\{(\d*)(,?)(\d*)\}/.exec(rest)
    if (bounds === null || `${bounds[1]}${bounds[3]}` === '') throw refusal('{')
    const [whole, least, comma, most] = bounds
    return [`{${least === '' ? '0' : least}${comma}${most}}`, whole.length]
  }
  if (character === ']' || character === '}') throw refusal(character)
  if (operator.test(character)) return [character, 1]
  if (!literal.test(character)) throw refusal(character)
  return [asLiteral(character), 1]
}

function translateClass(rest: string): [translated: string, taken: number] {
  const negated = rest[1] === '^'
  let position = negated ? 2 : 1
  let members = ''
  while (rest[position] !== ']') {
    const character = rest[position]
    if (character === undefined) throw refusal('[')
    if (character === '\\') {
      const [escaped, taken] = translateEscape(rest.slice(position), true)
      members += escaped
      position += taken
    } else {
      if (!literal.test(character) && !operator.test(character)) throw refusal(character)
      members += character === '-' ? '-' : asLiteral(character)
      position += 1
    }
  }
  if (members === '') throw refusal('[]')
  return [`[${negated ? '^' : ''}${members}]`, position + 1]
}

function translateEscape(rest: string, insideClass: boolean): [translated: string, taken: number] {
  const escaped = rest[1] ?? ''
  if (escaped === 'x') {
    const hex = /^\\x([0-9A-F]{2})/.exec(rest)?.[1]
    if (hex === undefined) throw refusal('\\x')
    return [`\\x${hex}`, 4]
  }
  const known = classes[escaped]
  if (known !== undefined) {
    const translated = insideClass ? known.inside : known.outside
    if (translated === null) throw refusal(`\\${escaped} in brackets`)
    return [translated, 2]
  }
  if (!operator.test(escaped) && !/[:_#=@/;, -]/.test(escaped)) throw refusal(`\\${escaped}`)
  return [asLiteral(escaped), 2]
}

/** A character as a literal, in hexadecimal, which is the same inside and outside of brackets. */
function asLiteral(character: string): string {
  if (!syntaxCharacter.test(character)) return character
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function refusal(what: string): FilterPatternError {
  return new FilterPatternError(`Invalid filter pattern: '${what}' is not supported in a regular expression`)
}
