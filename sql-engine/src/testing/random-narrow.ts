/**
 * Writes small queries that turn on one condition: most rows of the table would come, so that one that is left out is
 * missed. Their shapes are those at which a planner may take a condition, or a column, for more than it says.
 */
import type { Choices } from './choices.js'
import type { ExpressionWriter, Scope, ScopeColumn } from './random-expression.js'
import type { WrittenColumn } from './random-key-conditions.js'
import { type RandomTable, type RandomTables, requiredKeys, tableColumns } from './random-tables.js'

export interface NarrowContext {
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter
  newName(prefix: string): string
}

/** @returns a query whose rows come in any order; undefined where no table is virtual */
export function narrowQuery(choices: Choices, context: NarrowContext): string | undefined {
  const { tables } = context
  const name = choices.pickAny(Object.keys(tables).filter((one) => tables[one]?.keys !== undefined))
  const table = name === undefined ? undefined : tables[name]
  if (name === undefined || table === undefined) return undefined
  return new NarrowWriter(choices, context, name, table).write()
}

class NarrowWriter {
  readonly #choices: Choices
  readonly #context: NarrowContext
  readonly #name: string
  readonly #alias: string
  /** Columns of the table's own, as the query calls them. */
  readonly #columns: readonly WrittenColumn[]
  readonly #scope: Scope
  readonly #needed: readonly WrittenColumn[]

  constructor(choices: Choices, context: NarrowContext, name: string, table: RandomTable) {
    this.#choices = choices
    this.#context = context
    this.#name = name
    this.#alias = context.newName('s')
    const own = tableColumns(table).filter((column) => table.columns[column.name] !== undefined)
    this.#columns = own.map((column) => this.#written(column, this.#alias))
    this.#scope = { sources: [{ alias: this.#alias, columns: own }], outer: undefined }
    this.#needed = requiredKeys(table, choices).map((column) => this.#written(column, this.#alias))
  }

