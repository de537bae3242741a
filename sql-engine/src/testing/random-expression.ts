/** Writes random conditions and values over the columns in scope. None of them fails for some rows only. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../parse/identifier.js'
import type { Choices } from './choices.js'
import { KeyConditionWriter, type WrittenColumn } from './random-key-conditions.js'
import { type TableColumn, valuesOfType } from './random-tables.js'

export type ScopeColumn = TableColumn

/** Something in FROM. Columns that joins have merged, and what else goes by no alias, stand under an empty one. */
export interface Source {
  readonly alias: string
  readonly columns: readonly ScopeColumn[]
  /** Whether `*` stands for more columns, which no name leads to: that of another is the same. */
  readonly hasUnnamed?: boolean
}

export interface Scope {
  readonly sources: readonly Source[]
  readonly outer: Scope | undefined
}

export interface Parameter {
  readonly type: ColumnType
  readonly value: string | undefined
}

/** Writes subqueries, of which expressions know nothing else. */
export interface SubqueryWriter {
  /** A SELECT of one column of a type; of one row at most if `single`. */
  subquery(type: ColumnType, scope: Scope, depth: number, single: boolean): string
  /** A SELECT of anything, for EXISTS. */
  anyQuery(scope: Scope, depth: number): string
}

export class ExpressionWriter {
  readonly parameters: Parameter[] = []
  readonly #choices: Choices
  readonly #subqueries: SubqueryWriter

  constructor(choices: Choices, subqueries: SubqueryWriter) {
    this.#choices = choices
    this.#subqueries = subqueries
  }

  /** A column of a type, as the scope calls it; one of an outer query now and then. */
  column(type: ColumnType, scope: Scope): string | undefined {
    const own = columnsOf(scope).filter((column) => column.type === type)
    const outer = scope.outer
    const mayBeOuter = outer !== undefined && (own.length === 0 || this.#choices.chance(45))
    const found = mayBeOuter ? this.column(type, outer) : undefined
    return found ?? this.#choices.pickAny(own)?.text
  }

  /** Any column of the scope's own level. */
  ownColumn(scope: Scope): WrittenColumn | undefined {
    return this.#telling(columnsOf(scope))
  }

  /** Any column of the scope's own level; one that an API knows, if there is one and most of the time. */
  #conditionColumn(scope: Scope): WrittenColumn | undefined {
    const columns = columnsOf(scope)
    const known = columns.filter(({ operators }) => operators !== undefined)
    return this.#telling(known.length > 0 && !this.#choices.chance(20) ? known : columns)
  }

