/**
 * One condition of a JSON filter pattern: a selector, an operator and a value.
 *
 * Where AWS's documentation leaves a case open (a number against a quoted string, null against `*`), the sandbox
 * decides against the caller and does not match, so that a query which relies on it is caught here.
 */
import { compilePatternRegex } from './pattern-regex.js'
import type { Scanner } from './scanner.js'
import { parseSelector } from './selector.js'

export type JsonPredicate = (root: unknown) => boolean

/** How much a pattern has used of what it may use. */
export interface PatternBudget {
  regexes: number
  wildcardSelectors: number
}

/** AWS, "Filter pattern syntax": limits of one pattern. */
const mostRegexes = 2
const mostWildcardSelectors = 3

type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
type NodeTest = (node: unknown) => boolean

const number = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

export function parseCondition(scanner: Scanner, budget: PatternBudget): JsonPredicate {
  const selector = parseSelector(scanner)
  if (selector.hasWildcard && ++budget.wildcardSelectors > mostWildcardSelectors) {
    throw scanner.error(`a pattern takes at most ${mostWildcardSelectors} wildcard selectors`)
  }
  scanner.skipSpace()
  if (scanner.take(/NOT\s+EXISTS\b/y) !== null) return (root) => selector.find(root).length === 0
  const state = scanner.take(/IS\s+(?:TRUE|FALSE|NULL)\b/y)
  if (state !== null) {
    const wanted = state.endsWith('TRUE') ? true : state.endsWith('FALSE') ? false : null
    return (root) => selector.find(root).some((node) => node === wanted)
  }
  const comparison = scanner.take(/!=|<=|>=|=|<|>/y) as Comparison | null
  if (comparison === null) throw scanner.error('expected an operator')
  scanner.skipSpace()
  const test = parseValue(scanner, comparison, budget)
  return (root) => selector.find(root).some(test)
}

function parseValue(scanner: Scanner, comparison: Comparison, budget: PatternBudget): NodeTest {
  const regexSource = scanner.takeRegexSource()
  if (regexSource !== null) {
    if (++budget.regexes > mostRegexes) throw scanner.error(`a pattern takes at most ${mostRegexes} regexes`)
    const regex = compilePatternRegex(regexSource)
    return onStrings(scanner, comparison, (text) => regex.test(text))
  }
  const quoted = scanner.takeQuoted()
  if (quoted !== null) {
    if (quoted === '*') return onTexts(scanner, comparison, (text) => text !== '')
    return onStrings(scanner, comparison, wildcardMatcher(quoted))
  }
  const bare = scanner.take(/[A-Za-z0-9_*.+-]+/y)
  if (bare === null) throw scanner.error('expected a value')
  if (number.test(bare)) return onNumbers(comparison, bare)
  if (!/^[A-Za-z0-9_*.]+$/.test(bare)) throw scanner.error(`'${bare}' must be quoted`)
  const matches = wildcardMatcher(bare)
  return onTexts(scanner, comparison, bare === '*' ? (text) => text !== '' : matches)
}

function onStrings(scanner: Scanner, comparison: Comparison, matches: (text: string) => boolean): NodeTest {
  const wanted = wantedOutcome(scanner, comparison)
  return (node) => typeof node === 'string' && matches(node) === wanted
}

/** A condition like {@link onStrings}, for unquoted values, which stand for numbers too. */
function onTexts(scanner: Scanner, comparison: Comparison, matches: (text: string) => boolean): NodeTest {
  const wanted = wantedOutcome(scanner, comparison)
  return (node) => (typeof node === 'string' || typeof node === 'number') && matches(String(node)) === wanted
}

function wantedOutcome(scanner: Scanner, comparison: Comparison): boolean {
  if (comparison !== '=' && comparison !== '!=') {
    throw scanner.error(`${comparison} compares numbers only`)
  }
  return comparison === '='
}

/** A condition on numbers: an unquoted number equals a JSON number, and a JSON string of the same spelling. */
function onNumbers(comparison: Comparison, text: string): NodeTest {
  const value = Number(text)
  const compare = comparisons[comparison]
  return (node) => {
    if (typeof node === 'number') return compare(node, value)
    if (typeof node !== 'string') return false
    return comparison === '=' ? node === text : comparison === '!=' && node !== text
  }
}

const comparisons: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** `*` stands for any run of characters; nothing makes it literal. Linear in the text, unlike a regex. */
function wildcardMatcher(pattern: string): (text: string) => boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return (text) => text === pattern
  return (text) => {
    if (text.length < first.length + last.length) return false
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let position = first.length
    for (const part of others) {
      const found = text.indexOf(part, position)
      if (found < 0 || found + part.length > end) return false
      position = found + part.length
    }
    return true
  }
}
