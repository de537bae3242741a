/**
 * Writes subqueries over one table that conditions from outside may pass into, or must not: groups, windows, DISTINCT
 * ON, set operations, first rows, and several levels of `select *`.
 */
import type { Choices } from './choices.js'
import {
  type RandomTable,
  type RandomTables,
  requiredKeys,
  type TableColumn,
  tableColumns,
} from './random-tables.js'
import type { WrittenQuery } from './written-query.js'

export interface DerivedQuery extends WrittenQuery {
  /** Outputs without whose values the table cannot be read. */
  readonly keys: readonly TableColumn[]
  /** Whether an outer join inside may leave all outputs NULL. */
  readonly isNullable?: boolean
}

export interface DerivedContext {
  readonly tables: RandomTables
  newName(prefix: string): string
  /** Conditions that give columns their values. */
  equality(text: string, column: TableColumn): string
}

/** @param whole whether it must have its keys inside */
export function derivedQuery(
  choices: Choices,
  context: DerivedContext,
  whole: boolean,
): DerivedQuery | undefined {
  const virtual = Object.keys(context.tables).filter((name) => context.tables[name]?.keys !== undefined)
  const name = choices.pickAny(virtual)
  const table = name === undefined ? undefined : context.tables[name]
  if (name === undefined || table === undefined) return undefined
  const writer = new DerivedWriter(choices, context, name, table)
  return writer.write(whole)
}

/** What is made of a column of some type, with the type that it then has, where that is another. */
type Computation = (column: string) => readonly [text: string, type?: TableColumn['type']]

const computations: Readonly<Partial<Record<TableColumn['type'], readonly Computation[]>>> = {
  inet: ['abbrev', 'host', 'text'].map(
    (name): Computation =>
      (column) => [`${name}(${column})`, 'text'],
  ),
  bigint: [(column) => [`${column}::text`, 'text'], (column) => [`${column} + 1`]],
  numeric: [(column) => [`floor(${column})`], (column) => [`${column} - 0.5`]],
  'double precision': [(column) => [`floor(${column})`]],
  text: [(column) => [`${column} || ''`], (column) => [`${column} || 'x'`], (column) => [`upper(${column})`]],
  'timestamp with time zone': [
    (column) => [`date_trunc('day', ${column})`],
    (column) => [`${column} + interval '1 hour'`],
  ],
}

class DerivedWriter {
  readonly #choices: Choices
  readonly #context: DerivedContext
  readonly #name: string
  readonly #table: RandomTable
  readonly #alias: string
  /** Those of the table's own, without the engine's, which are alike in all rows. */
  readonly #columns: readonly TableColumn[]

  constructor(choices: Choices, context: DerivedContext, name: string, table: RandomTable) {
    this.#choices = choices
    this.#context = context
    this.#name = name
    this.#table = table
    this.#alias = context.newName('d')
    this.#columns = tableColumns(table).filter((column) => table.columns[column.name] !== undefined)
  }

  write(whole: boolean): DerivedQuery {
    const needed = requiredKeys(this.#table, this.#choices)
    const kind = this.#choices.pick([
      'levels',
      'grouped',
      'windowed',
      'distinct on',
      'set operation',
      'distinct',
      'first rows',
      'first rows',
      'outer join',
      'computed',
    ] as const)
    // First rows of what the keys leave are others than those among the first rows.
    const isInside = needed.length > 0 && (whole || kind === 'first rows' || this.#choices.chance(10))
    const where = isInside
      ? ` where ${needed.map((key) => this.#context.equality(this.#own(key), key)).join(' and ')}`
      : ''
    const keys = isInside ? [] : needed
    switch (kind) {
      case 'levels':
        return this.#levels(where, keys)
      case 'grouped':
        return this.#grouped(where, keys)
      case 'windowed':
        return this.#windowed(where, keys)
      case 'distinct on':
        return this.#distinctOn(where, keys)
      case 'set operation':
        return this.#setOperation(where, keys)
      case 'distinct':
        return this.#chosen(keys, (list) => `select distinct ${list} from ${this.#from}${where}`)
      case 'outer join':
        return this.#outerJoin(needed)
      case 'computed':
        return this.#computed(where, keys)
      case 'first rows':
        return {
          text: `select * from ${this.#from}${where} order by ${this.#all}${this.#choices.pick([' limit 2', ' limit 1', ' limit 3', ' offset 1', ' fetch first 2 rows with ties'])}`,
          columns: tableColumns(this.#table),
          keys,
        }
    }
  }

  get #from(): string {
    return `${this.#name} ${this.#alias}`
  }

