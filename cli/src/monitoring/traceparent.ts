/**
 * Which trace a statement belongs to, as its comments say: https://google.github.io/sqlcommenter/spec/. Tools write them at
 * the end, some at the beginning.
 */

const atEnd = /\/\*((?:(?!\*\/)[\s\S])*)\*\/\s*;?\s*$/
const atBegin = /^\s*\/\*((?:(?!\*\/)[\s\S])*)\*\//

/** A pair of a comment: the value is quoted, and encoded as in URLs. */
const pair = /(?:^|,)\s*(traceparent|tracestate)\s*=\s*'([^']*)'/g

/** @returns the headers of the W3C's Trace Context, by their names; none where there is no such comment */
export function traceContextOf(text: string): Readonly<Record<string, string>> {
  for (const where of [atEnd, atBegin]) {
    const comment = where.exec(text)?.[1] ?? ''
    const headers = Object.fromEntries(
      [...comment.matchAll(pair)].map(([, name = '', value = '']) => [name, decoded(value)]),
    )
    if (headers.traceparent !== undefined) return headers
  }
  return {}
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
