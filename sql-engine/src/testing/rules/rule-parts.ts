/** What statements that aim at one rule are made of: tables on which it can hold, and values that sit on their rows. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import type { Choices } from '../choices.js'
import type { ExpressionWriter } from '../random-expression.js'
import {
  type RandomTable,
  type RandomTables,
  requiredKeys,
  type TableColumn,
  tableColumns,
  valuesOfType,
} from '../random-tables.js'

export interface RuleContext {
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter
}

/** A statement that aims at a rule. */
export interface RuleStatement {
  readonly text: string
  /** Whether the order of its rows is part of the result. */
  readonly isOrdered: boolean
}

/** Writes a statement of one rule; undefined where the tables have no columns for it. */
export type Rule = (parts: RuleParts) => RuleStatement | undefined

/** A virtual table whose rows go by `s`, and one of its columns. */
export interface RuleTable {
  readonly name: string
  /** Its own columns, without the engine's. */
  readonly columns: readonly TableColumn[]
  readonly column: TableColumn
  /** Columns whose values must be given. */
  readonly needed: readonly TableColumn[]
  readonly orders: NonNullable<RandomTable['orders']>
}

/** Something to join a table with, whose rows go by `n`. */
export interface RulePartner {
  /** For FROM. */
  readonly from: string
  /** A column of the type that was asked for. */
  readonly link: string
  /** A column, which may be another one. */
  readonly read: string
}

export class RuleParts {
  readonly choices: Choices
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter

  constructor(choices: Choices, { tables, expressions }: RuleContext) {
    this.choices = choices
    this.tables = tables
    this.expressions = expressions
  }

  pick<Item>(...items: readonly [Item, ...Item[]]): Item {
    return this.choices.pick(items)
  }

  /** One of several texts, of which the others are not written. */
  oneOf(...writers: readonly [() => string, ...(() => string)[]]): string {
    return this.choices.pick(writers)()
  }