  /** What puts rows into one order, but for those that are the same. */
  get #all(): string {
    return this.#columns.map((column) => this.#own(column)).join(', ')
  }

  #own({ name }: TableColumn): string {
    return `${this.#alias}.${name}`
  }

  /** The keys and one or two columns more, in any order. */
  #some(keys: readonly TableColumn[]): readonly TableColumn[] {
    const left = this.#columns.filter(({ name }) => !keys.some((key) => key.name === name))
    const more = Array.from({ length: 1 + this.#choices.below(2) }, () =>
      left.splice(this.#choices.below(Math.max(left.length, 1)), 1),
    ).flat()
    return this.#choices.chance(50) ? [...keys, ...more] : [...more, ...keys]
  }

  #chosen(keys: readonly TableColumn[], write: (list: string) => string): DerivedQuery {
    const columns = this.#some(keys)
    return { text: write(columns.map((column) => this.#own(column)).join(', ')), columns, keys }
  }

  #levels(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const levels = 1 + this.#choices.below(3)
    let text = `select * from ${this.#from}${where}`
    for (let level = 1; level < levels; level++)
      text = `select * from (${text}) ${this.#context.newName('d')}`
    return { text, columns: tableColumns(this.#table), keys }
  }

  #grouped(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const groups = this.#some(keys)
    const list = groups.map((column) => this.#own(column)).join(', ')
    const by = this.#choices.pick([list, groups.map((_, index) => index + 1).join(', ')])
    const other = this.#choices.pickAny(this.#columns)
    const counted = other === undefined ? '*' : this.#own(other)
    return {
      text: `select ${list}, count(*) as n, count(distinct ${counted}) as m from ${this.#from}${where} group by ${by}`,
      columns: [...groups, { name: 'n', type: 'bigint' }, { name: 'm', type: 'bigint' }],
      keys,
    }
  }

  #windowed(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const by = this.#some(keys)
      .map((column) => this.#own(column))
      .join(', ')
    const over = this.#choices.pick([
      `count(*) over (partition by ${by})`,
      `row_number() over (partition by ${by} order by ${this.#all})`,
      `rank() over w`,
      `count(*) over ()`,
    ])
    const window = over.endsWith('w') ? ` window w as (partition by ${by} order by ${this.#all})` : ''
    return {
      text: `select ${this.#alias}.*, ${over} as n from ${this.#from}${where}${window}`,
      columns: [...tableColumns(this.#table), { name: 'n', type: 'bigint' }],
      keys,
    }
  }

  /** Outputs that are made of a column, through which conditions may be seen. */
  #computed(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const made = this.#columns.flatMap((column) => {
      const write = this.#choices.pickAny(computations[column.type] ?? [])
      if (write === undefined || this.#choices.chance(40)) return []
      const [text, type = column.type] = write(this.#own(column))
      return [{ text, output: { name: this.#context.newName('x'), type } }]
    })
    const list = made.map(({ text, output }) => `${text} as ${output.name}`)
    const distinct = this.#choices.chance(25) ? 'distinct ' : ''
    return {
      text: `select ${distinct}${[`${this.#alias}.*`, ...list].join(', ')} from ${this.#from}${where}`,
      columns: [...tableColumns(this.#table), ...made.map(({ output }) => output)],
      keys,
    }
  }

  /** The table's rows where notes have partners, and NULL where they have none. */
  #outerJoin(needed: readonly TableColumn[]): DerivedQuery {
    const note = this.#context.tables.note
    const notes = note === undefined ? [] : tableColumns(note)
    const alias = this.#context.newName('d')
    const partnerOf = ({ type }: TableColumn) =>
      this.#choices.pickAny(notes.filter((column) => column.type === type))
    const links = needed.map((key) => {
      const partner = partnerOf(key)
      return partner === undefined || this.#choices.chance(30)
        ? this.#context.equality(this.#own(key), key)
        : `${this.#own(key)} = ${alias}.${partner.name}`
    })
    const linked = this.#choices.pickAny(this.#columns.filter((column) => partnerOf(column) !== undefined))
    const partner = linked && partnerOf(linked)
    if (linked !== undefined && partner !== undefined) {
      links.push(`${this.#own(linked)} = ${alias}.${partner.name}`)
    }
    const on = links.length === 0 ? 'true' : links.join(' and ')
    const from = this.#choices.chance(75)
      ? `note ${alias} left join ${this.#from} on ${on}`
      : `${this.#from} right join note ${alias} on ${on}`
    return {
      text: `select ${this.#alias}.* from ${from}`,
      columns: tableColumns(this.#table),
      keys: [],
      isNullable: true,
    }
  }

  #distinctOn(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const by = this.#some(keys)
      .map((column) => this.#own(column))
      .join(', ')
    return {
      text: `select distinct on (${by}) * from ${this.#from}${where} order by ${by}, ${this.#all}`,
      columns: tableColumns(this.#table),
      keys,
    }
  }

  #setOperation(where: string, keys: readonly TableColumn[]): DerivedQuery {
    const columns = this.#some(keys)
    const operator = this.#choices.pick(['union all', 'union', 'except', 'intersect', 'except all'])
    const first = `select ${columns.map((column) => this.#own(column)).join(', ')} from ${this.#from}${where}`
    const note = this.#context.tables.note
    const alias = this.#context.newName('d')
    const partners = columns.map(
      ({ type }) =>
        note && this.#choices.pickAny(tableColumns(note).filter((column) => column.type === type)),
    )
    const arm = this.#choices.chance(50) && note !== undefined ? 'note' : this.#name
    const list = columns.map(({ name, type }, index) => {
      if (arm !== 'note') return `${alias}.${name}`
      const partner = partners[index]
      return partner === undefined ? `null::${type}` : `${alias}.${partner.name}`
    })
    const keysAgain =
      where === '' || arm === 'note'
        ? ''
        : ` where ${requiredKeys(this.#table, this.#choices)
            .map((key) => this.#context.equality(`${alias}.${key.name}`, key))
            .join(' and ')}`
    return {
      text: `(${first}) ${operator} (select ${list.join(', ')} from ${arm} ${alias}${keysAgain})`,
      columns,
      keys,
    }
  }
}