  write(): string {
    const from = `select ${this.#outputs()} from ${this.#from}`
    return this.#choices.pick([
      () => `${from} where ${this.#where(this.#condition())}`,
      () => `${from} where ${this.#where(this.#condition())}`,
      () => `${from} where ${this.#where(this.#combined())}`,
      () => `${from} where ${this.#where(this.#combined())}`,
      () => `${from} where ${this.#where(this.#wrapped())}`,
      () => `${from} where ${this.#where(this.#wrapped())}`,
      () => `${from} where ${this.#where(this.#wrapped())}`,
      () => `${from} where ${this.#where(this.#wrapped())}`,
      () => this.#inSubquery(),
      () => this.#grouped(),
      () => this.#rolledUp(),
      () => this.#existing(),
      () => this.#joined(),
      () => this.#joined(),
      () => this.#scalar(),
    ])()
  }

  get #from(): string {
    return `${this.#name} ${this.#alias}`
  }

  #written({ name, type, operators }: ScopeColumn, alias: string): WrittenColumn {
    return { text: `${alias}.${name}`, type, operators }
  }

  #any(): WrittenColumn {
    return this.#choices.pickAny(this.#columns) ?? { text: '1', type: 'bigint' }
  }

  #key(): WrittenColumn {
    const keys = this.#columns.filter(({ operators }) => operators !== undefined)
    return this.#choices.pickAny(keys) ?? this.#any()
  }

  #condition(): string {
    return this.#context.expressions.keyCondition(this.#key(), this.#scope)
  }

  #wrapped(): string {
    // By bounds, if an API takes any.
    const bounded = this.#columns.filter(({ operators = [] }) =>
      operators.some((one) => /^[<>]=?$/.test(one)),
    )
    const column = this.#choices.pickAny(bounded) ?? this.#key()
    return this.#context.expressions.wrappedCondition(column, this.#scope)
  }

  #combined(): string {
    const one = this.#condition()
    const other = this.#condition()
    return this.#choices.pick([
      `(${one} or ${other})`,
      `not (${one} and ${other})`,
      `(${one} or ${other}) is not true`,
      `(${one} or ${this.#choices.pick(['false', '1 = 0', 'null'])})`,
      `(${one}) is not distinct from (${other})`,
      `(${one} or not (${other}))`,
      `case when ${one} then ${other} else true end`,
      `(${one} or (${other} and ${this.#condition()}))`,
    ])
  }

  /** What the table has to be given, in few values or in many, and a condition. */
  #where(condition: string): string {
    return [...this.#given(), condition].join(' and ')
  }

  #given(): readonly string[] {
    const { expressions } = this.#context
    return this.#needed.map(({ text, type }) => `${text} in (${expressions.constants(type, 5)})`)
  }

  #outputs(): string {
    if (this.#choices.chance(30)) return this.#choices.pick(['*', `${this.#alias}.*`])
    const columns = Array.from({ length: 1 + this.#choices.below(3) }, () => this.#any().text)
    return columns.join(', ')
  }

  #inSubquery(): string {
    const given = this.#given()
    const inside = given.length === 0 ? '' : ` where ${given.join(' and ')}`
    const list = this.#choices.pick(['*', `distinct *`, '*'])
    return `select ${this.#outputs()} from (select ${list} from ${this.#from}${inside}) ${this.#alias} where ${this.#condition()}`
  }

  /** Groups by a column whose name is that of another output. */
  #grouped(): string {
    const [one, other] = [this.#any(), this.#any()]
    const bare = other.text.split('.').at(-1) ?? other.text
    const given = this.#given()
    const where = given.length === 0 ? '' : ` where ${given.join(' and ')}`
    const having = this.#choices.chance(40) ? ` having ${one.text} is not null or count(*) > 1` : ''
    return `select ${one.text} as x, count(*) as ${bare} from ${this.#from}${where} group by ${one.text}, ${bare}${having}`
  }

  /** Groups of groups, whose columns are NULL where they are of several values. */
  #rolledUp(): string {
    const [one, other] = [this.#key(), this.#key()]
    const given = this.#given()
    const where = given.length === 0 ? '' : ` where ${given.join(' and ')}`
    const sets = this.#choices.pick([
      `rollup (${one.text})`,
      `rollup (${one.text}, ${other.text})`,
      `cube (${one.text})`,
      `grouping sets ((${one.text}), ())`,
    ])
    const having = this.#choices.pick([
      `${one.text} is null`,
      this.#context.expressions.keyCondition(one, { sources: [], outer: undefined }),
    ])
    return `select ${one.text}, count(*) from ${this.#from}${where} group by ${sets} having ${having}`
  }

  /** Rows of notes that have rows of the table, or have none. */
  #existing(): string {
    const not = this.#choices.pick(['', 'not '])
    const { note, link } = this.#linked()
    const rows = this.#choices.pick([
      `select from ${this.#from} where ${this.#where(`${link} and ${this.#condition()}`)}`,
      `select count(*) from ${this.#from} where ${this.#where(`${link} and ${this.#condition()}`)}`,
      `select max(${this.#any().text}::text) from ${this.#from} where ${this.#where(link)} having count(*) > 1`,
      `select from ${this.#from} where ${this.#where(link)} limit 1 offset 1`,
      `select from note m left join ${this.#from} on ${this.#where(this.#condition())} where ${link}`,
    ])
    return `select ${note}.* from note ${note} where ${not}exists (${rows})`
  }

  /** A join with notes whose condition says something of one side. */
  #joined(): string {
    const { note, link } = this.#linked()
    const word = this.#choices.pick(['left join', 'right join', 'join', 'full join', 'left join'])
    const [own, given] = [this.#from, this.#given()]
    const kept =
      given.length === 0 ? own : `(select * from ${own} where ${given.join(' and ')}) ${this.#alias}`
    const on = word === 'full join' ? link : `${link} and ${this.#condition()}`
    const where = this.#choices.pick([
      '',
      '',
      ` where ${this.#key().text} is null`,
      ` where ${this.#condition()}`,
    ])
    const list = this.#choices.pick([
      `${note}.*, ${this.#outputs()}`,
      `${note}.*, ${this.#any().text}`,
      `count(*), count(${this.#any().text})`,
      `count(distinct ${note}.*)`,
    ])
    const [left, right] = this.#choices.chance(50) ? [`note ${note}`, kept] : [kept, `note ${note}`]
    return `select ${list} from ${left} ${word} ${right} on ${on}${where}`
  }

  /** A condition that links the table's rows with those of notes. */
  #linked(): { readonly note: string; readonly link: string } {
    const alias = this.#context.newName('s')
    const { note } = this.#context.tables
    const notes = note === undefined ? [] : tableColumns(note).map((column) => this.#written(column, alias))
    const pairs = this.#columns.flatMap((one) =>
      notes.flatMap((other) => (other.type === one.type ? [[one, other] as const] : [])),
    )
    const [one, other] = this.#choices.pickAny(pairs) ?? []
    const link = one === undefined || other === undefined ? 'true' : `${one.text} = ${other.text}`
    return { note: alias, link }
  }

  #scalar(): string {
    const { note, link } = this.#linked()
    const value = this.#choices.pick([
      'count(*)',
      `max(${this.#any().text}::text)`,
      `min(${this.#any().text}::text)`,
    ])
    return `select ${note}.*, (select ${value} from ${this.#from} where ${this.#where(`${link} and ${this.#condition()}`)}) from note ${note}`
  }
}
