/**
 * Small databases for one statement, such that as much as may be of what it says decides something: values are the
 * statement's own constants above all, few in each column, and some rows differ from another in one column only.
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import { engineColumns } from '@millrace/sql-engine/catalog/catalog-columns'
import type { Choices } from '@millrace/sql-engine/testing/choices'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import {
  mayBeNull,
  type RandomRows,
  type RandomTable,
  type RandomTables,
  type TableColumn,
  tableColumns,
  valuesOfType,
} from '@millrace/sql-engine/testing/random-tables'
import { freshValuesOf } from './fresh-values.js'
import type { Database, DatabaseRow, Judge } from './judge.js'

export interface ColumnOfTable {
  readonly table: string
  readonly column: string
}

type Constants = ReadonlyMap<ColumnType, readonly string[]>

const usualConnection = 'counting_0'

function contextOf(connection: string): string {
  return JSON.stringify({ connection_name: connection })
}

/** The connection that a database's rows come through. */
export function connectionOf(database: Database): string {
  const names = Object.values(database).flatMap(([row]) => row?.sp_connection_name ?? [])
  return names[0] ?? usualConnection
}

export class RandomDatabases {
  readonly #tables: RandomTables
  readonly #constants: Constants
  readonly #statement: string

  private constructor(statement: string, tables: RandomTables, constants: Constants) {
    this.#statement = statement
    this.#tables = tables
    this.#constants = constants
  }

  static async of(query: RandomQuery, tables: RandomTables, judge: Judge): Promise<RandomDatabases> {
    const texts = constantsOf(query)
    const types = new Set(
      Object.values(tables).flatMap((table) => tableColumns(table).map(({ type }) => type)),
    )
    const constants = new Map<ColumnType, readonly string[]>()
    for (const type of types)
      constants.set(type, await judge.valuesOfType(spelt(texts, type, query.text), type))
    return new RandomDatabases(query.text, tables, constants)
  }

