/** JSON filter patterns, `{ $.a = "x" && ( $.b > 1 || $.c IS TRUE ) }`. */
import { type JsonPredicate, type PatternBudget, parseCondition } from './json-condition.js'
import { Scanner } from './scanner.js'

/** The deepest nesting of parentheses, which are parsed recursively; no sensible pattern comes near this. */
const deepestNesting = 200

/** Compiles a pattern in braces to a test of an event's message. Only messages that are JSON can match. */
export function compileJsonPattern(pattern: string): (message: string) => boolean {
  const scanner = new Scanner(pattern)
  scanner.skipSpace()
  scanner.expect('{', 'at the start')
  const predicate = parseDisjunction(scanner, { regexes: 0, wildcardSelectors: 0 }, 0)
  scanner.expect('}', 'at the end')
  scanner.skipSpace()
  if (!scanner.atEnd) throw scanner.error("nothing may follow the closing '}'")
  return (message) => {
    const root = parseEvent(message)
    return root !== undefined && predicate(root)
  }
}

function parseDisjunction(scanner: Scanner, budget: PatternBudget, depth: number): JsonPredicate {
  const operands = [parseConjunction(scanner, budget, depth)]
  while (scanner.takeText('||')) operands.push(parseConjunction(scanner, budget, depth))
  return operands.length === 1 && operands[0] ? operands[0] : (root) => operands.some((test) => test(root))
}

function parseConjunction(scanner: Scanner, budget: PatternBudget, depth: number): JsonPredicate {
  const operands = [parseOperand(scanner, budget, depth)]
  while (scanner.takeText('&&')) operands.push(parseOperand(scanner, budget, depth))
  return operands.length === 1 && operands[0] ? operands[0] : (root) => operands.every((test) => test(root))
}

function parseOperand(scanner: Scanner, budget: PatternBudget, depth: number): JsonPredicate {
  scanner.skipSpace()
  let predicate: JsonPredicate
  if (scanner.takeText('(')) {
    if (depth >= deepestNesting) throw scanner.error('too many nested parentheses')
    predicate = parseDisjunction(scanner, budget, depth + 1)
    scanner.expect(')', 'to close a parenthesis')
  } else {
    predicate = parseCondition(scanner, budget)
  }
  scanner.skipSpace()
  return predicate
}

/** The message as JSON; undefined when it is not JSON, or neither an object nor a list. */
function parseEvent(message: string): unknown {
  if (!/^\s*[{[]/.test(message)) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}
