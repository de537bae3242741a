/** Unstructured filter patterns: terms to contain, `?` for any of, `-` for none of, quoted phrases, regexes. */
import { compilePatternRegex } from './pattern-regex.js'
import { Scanner } from './scanner.js'

type Test = (message: string) => boolean

/** AWS, "Filter pattern syntax": limit of one pattern. */
const mostRegexes = 2

export function compileTermPattern(pattern: string): Test {
  const scanner = new Scanner(pattern)
  const required: Test[] = []
  const optional: Test[] = []
  const excluded: Test[] = []
  let regexes = 0
  for (scanner.skipSpace(); !scanner.atEnd; scanner.skipSpace()) {
    const into = scanner.takeText('?') ? optional : scanner.takeText('-') ? excluded : required
    const regexSource = scanner.takeRegexSource()
    if (regexSource !== null) {
      if (++regexes > mostRegexes) throw scanner.error(`a pattern takes at most ${mostRegexes} regexes`)
      const regex = compilePatternRegex(regexSource)
      into.push((message) => regex.test(message))
      continue
    }
    const term = scanner.takeQuoted() ?? takeWord(scanner)
    // A phrase of nothing but space matches everything.
    into.push(term.trim() === '' ? () => true : (message) => message.includes(term))
  }
  return (message) => {
    if (excluded.some((test) => test(message))) return false
    if (required.length > 0) return required.every((test) => test(message))
    // `?` terms count only where they stand without others; together with `-` terms they are ignored too.
    return optional.length === 0 || excluded.length > 0 || optional.some((test) => test(message))
  }
}

function takeWord(scanner: Scanner): string {
  const word = scanner.take(/\S+/y) ?? ''
  if (!/^[A-Za-z0-9_]+$/.test(word)) throw scanner.error(`invalid character(s) in term '${word}'`)
  return word
}
