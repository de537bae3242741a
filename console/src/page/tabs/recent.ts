/** Statements that have been run, kept in the browser. */

export interface RecentStatement {
  readonly sql: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly calls: number
  readonly rows: number
  readonly failed: boolean
}

const key = 'millrace.recent'
const most = 100

export function loadRecent(): readonly RecentStatement[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(stored) ? stored.filter((one) => typeof one?.sql === 'string') : []
  } catch {
    return []
  }
}

/** The same statement is there once, with what it did last. @returns all, the latest first */
export function addRecent(statement: RecentStatement): readonly RecentStatement[] {
  const all = [statement, ...loadRecent().filter(({ sql }) => sql !== statement.sql)].slice(0, most)
  try {
    localStorage.setItem(key, JSON.stringify(all))
  } catch {
    // Where the browser keeps nothing, they last as long as the page.
  }
  return all
}
