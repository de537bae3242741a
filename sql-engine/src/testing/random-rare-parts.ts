/** What rare shapes are made of: a table, notes to join it with, and conditions on both. */
import { quoteLiteral } from '../parse/identifier.js'
import type { Choices } from './choices.js'
import type { ExpressionWriter } from './random-expression.js'
import type { WrittenColumn } from './random-key-conditions.js'
import {
  type RandomTables,
  requiredKeys,
  type TableColumn,
  tableColumns,
  valuesOfType,
} from './random-tables.js'

export interface RareContext {
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter
}

interface Chosen {
  readonly name: string
  readonly own: readonly TableColumn[]
  readonly notes: readonly TableColumn[]
  readonly key: TableColumn
  readonly partner: TableColumn
  readonly required: readonly TableColumn[]
}

export class RareParts {
  /** The table's name. Its rows go by `s`, those of notes by `n`, or `m`. */
  readonly name: string
  /** The table's columns, without the engine's. */
  readonly own: readonly TableColumn[]
  readonly notes: readonly TableColumn[]
  /** Columns of one type, of the table and of notes. */
  readonly key: TableColumn
  readonly partner: TableColumn
  /** Conditions that give the table its keys. */
  readonly given: readonly string[]
  /** The table with all its rows that these conditions let through, for FROM. */
  readonly table: string
  readonly #choices: Choices
  readonly #expressions: ExpressionWriter

  private constructor(choices: Choices, expressions: ExpressionWriter, chosen: Chosen) {
    const { name, own, notes, key, partner, required } = chosen
    this.#choices = choices
    this.#expressions = expressions
    this.name = name
    this.own = own
    this.notes = notes
    this.key = key
    this.partner = partner
    this.given = required.map(
      ({ name: column, type }) => `s.${column} in (${expressions.constants(type, 5)})`,
    )
    this.table =
      this.given.length === 0 ? `${name} s` : `(select * from ${name} s where ${this.given.join(' and ')}) s`
  }

  /** @returns undefined where no table is virtual, or none has a column of a type that notes have */
  static choose(choices: Choices, { tables, expressions }: RareContext): RareParts | undefined {
    const { note } = tables
    const name = choices.pickAny(Object.keys(tables).filter((one) => tables[one]?.keys !== undefined))
    const table = name === undefined ? undefined : tables[name]
    if (name === undefined || table === undefined || note === undefined) return undefined
    const notes = tableColumns(note)
    const own = tableColumns(table).filter((column) => table.columns[column.name] !== undefined)
    const pairs = own.flatMap((one) =>
      notes.flatMap((other) => (other.type === one.type ? [[one, other] as const] : [])),
    )
    // What an API takes may be narrowed.
    const known = pairs.filter(([{ operators }]) => operators?.includes('=') === true)
    const [key, partner] = choices.pickAny(known.length === 0 || choices.chance(15) ? pairs : known) ?? []
    if (key === undefined || partner === undefined) return undefined
    const required = requiredKeys(table, choices)
    return new RareParts(choices, expressions, { name, own, notes, key, partner, required })
  }

  /** What links the table's rows with those of notes. */
  get link(): string {
    return `s.${this.key.name} = n.${this.partner.name}`
  }

  /** Any column of the table. */
  any(): string {
    return `s.${(this.#choices.pickAny(this.own) ?? this.key).name}`
  }

  /** Any column of notes. */
  ofNote(alias = 'n'): string {
    return `${alias}.${(this.#choices.pickAny(this.notes) ?? this.partner).name}`
  }

  /** A value of the type of the linked columns, or of another. */
  value(type = this.key.type): string {
    return `${quoteLiteral(this.#choices.pickAlike(valuesOfType[type]))}::${type}`
  }

  #written({ name, type, operators }: TableColumn, alias: string): WrittenColumn {
    return { text: `${alias}.${name}`, type, operators }
  }

  /** A condition on a key of the table, as something calls it. */
  condition(alias = 's'): string {
    const { own } = this
    const keys = own.filter(({ operators }) => operators !== undefined)
    const column = this.#choices.pickAny(keys.length === 0 ? own : keys) ?? this.key
    const scope = { sources: [{ alias, columns: own }], outer: undefined }
    return this.#expressions.keyCondition(this.#written(column, alias), scope)
  }

  /** A condition on one column of notes. */
  noteCondition(alias: string): string {
    const column = this.#choices.pickAny(this.notes) ?? this.partner
    return this.#choices.pick([
      `${alias}.${column.name} = ${this.value(column.type)}`,
      `${alias}.${column.name} is not null`,
      'false',
    ])
  }

  /** WHERE with these conditions, and those that give the table its keys. */
  where(...conditions: readonly string[]): string {
    const all = [...this.given, ...conditions]
    return all.length === 0 ? '' : ` where ${all.join(' and ')}`
  }
}
