/** Steampipe's columns of tables, so that queries written for it run unchanged. */
import type { Columns } from '../column.js'

interface PluginTables {
  readonly tables: readonly { readonly name: string; readonly columns: Columns }[]
}

/**
 * How a plugin's tables differ from Steampipe's, a line for each: a table too many or too few, a column that is missing,
 * of another type, or in another place. Columns that Steampipe does not have may stand anywhere. (Those on the
 * connection, `sp_connection_name` and others, are the engine's.)
 * @param list table, column and PostgreSQL's type, divided by tabs, below a line of headings; a table's columns in order
 */
export function differencesFromSteampipe({ tables }: PluginTables, list: string): readonly string[] {
  const [, ...lines] = list.trim().split('\n')
  const theirs = new Map<string, string[]>()
  for (const line of lines) {
    const [table = '', column, type] = line.split('\t')
    theirs.set(table, [...(theirs.get(table) ?? []), `${column} ${type}`])
  }
  const missing = [...theirs.keys()].filter((name) => !tables.some((table) => table.name === name))
  return [
    ...missing.map((name) => `${name} is missing`),
    ...tables.flatMap(({ name, columns }) => {
      const expected = theirs.get(name)
      if (expected === undefined) return [`${name} is no table of Steampipe's`]
      const names = new Set(expected.map((one) => one.split(' ', 1)[0]))
      const found = Object.entries(columns)
        .filter(([column]) => names.has(column))
        .map(([column, { type }]) => `${column} ${type}`)
      const wrong = expected.findIndex((column, index) => column !== found[index])
      return wrong < 0
        ? []
        : [`${name} has ${found[wrong] ?? 'no more columns'} instead of ${expected[wrong]}`]
    }),
  ]
}
