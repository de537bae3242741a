/** Conditions as the text of a filter pattern. */
import { type Condition, countExpressions, render } from './condition.js'

/** The most characters of a pattern: FilterLogEvents, filterPattern. */
const mostCharacters = 1024
/** The most regular expressions in a pattern: the AWS page "Using regular expressions in filter patterns". */
const mostExpressions = 2

/**
 * A pattern that matches all events which fulfil all of the conditions. Where the pattern would grow too long, or
 * have too many regular expressions, conditions that do not fit are left out, so it matches more.
 * @param conditions those that leave the fewest events come first
 * @returns undefined when there is nothing to ask for
 */
export function compilePattern(conditions: readonly Condition[]): string | undefined {
  let pattern: string | undefined
  const parts: string[] = []
  let expressions = 0
  for (const condition of conditions) {
    const more = countExpressions(condition)
    if (expressions + more > mostExpressions) continue
    const part = render(condition)
    const longer = compose([...parts, part])
    if (longer.length > mostCharacters) continue
    parts.push(part)
    expressions += more
    pattern = longer
  }
  return pattern
}

function compose(parts: readonly string[]): string {
  return parts.length === 1 ? `{ ${parts[0]} }` : `{ ${parts.map((part) => `(${part})`).join(' && ')} }`
}