  /** The rows that virtual tables have. */
  ofRows(rows: RandomRows): Database {
    return this.#each((name, table) =>
      (rows[name] ?? []).map((row) =>
        this.#row(table, ({ name: column }) => {
          const value = row[column]
          return value === null || value === undefined ? null : Object.is(value, -0) ? '-0' : String(value)
        }),
      ),
    )
  }

  /** @param twins columns in which alone some rows differ */
  draw(choices: Choices, twins: readonly ColumnOfTable[]): Database {
    const favourites = new Map<ColumnType, string>()
    for (const type of this.#constants.keys()) favourites.set(type, this.#value(type, choices))
    const drawn = this.#each((_, table) => {
      const pools = new Map(
        tableColumns(table).map(
          (column) => [column.name, this.#pool(column, table, favourites, choices)] as const,
        ),
      )
      return Array.from({ length: 1 + choices.below(6) }, () =>
        this.#row(table, ({ name }) => choices.pickAny(pools.get(name) ?? []) ?? null),
      )
    })
    const database = { ...drawn }
    for (const twin of twins) {
      const rows = database[twin.table] ?? []
      const row = choices.pickAny(rows)
      if (row === undefined || !choices.chance(60)) continue
      const other = { ...row, [twin.column]: this.valueOf(twin, choices) }
      database[twin.table] = choices.chance(50) ? [...rows, other] : [other, ...rows]
    }
    const constants = (this.#constants.get('text') ?? []).filter((text) => /^[a-z]\w*$/i.test(text))
    return choices.chance(50)
      ? this.throughConnection(choices.pickAny(['a1', 'zz', ...constants]) ?? usualConnection, database)
      : database
  }

  /** The same as another connection's. What tells the connection is the same in all rows. */
  throughConnection(name: string, database: Database): Database {
    return this.#each((tableName, table) =>
      (database[tableName] ?? []).map((row) => this.#row(table, (column) => row[column.name] ?? null, name)),
    )
  }

  /** The same with other values in one column. */
  changed(database: Database, place: ColumnOfTable, choices: Choices): Database {
    const rows = database[place.table] ?? []
    const { column } = place
    const set = (row: DatabaseRow, value: string | null): DatabaseRow => ({ ...row, [column]: value })
    const one = choices.below(Math.max(rows.length, 1))
    const by = 1 + choices.below(Math.max(rows.length - 1, 1))
    const changedRows = (): readonly DatabaseRow[] => {
      switch (choices.pick(['one', 'permuted', 'drawn', 'all one', 'null'])) {
        case 'one':
          return rows.map((row, index) => (index === one ? set(row, this.valueOf(place, choices)) : row))
        case 'permuted':
          return rows.map((row, index) => set(row, rows[(index + by) % rows.length]?.[column] ?? null))
        case 'drawn':
          return rows.map((row) => set(row, this.valueOf(place, choices)))
        case 'all one': {
          const value = this.valueOf(place, choices)
          return rows.map((row) => set(row, value))
        }
        default:
          // A column that is not fetched is NULL, also where its table promises that it never is.
          return rows.map((row) => set(row, null))
      }
    }
    return { ...database, [place.table]: changedRows() }
  }

  /** The same with rows whose keys are values that occur nowhere else, and which are otherwise much as others are. */
  withFreshRows(database: Database, tableName: string, choices: Choices): Database {
    const table = this.#tables[tableName]
    const rows = database[tableName] ?? []
    if (table === undefined) return database
    const needed = tableColumns(table).filter((column) => table.keys?.[column.name]?.require !== undefined)
    const isAnyOf = needed.some((column) => table.keys?.[column.name]?.require === 'any-of')
    const key = choices.pickAny(needed)
    if (key === undefined) return database
    const added = Array.from({ length: 1 + choices.below(4) }, () => {
      const like = choices.pickAny(rows)
      return this.#row(table, (column) => {
        // One of several keys is enough, so that all of them must be fresh.
        const isFresh =
          column.name === key.name || (isAnyOf && needed.some(({ name }) => name === column.name))
        if (isFresh) {
          const fresh = freshValuesOf(column.type, this.#constants.get(column.type) ?? [], this.#statement)
          return choices.pickAny(fresh) ?? null
        }
        const isLike = like !== undefined && choices.chance(80)
        return isLike
          ? (like[column.name] ?? null)
          : this.valueOf({ table: tableName, column: column.name }, choices)
      })
    })
    const whole = { ...database, [tableName]: choices.chance(50) ? [...rows, ...added] : [...added, ...rows] }
    return this.throughConnection(connectionOf(database), whole)
  }

  /** Columns whose values are drawn. */
  columnsOf(tableName: string): readonly string[] {
    const table = this.#tables[tableName]
    if (table === undefined) return []
    return tableColumns(table).flatMap((column) => (isEngines(column, table) ? [] : [column.name]))
  }

  /** A value that may equal another and be spelt otherwise. */
  likeValue(value: string | null, place: ColumnOfTable, choices: Choices): string | null {
    switch (value === null ? undefined : this.#typeOf(place)) {
      case 'jsonb':
        return value?.replace(/(?<=: |^)\d+(?=[,}]|$)/, '$&.0') ?? null
      case 'numeric':
        return value?.includes('.') ? `${value}0` : `${value}.0`
      default:
        return this.valueOf(place, choices)
    }
  }

  valueOf({ table, column }: ColumnOfTable, choices: Choices): string | null {
    const found = this.#tables[table]
    const type = this.#typeOf({ table, column })
    if (found === undefined || type === undefined) return null
    if (mayBeNull(found, column) && choices.chance(10)) return null
    return this.#value(type, choices)
  }

  #typeOf({ table, column }: ColumnOfTable): ColumnType | undefined {
    const found = this.#tables[table]
    return found && tableColumns(found).find(({ name }) => name === column)?.type
  }

  #each(
    rowsOf: (name: string, table: RandomTable) => readonly DatabaseRow[],
  ): Record<string, readonly DatabaseRow[]> {
    return Object.fromEntries(
      Object.entries(this.#tables).map(([name, table]) => [name, rowsOf(name, table)]),
    )
  }

  #row(
    table: RandomTable,
    read: (column: TableColumn) => string | null,
    connection = usualConnection,
  ): DatabaseRow {
    return Object.fromEntries(
      tableColumns(table).map((column) => {
        if (!isEngines(column, table)) return [column.name, read(column)]
        return [column.name, column.name === 'sp_connection_name' ? connection : contextOf(connection)]
      }),
    )
  }

  /** The values of one column: often one alone, or few. */
  #pool(
    { name, type }: TableColumn,
    table: RandomTable,
    favourites: ReadonlyMap<ColumnType, string>,
    choices: Choices,
  ): readonly (string | null)[] {
    const size = choices.pick([2, 1, 1, 3, 5])
    const favourite = favourites.get(type)
    const isFavourite = favourite !== undefined && choices.chance(80)
    const values: (string | null)[] = Array.from({ length: size }, (_, index) =>
      index === 0 && isFavourite ? favourite : this.#value(type, choices),
    )
    const hasNull = mayBeNull(table, name) && choices.chance(25)
    return hasNull ? [...values, null] : values
  }

  #value(type: ColumnType, choices: Choices): string {
    const respelt = choices.chance(15) ? choices.pickAny(otherSpellings[type] ?? []) : undefined
    if (respelt !== undefined) return respelt
    const constants = this.#constants.get(type) ?? []
    const constant = choices.chance(55) ? choices.pickAny(constants) : undefined
    return constant ?? choices.pickAlike(valuesOfType[type])
  }
}

