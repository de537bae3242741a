/**
 * Writes random queries over the tables of `random-tables.ts`. Their results do not depend on the order in
 * which rows are found: LIMIT, DISTINCT ON and window functions stand over a total order only.
 */
import type { ColumnType } from '@millrace/plugin-sdk'
import type { Choices } from './choices.js'
import {
  columnsOf,
  ExpressionWriter,
  type Parameter,
  type Scope,
  type ScopeColumn,
  type Source,
} from './random-expression.js'
import { type FirstRowsContext, firstRowsQuery } from './random-first-rows.js'
import { type From, type FromContext, FromWriter } from './random-from.js'
import type { WrittenColumn } from './random-key-conditions.js'
import { narrowQuery } from './random-narrow.js'
import { rareQuery } from './random-rare.js'
import { ruleStatement } from './random-rules.js'
import { type RandomTables, requiredKeys, tableColumns, usualTables } from './random-tables.js'
import type { WrittenQuery } from './written-query.js'

export interface RandomQuery {
  readonly text: string
  readonly parameters: readonly Parameter[]
  /** Whether the order of the rows is part of the result. */
  readonly isOrdered: boolean
}

export function randomQuery(choices: Choices, tables: RandomTables = usualTables): RandomQuery {
  return new QueryWriter(choices, tables).whole()
}

/** A small query of one table's rows, or of two tables', through a subquery or CTE that yields more than is read. */
export function randomReport(choices: Choices, tables: RandomTables = usualTables): RandomQuery {
  return new QueryWriter(choices, tables).report()
}

/** A query for the first rows of one table. */
export function randomFirstRows(choices: Choices, tables: RandomTables = usualTables): RandomQuery {
  return new QueryWriter(choices, tables).firstRows()
}

/** Types whose values PostgreSQL has a max() of. */
const comparableTypes: ReadonlySet<ColumnType> = new Set([
  'text',
  'bigint',
  'inet',
  'numeric',
  'timestamp with time zone',
])

/** A small query that turns on one condition, of which most of a table's rows would be left. */
export function randomNarrow(choices: Choices, tables: RandomTables = usualTables): RandomQuery {
  return new QueryWriter(choices, tables).narrow()
}

/** A small query that aims at one rule of the planner; the first choice says at which. */
export function randomRule(choices: Choices, tables: RandomTables = usualTables): RandomQuery {
  return new QueryWriter(choices, tables).rule()
}

type Target = WrittenColumn

class QueryWriter {
  readonly #choices: Choices
  readonly #tables: RandomTables
  readonly #expressions: ExpressionWriter
  readonly #from: FromWriter
  #ctes: readonly Source[] = []
  #names = 0

