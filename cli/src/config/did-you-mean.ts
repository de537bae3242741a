/** What somebody may have meant who has mistyped a name. */
import { closest, distance } from 'fastest-levenshtein'

/** @returns `; did you mean "…"?`, or nothing where no name is near */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return ''
  const near = closest(name, [...known])
  return distance(name, near) <= Math.max(2, Math.floor(near.length / 4)) ? `; did you mean "${near}"?` : ''
}