function isEngines({ name }: TableColumn, { keys }: RandomTable): boolean {
  return keys !== undefined && engineColumns.some((column) => column.name === name)
}

/** Values that equal others and are shown otherwise: which of them is seen, an order's last items may decide. */
const otherSpellings: Readonly<Partial<Record<ColumnType, readonly string[]>>> = {
  numeric: ['2.0', '2.00', '1.0', '2.50'],
  'double precision': ['-0', '0'],
  jsonb: ['1.0', '{"a": 1.0}', '{"a": 2.50, "b": [1.0, "x"]}'],
}

/** A statement may make other values of its constants, or compare with what tells the connection. */
function spelt(texts: readonly string[], type: ColumnType, statement: string): readonly string[] {
  const often = <Value>(value: Value, name: RegExp) => (name.test(statement) ? [value, value, value] : [])
  switch (type) {
    case 'jsonb':
      return [
        ...texts,
        ...texts.filter((text) => /^[^\d"{[][^"]*$/.test(text)).map((text) => JSON.stringify(text)),
        ...often(contextOf(usualConnection), /\b(?:sp)?_ctx\b/),
      ]
    case 'text':
      return [...texts, ...often(usualConnection, /\bsp_connection_name\b/)]
    default:
      return texts
  }
}

/** Literals, numbers and parameters of a statement, and what parts a list or an array has. */
function constantsOf({ text, parameters }: RandomQuery): readonly string[] {
  const literals = (text.match(/'(?:[^']|'')*'/g) ?? []).map((literal) =>
    literal.slice(1, -1).replaceAll("''", "'"),
  )
  const numbers = text.replace(/'(?:[^']|'')*'/g, "''").match(/-?\b\d+(?:\.\d+)?\b/g) ?? []
  const given = parameters.flatMap(({ value }) => (value === undefined ? [] : [value]))
  const whole = [...literals, ...given, ...numbers]
  const parts = whole.flatMap((one) => one.split(/[{}[\]",|()^$%]+/)).filter((part) => part.length > 0)
  return [...new Set([...whole, ...parts])]
}