  constructor(choices: Choices, tables: RandomTables) {
    this.#choices = choices
    this.#tables = tables
    this.#expressions = new ExpressionWriter(choices, {
      subquery: (type, scope, depth, single) =>
        single ? this.#single(type, scope, depth) : this.#query(depth, scope, [type]).text,
      anyQuery: (scope, depth) => this.#anyQuery(depth, scope),
    })
    const writer = this
    const context: FromContext = {
      tables,
      expressions: this.#expressions,
      get ctes() {
        return writer.#ctes
      },
      newName: (prefix) => this.#newName(prefix),
      query: (depth, outer) => this.#query(depth, outer, undefined),
    }
    this.#from = new FromWriter(choices, context)
  }

  whole(): RandomQuery {
    const depth = this.#choices.pick([0, 1, 1, 2, 2, 3])
    const query = this.#query(depth, undefined, undefined)
    const isOrdered = this.#choices.chance(40)
    const end = isOrdered ? ` order by ${ordinals(query.columns.length)}${this.#limit()}` : ''
    const text = isOrdered ? `select * from (${query.text}) as whole${end}` : query.text
    return { text, parameters: this.#expressions.parameters, isOrdered }
  }

  /** As a BI tool writes it, or whoever explores: few outputs of a subquery that has them all, by conditions on keys. */
  report(): RandomQuery {
    const from = this.#from.report()
    const conditions = [...from.conditions]
    // Few, or no rows are left.
    if (conditions.length < 2 || this.#choices.chance(30)) {
      conditions.push(this.#expressions.condition(from.scope, 0))
    }
    const body = ` from ${from.text}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}`
    const query = this.#choices.pick([
      () => this.#written('select ', this.#targets(from.scope, 0), body),
      () => this.#written('select ', this.#targets(from.scope, 0), body),
      () => this.#aggregated(from, body),
      () => this.#grouped(from, body, 0),
      () => this.#written('select distinct ', this.#targets(from.scope, 0), body),
      () => this.#star(from, body),
    ])()
    const isOrdered = this.#choices.chance(30)
    const end = isOrdered ? ` order by ${ordinals(query.columns.length)}${this.#limit()}` : ''
    return {
      text: `${from.withClause}${query.text}${end}`,
      parameters: this.#expressions.parameters,
      isOrdered,
    }
  }

  narrow(): RandomQuery {
    const write = this.#choices.chance(50) ? rareQuery : narrowQuery
    const text = write(this.#choices, this.#rowsContext) ?? 'select 1'
    return { text, parameters: this.#expressions.parameters, isOrdered: false }
  }

  rule(): RandomQuery {
    const { text, isOrdered } = ruleStatement(this.#choices, this.#rowsContext)
    return { text, parameters: this.#expressions.parameters, isOrdered }
  }

  firstRows(): RandomQuery {
    const text = this.#firstRows(0, undefined)?.text ?? 'select 1'
    return { text, parameters: this.#expressions.parameters, isOrdered: false }
  }

  get #rowsContext(): FirstRowsContext {
    return {
      tables: this.#tables,
      expressions: this.#expressions,
      newName: (prefix: string) => this.#newName(prefix),
    }
  }

  #newName(prefix: string): string {
    return `${prefix}${++this.#names}`
  }

  /** @param types of the columns; any, if undefined */
  #query(depth: number, outer: Scope | undefined, types: readonly ColumnType[] | undefined): WrittenQuery {
    if (depth <= 0) return this.#select(0, outer, types)
    const seen = this.#ctes
    const withClause = this.#choices.chance(25) ? this.#withClause(depth, outer) : ''
    const body = this.#choices.chance(12)
      ? this.#setOperation(depth, outer, types)
      : this.#select(depth, outer, types)
    const end = this.#choices.chance(20) ? ` order by ${ordinals(body.columns.length)}${this.#limit()}` : ''
    this.#ctes = seen
    const text = end !== '' && / order by [^()]*$/.test(body.text) ? body.text : `${body.text}${end}`
    return { ...body, text: `${withClause}${text}` }
  }

  #withClause(depth: number, outer: Scope | undefined): string {
    const written = Array.from({ length: 1 + this.#choices.below(2) }, () => {
      const query = this.#query(depth - 1, outer, undefined)
      const alias = this.#newName('c')
      const kind = this.#choices.pick(['', '', 'materialized ', 'not materialized '])
      const columns = this.#choices.chance(15)
        ? query.columns.map((column, index) => ({ ...column, name: `m${index}` }))
        : query.columns
      const names = columns === query.columns ? '' : ` (${columns.map(({ name }) => name).join(', ')})`
      this.#ctes = [{ alias, columns }, ...this.#ctes]
      return `${alias}${names} as ${kind}(${query.text})`
    })
    return `with ${this.#choices.chance(10) ? 'recursive ' : ''}${written.join(', ')} `
  }

  #setOperation(
    depth: number,
    outer: Scope | undefined,
    types: readonly ColumnType[] | undefined,
  ): WrittenQuery {
    const first = this.#select(depth - 1, outer, types)
    const second = this.#select(
      depth - 1,
      outer,
      first.columns.map(({ type }) => type),
    )
    const operator = this.#choices.pick(['union all', 'union', 'except', 'intersect', 'except all'])
    return { text: `(${first.text}) ${operator} (${second.text})`, columns: first.columns }
  }

  #select(depth: number, outer: Scope | undefined, types: readonly ColumnType[] | undefined): WrittenQuery {
    const first = types === undefined && this.#choices.chance(12) ? this.#firstRows(depth, outer) : undefined
    if (first !== undefined) return first
    const from = this.#from.write(depth, outer)
    const conditions = [...from.conditions]
    for (let left = this.#choices.below(3); left > 0; left--) {
      conditions.push(this.#expressions.condition(from.scope, depth))
    }
    const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
    const body = ` from ${from.text}${where}`
    if (types !== undefined) return this.#selectTypes(types, from, body, depth)
    switch (this.#choices.below(10)) {
      case 5:
        return this.#grouped(from, body, depth)
      case 6:
        return this.#aggregated(from, body)
      case 7:
        return this.#windowed(from, body)
      case 8:
        return this.#distinctOn(from, body)
      case 9:
        return this.#star(from, body)
      case 4:
        return this.#written('select distinct ', this.#targets(from.scope, depth), body)
      default:
        return this.#written('select ', this.#targets(from.scope, depth), body)
    }
  }

  #firstRows(depth: number, outer: Scope | undefined): WrittenQuery | undefined {
    return firstRowsQuery(this.#choices, this.#rowsContext, outer, depth)
  }

  #selectTypes(types: readonly ColumnType[], { scope }: From, body: string, depth: number): WrittenQuery {
    const targets = types.map((type) => ({ text: this.#expressions.value(type, scope, depth - 1), type }))
    return this.#written(this.#choices.chance(15) ? 'select distinct ' : 'select ', targets, body)
  }

  #targets(scope: Scope, depth: number): readonly Target[] {
    return Array.from({ length: 1 + this.#choices.below(3) }, () => {
      const column = this.#expressions.ownColumn(scope)
      if (column === undefined) return { text: "'none'::text", type: 'text' as const }
      if (this.#choices.chance(70)) return column
      const text = this.#expressions.value(column.type, scope, depth - 1)
      return { text, type: column.type }
    })
  }

  #written(select: string, targets: readonly Target[], body: string): WrittenQuery {
    const columns = targets.map(({ type, operators }) => ({ name: this.#newName('x'), type, operators }))
    const list = targets.map(({ text }, index) => `${text} as ${columns[index]?.name}`)
    return { text: `${select}${list.join(', ')}${body}`, columns }
  }

  /** `select *`, where no name comes twice. */
  #star({ scope }: From, body: string): WrittenQuery {
    const [source, ...others] = scope.sources
    if (source === undefined || others.length > 0 || source.hasUnnamed === true)
      return this.#written('select ', this.#targets(scope, 0), body)
    return { text: `select ${this.#choices.pick(['*', starOf(source)])}${body}`, columns: source.columns }
  }

  #aggregated({ scope }: From, body: string): WrittenQuery {
    return this.#written('select ', [this.#aggregate(scope), this.#aggregate(scope)], body)
  }

  #aggregate(scope: Scope): Target {
    const column = this.#expressions.ownColumn(scope)
    if (column === undefined) return { text: 'count(*)', type: 'bigint' }
    const { text, type } = column
    switch (this.#choices.below(4)) {
      case 1:
        return { text: `count(distinct ${text})`, type: 'bigint' }
      case 2:
        if (type === 'text') return { text: `string_agg(${text}, ',' order by ${text})`, type }
        if (type === 'bigint') return { text: `sum(${text})`, type: 'numeric' }
        if (type === 'boolean') return { text: `bool_or(${text})`, type }
        return { text: `jsonb_agg(${text} order by ${text})`, type: 'jsonb' }
      case 3:
        if (comparableTypes.has(type)) return { text: `max(${text})`, type }
        return { text: `count(${text})`, type: 'bigint' }
      default:
        return { text: 'count(*)', type: 'bigint' }
    }
  }

  #grouped({ scope }: From, body: string, depth: number): WrittenQuery {
    const keys = [0, 1].slice(this.#choices.below(2)).flatMap(() => this.#expressions.ownColumn(scope) ?? [])
    if (keys.length === 0) return this.#aggregated({ text: '', scope, conditions: [] }, body)
    const aggregates = [this.#aggregate(scope), this.#aggregate(scope)]
    const list = keys.map(({ text }) => text).join(', ')
    const clause = this.#choices.chance(20) ? `rollup (${list})` : list
    // What a subquery may name of a grouped query: its keys, and its aggregates.
    const grouped: Scope = {
      sources: [
        {
          alias: '',
          columns: [...keys, ...aggregates].map(({ text, type, operators }) => ({
            name: text,
            type,
            operators,
          })),
        },
      ],
      outer: undefined,
    }
    const more: Target[] = []
    if (depth > 0 && this.#choices.chance(35)) {
      const type = this.#choices.pick<ColumnType>(['bigint', 'text', 'inet'])
      more.push({ text: `(${this.#single(type, grouped, depth - 1)})`, type })
    }
    const having = this.#choices.chance(30) ? ` having ${this.#having(grouped, depth)}` : ''
    return this.#written('select ', [...keys, ...aggregates, ...more], `${body} group by ${clause}${having}`)
  }

  #having(grouped: Scope, depth: number): string {
    if (depth > 0 && this.#choices.chance(40)) return `exists (${this.#anyQuery(depth - 1, grouped)})`
    if (this.#choices.chance(70)) return this.#expressions.condition(grouped, 0)
    return 'count(*) > 1'
  }

  #windowed({ scope }: From, body: string): WrittenQuery {
    const columns = columnsOf(scope)
    const own = this.#expressions.ownColumn(scope)
    if (own === undefined) return this.#written('select ', this.#targets(scope, 0), body)
    const all = columns.map(({ text }) => text).join(', ')
    const window = this.#choices.pick([
      `row_number() over (order by ${all})`,
      `count(*) over (partition by ${own.text})`,
      `rank() over (order by ${own.text})`,
      `count(*) filter (where ${own.text} is null) over ()`,
      `count(${own.text}) over (order by ${all} rows between 1 preceding and current row)`,
    ])
    return this.#written('select ', [...this.#targets(scope, 0), { text: window, type: 'bigint' }], body)
  }

  #distinctOn({ scope }: From, body: string): WrittenQuery {
    const targets = this.#targets(scope, 0)
    const [first] = targets
    const end = `${body} order by ${ordinals(targets.length)}`
    return this.#written(`select distinct on (${first?.text}) `, targets, end)
  }

  /** At most one row. */
  #single(type: ColumnType, outer: Scope, depth: number): string {
    if (this.#choices.chance(30)) {
      const alike = this.#alike(type, outer)
      if (alike !== undefined) return alike
    }
    const query = this.#query(depth, outer, [type])
    const [column] = query.columns
    if (comparableTypes.has(type)) return `select max(${column?.name}) from (${query.text}) as m`
    return `select ${column?.name} from (${query.text}) as m order by 1 limit 1`
  }

  /** One of rows that are all the same, as LIMIT finds it. */
  #alike(type: ColumnType, outer: Scope): string | undefined {
    const name = this.#choices.pickAny(
      Object.keys(this.#tables).filter((candidate) => this.#tables[candidate]?.keys !== undefined),
    )
    const table = name === undefined ? undefined : this.#tables[name]
    if (table === undefined) return undefined
    const column = tableColumns(table).find((candidate) => candidate.type === type)
    const value = this.#expressions.column(type, { sources: [], outer })
    if (column === undefined || value === undefined) return undefined
    const alias = this.#newName('s')
    const own = `${alias}.${column.name}`
    return `select ${own} from ${name} ${alias} where ${own} = ${value} limit 1`
  }

  #anyQuery(depth: number, outer: Scope): string {
    if (this.#choices.chance(60)) {
      const name = this.#choices.pickAny(Object.keys(this.#tables)) ?? ''
      const table = this.#tables[name] ?? { columns: {}, keys: undefined }
      const alias = this.#newName('s')
      const columns: readonly ScopeColumn[] = tableColumns(table)
      const source: Source = { alias, columns }
      const [key] = requiredKeys(table, this.#choices)
      const column = key ?? this.#choices.pickAny(columns)
      const value = column && this.#expressions.column(column.type, { sources: [], outer })
      const list = this.#choices.pick(['', '*', 'count(*)', '1', 'json_arrayagg(1)'])
      const link = value === undefined ? 'true' : `${alias}.${column?.name} = ${value}`
      const more = this.#expressions.condition({ sources: [source], outer }, 0)
      return `select ${list} from ${name} ${alias} where ${link} and ${more}`
    }
    return this.#query(depth, outer, undefined).text
  }

  #limit(): string {
    const limit = this.#choices.pick([
      '',
      ' limit 3',
      ' limit 1',
      ' limit all',
      ' fetch first 2 rows with ties',
    ])
    return `${limit}${limit.includes('fetch') ? '' : this.#choices.pick(['', '', ' offset 1'])}`
  }
}

function starOf({ alias }: Source): string {
  return alias === '' ? '*' : `${alias}.*`
}

function ordinals(count: number): string {
  return Array.from({ length: count }, (_, index) => index + 1).join(', ')
}
