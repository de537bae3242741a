/**
 * Tables with columns that are called as members of every object are, such as `constructor`: looked up by name, each
 * table, and each row without the column, would seem to have one.
 */
import type { Columns, Key, Table } from '@millrace/plugin-sdk'

/** Tables that have been looked at: those of a plugin are the same for all of its connections. */
const known = new WeakMap<Table, Table>()

/** Lists of them that have been looked at. */
const knownLists = new WeakMap<readonly Table[], readonly Table[]>()

/** @returns the same list for the same list */
export function allWithoutInherited(tables: readonly Table[]): readonly Table[] {
  const made = knownLists.get(tables) ?? tables.map(withoutInherited)
  knownLists.set(tables, made)
  return made
}

/** @returns the table itself where none of its columns is called so */
export function withoutInherited(table: Table): Table {
  const made = known.get(table) ?? make(table)
  known.set(table, made)
  return made
}

function make(table: Table): Table {
  if (!Object.keys(table.columns).some((name) => name in Object.prototype)) return table
  return {
    ...table,
    columns: bare<Columns>(table.columns),
    keys: bare<Record<string, Key | undefined>>(table.keys),
    orders: bare(table.orders ?? {}),
    async *list(scan) {
      for await (const rows of table.list(scan)) yield rows.map(bare)
    },
  }
}

function bare<Named extends object>(named: Named): Named {
  return Object.assign(Object.create(null), named)
}
