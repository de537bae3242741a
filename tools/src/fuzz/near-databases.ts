/**
 * Databases that differ little from one another, to be looked for where one is known over which a table's rows matter.
 * Rows are repeated, so that they differ in few columns, as those at the boundary of LIMIT must.
 */
import type { Choices } from '@millrace/sql-engine/testing/choices'
import type { Database, DatabaseRow } from './judge.js'
import { type ColumnOfTable, connectionOf, type RandomDatabases } from './random-databases.js'

/** Rows that a table has at most, lest joins grow. */
const mostRows = 9

/**
 * @param like one over which the rows of the column's table matter
 * @param other another one
 */
export function nearDatabase(
  like: Database,
  other: Database,
  place: ColumnOfTable,
  databases: RandomDatabases,
  choices: Choices,
): Database {
  let near = like
  for (let steps = 1 + choices.below(3); steps > 0; steps--) {
    switch (choices.pick(['repeated', 'repeated', 'cells', 'cells', 'borrowed', 'fewer'])) {
      case 'repeated':
        near = withRepeats(
          near,
          choices.chance(75) ? place : anyPlace(near, databases, choices),
          databases,
          choices,
        )
        break
      case 'cells':
        near = withOtherValues(near, databases, choices)
        break
      case 'borrowed':
        near = withRowsOf(other, near, choices)
        break
      default:
        near = withFewerRows(near, choices)
    }
  }
  return databases.throughConnection(connectionOf(like), near)
}

function anyPlace(database: Database, databases: RandomDatabases, choices: Choices): ColumnOfTable {
  const table = choices.pickAny(Object.keys(database)) ?? ''
  return { table, column: choices.pickAny(databases.columnsOf(table)) ?? '' }
}

/** With repeats of one row that differ in the column, or in others, or in both. */
function withRepeats(
  database: Database,
  { table, column }: ColumnOfTable,
  databases: RandomDatabases,
  choices: Choices,
): Database {
  const rows = database[table] ?? []
  const row = choices.pickAny(rows)
  if (row === undefined) return database
  const others = databases.columnsOf(table).filter((name) => name !== column)
  const differing = Array.from({ length: choices.below(3) }, () => choices.pickAny(others) ?? column)
  if (choices.chance(60)) differing.push(column)
  const pools = new Map(
    differing.map((name) => {
      const own = row[name] ?? null
      const place = { table, column: name }
      const drawn = [1, 2].map(() =>
        choices.chance(25) ? databases.likeValue(own, place, choices) : databases.valueOf(place, choices),
      )
      return [name, [own, ...drawn]] as const
    }),
  )
  const repeats = Array.from({ length: 1 + choices.below(5) }, () => ({
    ...row,
    ...Object.fromEntries([...pools].map(([name, pool]) => [name, choices.pickAny(pool) ?? null])),
  }))
  const kept = choices.chance(50) ? rows : []
  return withRows(database, table, choices.chance(50) ? [...kept, ...repeats] : [...repeats, ...kept])
}

function withOtherValues(database: Database, databases: RandomDatabases, choices: Choices): Database {
  const { table, column } = anyPlace(database, databases, choices)
  const rows = database[table] ?? []
  if (rows.length === 0) return database
  const isAll = choices.chance(30)
  const one = choices.below(Math.max(rows.length, 1))
  const value = databases.valueOf({ table, column }, choices)
  const changed = rows.map((row, index) => (isAll || index === one ? { ...row, [column]: value } : row))
  return withRows(database, table, changed)
}

function withRowsOf(other: Database, database: Database, choices: Choices): Database {
  const table = choices.pickAny(Object.keys(database)) ?? ''
  const kept = choices.chance(50) ? (database[table] ?? []) : []
  return withRows(database, table, [...(other[table] ?? []), ...kept])
}

function withFewerRows(database: Database, choices: Choices): Database {
  const table = choices.pickAny(Object.keys(database)) ?? ''
  const rows = database[table] ?? []
  const gone = choices.below(Math.max(rows.length, 1))
  return withRows(
    database,
    table,
    rows.filter((_, index) => index !== gone),
  )
}

function withRows(database: Database, table: string, rows: readonly DatabaseRow[]): Database {
  return { ...database, [table]: rows.slice(0, mostRows) }
}