  /** Some of several texts, each of another writer. */
  someOf(count: number, writers: readonly (() => string)[]): readonly string[] {
    const left = [...writers]
    const chosen = Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(this.choices.below(left.length), 1),
    )
    return chosen.flat().map((write) => write())
  }

  /** How many rows each of several queries has: one statement shows as much as several, at the price of few. */
  counts(queries: readonly string[]): RuleStatement {
    return unordered(`select ${queries.map((query) => `(select count(*) from (${query}) q)`).join(', ')}`)
  }

  /** What all columns of all rows of several queries come to, in whatever order they are. */
  digests(queries: readonly string[]): RuleStatement {
    return unordered(
      `select ${queries.map((query) => `(select sum(hashtext(q::text)) from (${query}) q)`).join(', ')}`,
    )
  }

  /**
   * One column of a table by each of several conditions, as many as there are columns besides the one that they are on: no
   * scan has all columns of another, which would answer for it otherwise.
   */
  ofEach(table: RuleTable, conditions: readonly string[]): RuleStatement {
    const others = this.some(table, table.columns.length).filter((name) => name !== `s.${table.column.name}`)
    const queries = others.flatMap((other, index) => {
      const condition = conditions[index]
      return condition === undefined
        ? []
        : [`select ${other} from ${table.name} s${this.where(table, condition)}`]
    })
    return this.digests(queries)
  }

  /** A table with a column of which something holds; mostly one that needs no key, if there is any. */
  table(isWanted: (column: TableColumn, table: RandomTable) => boolean = () => true): RuleTable | undefined {
    const found = Object.entries(this.tables).flatMap(([name, table]) => {
      if (table.keys === undefined) return []
      const columns = tableColumns(table).filter((column) => table.columns[column.name] !== undefined)
      const needed = requiredKeys(table, this.choices)
      const { orders = {} } = table
      return columns
        .filter((column) => isWanted(column, table))
        .map((column): RuleTable => ({ name, columns, column, needed, orders }))
    })
    const free = found.filter(({ needed }) => needed.length === 0)
    return this.choices.pickAny(free.length > 0 && this.choices.chance(80) ? free : found)
  }

  /** Some tables, each another one: what one scan has of a table would answer for another scan of it. */
  tablesOf(
    count: number,
    isWanted: (column: TableColumn, table: RandomTable) => boolean,
  ): readonly RuleTable[] {
    const found: RuleTable[] = []
    for (let left = count; left > 0; left--) {
      const names = found.map(({ name }) => name)
      const table = this.table(
        (column, random) => isWanted(column, random) && !names.some((name) => this.tables[name] === random),
      )
      if (table !== undefined) found.push(table)
    }
    return found
  }

  /** A table that needs no key, or whose only one is the column. */
  freeTable(isWanted: (column: TableColumn) => boolean = () => true): RuleTable | undefined {
    return this.table(
      (column, { keys = {} }) =>
        isWanted(column) &&
        Object.entries(keys).every(
          ([name, { require }]) => require === undefined || require === 'optional' || name === column.name,
        ),
    )
  }

  /** Conditions, with those that give a table its keys. */
  where({ needed }: RuleTable, ...conditions: readonly string[]): string {
    const given = needed.map(({ name, type }) => `s.${name} in (${this.commonValues(type)})`)
    const all = [...given, ...conditions].filter((condition) => condition !== '')
    return all.length === 0 ? '' : ` where ${all.join(' and ')}`
  }

  /** Values that most rows have. */
  commonValues(type: ColumnType): string {
    return valuesOfType[type]
      .slice(0, 6)
      .map((value) => `${quoteLiteral(value)}::${type}`)
      .join(', ')
  }

  /** A column of a table, as the statement calls it. */
  any({ columns, column }: RuleTable): string {
    return `s.${(this.choices.pickAny(columns) ?? column).name}`
  }

  /** Several columns, each once. */
  some({ columns }: RuleTable, count: number): readonly string[] {
    const left = columns.map(({ name }) => `s.${name}`)
    const chosen = Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(this.choices.below(left.length), 1),
    )
    return chosen.flat()
  }

  /** A value that rows are likely to have. */
  value(type: ColumnType): string {
    return this.choices.pickAlike(valuesOfType[type])
  }

  /** A division by zero for some values of a column of `s`. */
  failure({ name, type }: TableColumn): string {
    const length = this.choices.pickAny(textLengths[type] ?? []) ?? this.value(type).length
    return `1 / (length(s.${name}::text) - ${length})`
  }

  /** A parameter of a type. */
  parameter(type: ColumnType, value: string): string {
    this.expressions.parameters.push({ type, value })
    return `$${this.expressions.parameters.length}`
  }

  typed(type: ColumnType): string {
    return `${quoteLiteral(this.value(type))}::${type}`
  }

  /** Something with a column of a type: notes, another table or the same once more, or a few values. */
  partner(type: ColumnType, own: RuleTable): RulePartner {
    const { note } = this.tables
    const notes = note === undefined ? [] : tableColumns(note)
    const link = this.choices.pickAny(notes.filter((column) => column.type === type))
    if (link !== undefined && !this.choices.chance(15)) {
      const read = this.choices.pickAny(notes) ?? link
      return { from: 'note n', link: `n.${link.name}`, read: `n.${read.name}` }
    }
    const same = own.needed.length === 0 ? own.columns.find((column) => column.type === type) : undefined
    if (same !== undefined && this.choices.chance(30)) {
      const read = this.choices.pickAny(own.columns) ?? same
      return { from: `${own.name} n`, link: `n.${same.name}`, read: `n.${read.name}` }
    }
    const rows = [0, 1, 2].map(() => `(${this.typed(type)}, ${this.pick(1, 2)})`)
    return { from: `(values ${rows.join(', ')}) n (x, y)`, link: 'n.x', read: this.pick('n.x', 'n.y') }
  }
}

/** Of types whose values PostgreSQL writes otherwise than they are given here. */
const textLengths: Readonly<Partial<Record<ColumnType, readonly number[]>>> = {
  boolean: [4, 5],
  inet: [10],
  'timestamp with time zone': [22, 26, 29],
}

export function unordered(text: string): RuleStatement {
  return { text, isOrdered: false }
}

export function columnsOf({ columns }: RuleTable): readonly string[] {
  return columns.map(({ name }) => `s.${name}`)
}

/** The columns in another order, each of them. */
export function rotated(parts: RuleParts, table: RuleTable): readonly string[] {
  return parts.some(table, table.columns.length)
}

export function takes({ operators = [] }: TableColumn, operator: RegExp): boolean {
  return operators.some((one) => operator.test(one))
}
