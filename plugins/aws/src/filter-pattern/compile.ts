/**
 * Conditions as the text of a filter pattern.
 */
import { type Condition, render } from './condition.js'

/** FilterLogEvents, filterPattern: at most so many characters. */
const mostCharacters = 1024

/**
 * A pattern that all events match which fulfil all of the conditions. Where the pattern would grow too long,
 * conditions that do not fit are left out, so it matches more.
 * @param conditions those that leave the fewest events come first
 * @returns undefined when there is nothing to ask for
 */
export function compilePattern(conditions: readonly Condition[]): string | undefined {
  let pattern: string | undefined
  const parts: string[] = []
  for (const condition of conditions) {
    const part = render(condition)
    const longer = compose([...parts, part])
    if (longer.length > mostCharacters) continue
    parts.push(part)
    pattern = longer
  }
  return pattern
}

function compose(parts: readonly string[]): string {
  return parts.length === 1 ? `{ ${parts[0]} }` : `{ ${parts.map((part) => `(${part})`).join(' && ')} }`
}
