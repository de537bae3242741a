/**
 * SQL's LIKE as conditions on a text's beginning and end.
 */
import type { Condition } from './condition.js'
import { isCertain } from './quote.js'

/** The literal runs of a LIKE pattern; between two of them stand one or more of `%` and `_`. */
function literalRuns(pattern: string): readonly string[] | undefined {
  const runs: string[] = []
  let run = ''
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index)
    if (character === '\\') {
      index++
      if (index === pattern.length) return undefined
      run += pattern.charAt(index)
    } else if (character === '%' || character === '_') {
      runs.push(run)
      run = ''
    } else run += character
  }
  return [...runs, run]
}

/**
 * Conditions that hold wherever `text LIKE pattern` holds, and mostly only there. A wildcard in the middle of a value
 * is not documented, so the part between the outer runs of a pattern is not asked for.
 */
export function likeConditions(field: string, pattern: string): readonly Condition[] {
  const runs = literalRuns(pattern)
  if (runs === undefined) return []
  const [start = '', ...others] = runs
  const end = others.pop()
  if (end === undefined) return isCertain(start) ? [textIs(field, start)] : []
  const ends = [
    ...(isCertain(start) ? [textIs(field, `${start}*`)] : []),
    ...(isCertain(end) ? [textIs(field, `*${end}`)] : []),
  ]
  if (ends.length > 0) return ends
  const middle = others
    .filter(isCertain)
    .reduce((longest, run) => (run.length > longest.length ? run : longest), '')
  return middle === '' ? [] : [textIs(field, `*${middle}*`)]
}

function textIs(field: string, pattern: string): Condition {
  return { kind: 'text', field, operator: '=', pattern }
}