  #telling(columns: readonly WrittenColumn[]): WrittenColumn | undefined {
    const telling = columns.filter(({ text }) => !engineColumn.test(text))
    return this.#choices.pickAny(telling.length === 0 || this.#choices.chance(8) ? columns : telling)
  }

  /** An expression whose type is surely this one. */
  value(type: ColumnType, scope: Scope, depth: number): string {
    const column = this.column(type, scope)
    switch (this.#choices.below(depth > 0 ? 9 : 6)) {
      case 0:
      case 1:
      case 2:
        return column ?? this.#typed(type)
      case 3:
        return this.#typed(type)
      case 4:
        return `coalesce(${column ?? `null::${type}`}, ${this.#typed(type)})`
      case 5:
        return this.#derived(type, scope) ?? column ?? this.#typed(type)
      case 6:
        return `case when ${this.condition(scope, depth - 1)} then ${column ?? this.#typed(type)} end`
      default:
        return `(${this.#subqueries.subquery(type, scope, depth - 1, true)})`
    }
  }

  condition(scope: Scope, depth: number): string {
    if (depth > 0) {
      switch (this.#choices.below(14)) {
        case 1:
          return `(${this.condition(scope, depth - 1)} or ${this.condition(scope, depth - 1)})`
        case 2:
          return `(${this.condition(scope, depth - 1)} and ${this.condition(scope, depth - 1)})`
        case 3:
          return `not (${this.condition(scope, depth - 1)})`
        case 4:
          return this.#membership(scope, depth)
        case 5:
          return this.#existence(scope, depth)
        case 6:
          return `(${this.condition(scope, depth - 1)}) is ${this.#choices.pick(['true', 'not true', 'false', 'unknown'])}`
      }
    }
    const column = this.#conditionColumn(scope)
    if (column === undefined) return this.#choices.pick(['true', '1 = 1', 'null::boolean', 'false'])
    return column.operators !== undefined && this.#choices.chance(65)
      ? this.keyCondition(column, scope)
      : this.#comparison(column.text, column.type, scope, depth)
  }

  /** A condition that an API may know, or that looks so. */
  keyCondition(column: WrittenColumn, scope: Scope): string {
    const others = columnsOf(scope).filter(({ text }) => !engineColumn.test(text))
    return this.#keyConditions(scope).condition(column, others)
  }

  /** A condition on something that is made of a column. */
  wrappedCondition(column: WrittenColumn, scope: Scope): string {
    return this.#keyConditions(scope).wrapped(column)
  }

  #keyConditions(scope: Scope): KeyConditionWriter {
    return new KeyConditionWriter(this.#choices, {
      constant: (type) => this.constant(type),
      other: () => {
        const column = this.ownColumn(scope)
        return column === undefined ? 'false' : this.#comparison(column.text, column.type, scope, 0)
      },
    })
  }

  /** A condition that gives values for a column. */
  equality(column: string, type: ColumnType, scope: Scope, depth: number): string {
    if (this.#choices.chance(15)) return this.#keyConditions(scope).equality({ text: column, type })
    if (this.#choices.chance(8)) {
      const joined = this.#joinedText(column, type, scope)
      if (joined !== undefined) return joined
    }
    switch (this.#choices.below(depth > 0 ? 9 : 7)) {
      case 0:
        return `${column} in (${this.constants(type, 3)})`
      case 1:
        return `${column} = ${this.constant(type)}`
      case 2:
        return `${this.constant(type)} = ${column}`
      case 3:
        return `${column} = any (${this.#array(type)})`
      case 4:
        return `(${column} = ${this.constant(type)} or ${column} in (${this.constants(type, 2)}))`
      case 5:
      case 6:
        return `${column} = ${this.column(type, scope) ?? this.constant(type)}`
      case 7:
        return `${column} in (${this.#subqueries.subquery(type, scope, depth - 1, false)})`
      default:
        return `${column} = ${this.value(type, scope, depth - 1)}`
    }
  }

  /** A join by the text of a value, or by equality otherwise written. */
  #joinedText(column: string, type: ColumnType, scope: Scope): string | undefined {
    const other = this.column(type, scope)
    const text = this.column('text', scope)
    if (type === 'inet' && text !== undefined && this.#choices.chance(70)) {
      return `${this.#choices.pick(['host', 'abbrev', 'text'])}(${column}) = ${text}`
    }
    if (other === undefined) return undefined
    const cast = type === 'text' ? this.#choices.pick(['::varchar', ' collate "C"', '::text']) : '::text'
    return this.#choices.pick([
      `${column} is not distinct from ${other}`,
      `${column}${cast} = ${other}${cast === ' collate "C"' ? '' : cast}`,
      `not (${column} <> ${other})`,
    ])
  }

  /** Constants of a type, at least one, with commas between them. */
  constants(type: ColumnType, most: number): string {
    return Array.from({ length: 1 + this.#choices.below(most) }, () => this.constant(type)).join(', ')
  }

  /** A constant to compare with a column of a type; it may be of a type of its own that compares with it. */
  constant(type: ColumnType): string {
    const value = this.#choices.pickAlike(valuesOfType[type])
    switch (this.#choices.below(9)) {
      case 0:
      case 1:
      case 2:
        return quoteLiteral(value)
      case 3:
        return `${quoteLiteral(value)}::${type}`
      case 4:
        return this.#parameter(type)
      case 5:
        return this.#choices.chance(20) ? 'null' : `(select ${quoteLiteral(value)}::${type})`
      default:
        return this.#kindred(type, value)
    }
  }

  #comparison(column: string, type: ColumnType, scope: Scope, depth: number): string {
    if (type === 'boolean' && this.#choices.chance(50)) {
      return this.#choices.pick([
        column,
        `not ${column}`,
        `${column} is true`,
        `${column} is false`,
        `${column} is not true`,
        `${column} is not unknown`,
        `not (${column} is true)`,
      ])
    }
    if (type === 'text' && this.#choices.chance(40)) return this.#match(column)
    switch (this.#choices.below(9)) {
      case 0:
      case 1:
        return this.equality(column, type, scope, depth)
      case 2:
        return `${column} ${this.#choices.pick(orderOperators)} ${this.constant(type)}`
      case 3:
        return `${this.constant(type)} ${this.#choices.pick(orderOperators)} ${column}`
      case 4:
        return `${column} is ${this.#choices.pick(['null', 'not null'])}`
      case 5:
        return `${column} ${this.#choices.pick(['between', 'not between', 'between symmetric'])} ${this.constant(type)} and ${this.constant(type)}`
      case 6:
        return `${column} not in (${this.constants(type, 2)})`
      case 7:
        return `${column} is ${this.#choices.pick(['distinct', 'not distinct'])} from ${this.constant(type)}`
      default:
        return `${column} ${this.#choices.pick(orderOperators)} ${this.value(type, scope, 0)}`
    }
  }

  #match(column: string): string {
    if (this.#choices.chance(50)) {
      const pattern = quoteLiteral(this.#choices.pick(['a', '%', 't_', '%.1%', "o'%", '%\\%%', 'T%', '%ä%']))
      return `${column} ${this.#choices.pick(['like', 'not like', 'ilike', 'not ilike', '~~'])} ${pattern}`
    }
    const pattern = quoteLiteral(this.#choices.pick(['^[0-9]+', '^t', '1$', 'a.*b', "'", '^$', 'T[12]']))
    return `${column} ${this.#choices.pick(['~', '!~', '~*', '!~*'])} ${pattern}`
  }

  #membership(scope: Scope, depth: number): string {
    const column = this.ownColumn(scope)
    if (column === undefined) return 'true'
    const query = this.#subqueries.subquery(column.type, scope, depth - 1, false)
    return `${column.text} ${this.#choices.pick(['in', '= any', 'not in', '<> all'])} (${query})`
  }

  #existence(scope: Scope, depth: number): string {
    return `${this.#choices.pick(['', 'not '])}exists (${this.#subqueries.anyQuery(scope, depth - 1)})`
  }

  #array(type: ColumnType): string {
    if (this.#choices.chance(30)) return `array[${this.#typed(type)}, ${this.#typed(type)}]`
    const values = Array.from({ length: this.#choices.below(3) }, () =>
      this.#choices.pickAlike(valuesOfType[type]),
    )
    const elements = values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`)
    if (this.#choices.chance(10)) elements.push('null')
    return `${quoteLiteral(`{${elements.join(',')}}`)}${this.#choices.pick(['', `::${type}[]`])}`
  }

  #parameter(type: ColumnType): string {
    const value = this.#choices.chance(10) ? undefined : this.#choices.pickAlike(valuesOfType[type])
    this.parameters.push({ type, value })
    return `$${this.parameters.length}`
  }

  #typed(type: ColumnType): string {
    return `${quoteLiteral(this.#choices.pickAlike(valuesOfType[type]))}::${type}`
  }

  /** The value, or one near it, in another type that compares with the column's. */
  #kindred(type: ColumnType, value: string): string {
    switch (type) {
      case 'bigint':
        return this.#choices.pick([
          value,
          `${value}.0`,
          `${value}.5`,
          `${value}::numeric`,
          '1e20',
          '1e0::float8',
        ])
      case 'numeric':
        return this.#choices.pick([value, `${value}::numeric(10,3)`, '2', '2.50', `${value}::float8`, '0.1'])
      case 'inet':
        return this.#choices.pick([
          "'1.1.1.1/32'::cidr",
          "'1.1.1.1/32'",
          "'10.0.0.0/8'::cidr",
          "'::ffff:1.1.1.1'",
        ])
      case 'text':
        return this.#choices.pick([
          `${quoteLiteral(value)}::varchar`,
          `${quoteLiteral(value)}::name`,
          "'a'::char(3)",
          "lower('A')",
        ])
      case 'timestamp with time zone':
        return this.#choices.pick([
          "'2022-07-07'::date",
          "'2022-07-06 20:38:09'::timestamp",
          "'infinity'",
          "'2022-07-06 22:38:09+02'",
          "'2022-07-06T20:38:09.123456Z'",
        ])
      case 'double precision':
        return this.#choices.pick(['1', '0.1', '0.1::real', "'1'", '1e300', '2::bigint', "'infinity'"])
      case 'uuid':
        return this.#choices.pick([
          "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'",
          `${quoteLiteral(value)}::uuid`,
          "'a0eebc999c0b4ef8bb6d6bb9bd380a11'",
        ])
      case 'date':
        return this.#choices.pick([
          `${quoteLiteral(value)}::timestamptz`,
          "'2022-07-06 00:00:01'::timestamp",
          "'infinity'",
          "'20220707'",
          `${quoteLiteral(value)}::date + 1`,
        ])
      case 'jsonb':
        return this.#choices.pick([
          "'1.0'",
          `'{"a": 1.00}'`,
          `'{"b": [1.0, "x"], "a": 2.50}'::jsonb`,
          `to_jsonb('t1'::text)`,
        ])
      default:
        return quoteLiteral(value)
    }
  }

  /** A value of this type, made of a column of another. */
  #derived(type: ColumnType, scope: Scope): string | undefined {
    const from = (other: ColumnType, write: (column: string) => string) => {
      const column = this.column(other, scope)
      return column === undefined ? undefined : write(column)
    }
    switch (type) {
      case 'inet':
        return from(
          'text',
          (column) => `case when ${column} ~ '^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$' then ${column}::inet end`,
        )
      case 'text':
        return this.#choices.pick([
          from('inet', (column) => `host(${column})`),
          from('jsonb', (column) => `${column} ->> 'a'`),
          from('bigint', (column) => `'t' || ${column}`),
        ])
      case 'bigint':
        return this.#choices.pick([
          from('bigint', (column) => `${column} - 1`),
          from('text', (column) => `length(${column})::bigint`),
        ])
      case 'numeric':
        return from('bigint', (column) => `${column} * 0.5`)
      case 'boolean':
        return from('bigint', (column) => `${column} > 1`)
      case 'cidr':
        return from('inet', (column) => `${column}::cidr`)
      default:
        return undefined
    }
  }
}

/** The engine's own columns are the same in all rows. */
const engineColumn = /\b(sp_ctx|_ctx|sp_connection_name)$/

const orderOperators: readonly [string, ...string[]] = ['<', '>', '<=', '>=', '<>', '=']

/** Columns of a level, by their qualified names; by their own where those are of one source only. */
export function columnsOf({ sources }: Scope): readonly WrittenColumn[] {
  const names = sources.flatMap(({ columns }) => columns.map(({ name }) => name))
  return sources.flatMap(({ alias, columns }, index) =>
    columns.map(({ name, type, operators }) => {
      const isAlone = names.filter((other) => other === name).length === 1
      // Both spellings stand in the queries, and for each column always the same one.
      const isBare = alias === '' || (isAlone && index % 2 === 1)
      return { text: isBare ? name : `${alias}.${name}`, type, operators }
    }),
  )
}
