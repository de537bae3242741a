/** CloudWatch Logs' filter patterns, one language for FilterLogEvents, metric and subscription filters. */
import { compileJsonPattern } from './json-pattern.js'
import { FilterPatternError } from './scanner.js'
import { compileSpacePattern } from './space-pattern.js'
import { compileTermPattern } from './term-pattern.js'

/** The API's limit on filterPattern. */
export const longestFilterPattern = 1024

/**
 * Compiles a pattern to a test of a message.
 * @throws FilterPatternError where the service answers InvalidParameterException
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  if (pattern.length > longestFilterPattern) {
    throw new FilterPatternError(`Invalid filter pattern: longer than ${longestFilterPattern} characters`)
  }
  const trimmed = pattern.trim()
  if (trimmed === '') return () => true
  if (trimmed.startsWith('{')) {
    if (!trimmed.endsWith('}')) throw new FilterPatternError(mustEnd('{', '}'))
    return compileJsonPattern(trimmed)
  }
  if (trimmed.startsWith('[')) {
    if (!trimmed.endsWith(']')) throw new FilterPatternError(mustEnd('[', ']'))
    return compileSpacePattern(trimmed)
  }
  return compileTermPattern(trimmed)
}

function mustEnd(opening: string, closing: string): string {
  return `Invalid filter pattern: a pattern that starts with '${opening}' must end with '${closing}'`
}
