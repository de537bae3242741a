/** A line of the log, which may hold what others say at any length: an API, a plugin, PostgreSQL. */

/** Characters of a line from which on its texts are cut. */
const longestLine = 32_768

/** Characters of each text of such a line, and entries of each list and object. */
const longestText = 2_000
const mostEntries = 100

/** How deep objects may lie in one another. */
const deepest = 5

/** @returns the line as it is, or one whose texts are cut; JSON with a line end either way */
export function boundedLine(line: string): string {
  if (line.length <= longestLine) return line
  const whole: unknown = JSON.parse(line)
  const cut = `${JSON.stringify(cutTexts(whole, 0))}\n`
  if (cut.length <= longestLine) return cut
  const { level, time, pid, hostname, name, msg } = Object(whole)
  return `${JSON.stringify({ level, time, pid, hostname, name, msg: cutTexts(msg, 0), isCut: true })}\n`
}

function cutTexts(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    const { length } = value
    return length > longestText ? `${value.slice(0, longestText)}… (${length} characters)` : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth === deepest) return '…'
  if (Array.isArray(value)) return value.slice(0, mostEntries).map((entry) => cutTexts(entry, depth + 1))
  const entries = Object.entries(value).slice(0, mostEntries)
  return Object.fromEntries(entries.map(([name, entry]) => [name, cutTexts(entry, depth + 1)]))
}
