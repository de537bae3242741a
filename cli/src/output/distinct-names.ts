import type { Column } from './column.js'

/** Of two columns with one name, a row could hold one only: the second is called `name_2`. */
export function distinctNames(columns: readonly Column[]): string[] {
  const taken = new Set(columns.map(({ name }) => name))
  const given = new Set<string>()
  return columns.map(({ name }) => {
    let distinct = name
    for (let number = 2; given.has(distinct); number++) {
      const candidate = `${name}_${number}`
      if (!taken.has(candidate)) distinct = candidate
    }
    given.add(distinct)
    taken.add(distinct)
    return distinct
  })
}
