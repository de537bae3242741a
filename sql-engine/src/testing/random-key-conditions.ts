/** Writes conditions that an API may know, on a column, and those that look as if it knew them. */
import type { ColumnType, Operator } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../parse/identifier.js'
import type { Choices } from './choices.js'
import { valuesOfType } from './random-tables.js'

export interface WrittenColumn {
  readonly text: string
  readonly type: ColumnType
  /** What an API takes of the column, where it is one of a virtual table, whatever stands between. */
  readonly operators?: readonly Operator[] | undefined
}

/** What a condition on a key is made of besides. */
export interface KeyConditionContext {
  /** A constant that compares with a type. */
  constant(type: ColumnType): string
  /** Another condition of the same rows, which may say nothing of any key. */
  other(): string
}

type Write = (operand: string) => string

/** Expressions that rise or fall with a value, keep it, or are its text. None fails for any value of the tests. */
const wrappings: Readonly<Record<ColumnType, readonly [Write, ...Write[]]>> = {
  'timestamp with time zone': [
    (time) => `date_trunc('day', ${time})`,
    (time) => `${time}::date`,
    (time) => `extract(epoch from ${time})`,
    (time) => `${time} + interval '1 hour'`,
    (time) => `${time} - interval '1 month 2 days'`,
    (time) => `${time} at time zone 'UTC'`,
    (time) => `${time} at time zone 'Asia/Kathmandu'`,
    (time) => `cast(${time} as timestamp)`,
    (time) => `to_char(${time}, 'YYYY-MM-DD HH24:MI:SS')`,
    (time) => `date_trunc('hour', ${time}, 'Europe/Berlin')`,
    (time) => `date_trunc('month', ${time}::timestamp)`,
    (time) => `date_bin('15 minutes', ${time}, timestamptz '2001-01-01')`,
    (time) => `floor(extract(epoch from ${time}) / 3600)`,
    (time) => `timestamptz '2022-07-08 00:00+02' - ${time}`,
    (time) => `to_char(${time}, 'DD.MM.YYYY')`,
    (time) => `extract(hour from ${time})`,
    (time) => `extract(year from ${time})`,
  ],
  bigint: [
    (number) => `${number} + 1`,
    (number) => `${number} / 2`,
    (number) => `10 - ${number}`,
    (number) => `${number} * -2`,
    (number) => `floor(${number} / 2.0)`,
    (number) => `${number}::numeric`,
    (number) => `${number}::text`,
    (number) => `${number} % 2`,
    (number) => `abs(${number})`,
  ],
  numeric: [
    (number) => `floor(${number})`,
    (number) => `round(${number})`,
    (number) => `ceil(${number}) - 1`,
    (number) => `trunc(${number} / 0.3)`,
    (number) => `-1 * ${number}`,
    (number) => `round(${number}, 1)`,
  ],
  'double precision': [(number) => `${number} + 1`, (number) => `${number} * 2`, (number) => `-${number}`],
  text: [
    (text) => `${text} collate "C"`,
    (text) => `${text} collate "en-x-icu"`,
    (text) => `${text}::varchar`,
    (text) => `${text}::text`,
    (text) => `lower(${text})`,
    (text) => `${text} || ''`,
    (text) => `left(${text}, 1)`,
    (text) => `${text}::varchar(2)`,
  ],
  inet: [
    (address) => `host(${address})`,
    (address) => `text(${address})`,
    (address) => `abbrev(${address})`,
    (address) => `${address}::text`,
  ],
  cidr: [
    (network) => `text(${network})`,
    (network) => `abbrev(${network})`,
    (network) => `${network}::inet`,
    (network) => `host(${network})`,
  ],
  date: [
    (day) => `${day} + 1`,
    (day) => `${day}::timestamp`,
    (day) => `${day}::timestamptz`,
    (day) => `date_trunc('month', ${day})`,
    (day) => `date '2022-07-09' - ${day}`,
  ],
  boolean: [(flag) => `${flag} is true`, (flag) => `not ${flag}`, (flag) => `coalesce(${flag}, false)`],
  uuid: [(token) => `${token}::text`],
  jsonb: [(json) => `${json}::text`, (json) => `${json} -> 'a'`],
}

const orderOperators: readonly [string, ...string[]] = ['<', '>', '<=', '>=', '<>', '=']

export class KeyConditionWriter {
  readonly #choices: Choices
  readonly #context: KeyConditionContext

  constructor(choices: Choices, context: KeyConditionContext) {
    this.#choices = choices
    this.#context = context
  }

  /** @param others columns of the same rows, for conditions on two at once */
  condition(column: WrittenColumn, others: readonly WrittenColumn[]): string {
    const plain = this.#plain(column, others)
    switch (this.#choices.below(9)) {
      case 6:
        return `not (${plain})`
      case 7:
        return `(${plain}) ${this.#choices.pick(['is true', 'is not true', 'is false', 'is not false', 'is unknown', '= false', '= true', '<> true'])}`
      case 8:
        return `not (not (${plain}) or ${this.#context.other()})`
      default:
        return plain
    }
  }

  /** On something that is made of the column. */
  wrapped({ text, type }: WrittenColumn): string {
    return this.#wrapped(text, type, this.#choices.pick(orderOperators))
  }

  /** Gives one value or a few, or seems to. */
  equality({ text, type }: WrittenColumn): string {
    const value = () => this.#typed(type)
    switch (this.#choices.below(10)) {
      case 0:
        return `${text} is not distinct from ${this.#constant(type)}`
      case 1: {
        const one = value()
        return `${text} between ${one} and ${one}`
      }
      case 2: {
        const one = value()
        return `${text} >= ${one} and ${text} <= ${one}`
      }
      case 3:
        return `not (${text} <> ${this.#constant(type)})`
      case 4:
        return `${text} = (array[${value()}, ${value()}])[1]`
      case 5:
        return `${text} = case when true then ${value()} else ${value()} end`
      case 6:
        return `(${text} = ${this.#constant(type)} or ${text} = ${this.#constant(type)} or ${text} = ${value()})`
      case 7:
        return type === 'text' ? `${text} like ${this.#pattern(true)}` : this.#wrapped(text, type, '=')
      case 8:
        return `${text} = any (array[${value()}])`
      default:
        return this.#wrapped(text, type, '=')
    }
  }

  #plain(column: WrittenColumn, others: readonly WrittenColumn[]): string {
    const { text, type } = column
    switch (this.#choices.below(15)) {
      case 4:
      case 5:
        return this.#between(text, type)
      case 6:
      case 7:
      case 14:
        return this.#rowWise(column, others)
      case 8:
        return this.#arms(column, others)
      case 9:
      case 10:
        return this.#wrapped(text, type, this.#choices.pick(orderOperators))
      case 11:
        return `${text} is ${this.#choices.pick(['distinct', 'not distinct'])} from ${this.#constant(type)}`
      case 12:
        return this.#choices.pick([
          `${text} in (${this.#constant(type)}, ${this.#constant(type)})`,
          `${text} not in (${this.#constant(type)}, ${this.#constant(type)})`,
          `${text} <> all (array[${this.#typed(type)}, ${this.#typed(type)}])`,
          `${text} >= ${this.#constant(type)} and ${text} < ${this.#constant(type)}`,
          `${text} ${this.#choices.pick([...orderOperators, '<>', '<>'])} any (array[${this.#typed(type)}, ${this.#typed(type)}])`,
        ])
      case 13:
        return this.equality(column)
      default:
        return this.#declared(column)
    }
  }

  /** By an operator that the API takes, either side round. */
  #declared({ text, type, operators = [] }: WrittenColumn): string {
    const operator = this.#choices.pickAny(operators) ?? '='
    if (operator.startsWith('is')) return `${text} ${operator}`
    if (/~/.test(operator)) return `${text} ${operator} ${this.#pattern(!/^!?~\*?$/.test(operator))}`
    const isCommuted = this.#choices.chance(40)
    const constant = this.#constant(type)
    return isCommuted
      ? `${constant} ${commuted[operator] ?? operator} ${text}`
      : `${text} ${operator} ${constant}`
  }

  /** Mostly of what there is between its bounds, which stand the other way round only where that does not matter. */
  #between(text: string, type: ColumnType): string {
    const operator = this.#choices.pick(['between', 'between', 'not between', 'between symmetric'])
    if (this.#choices.chance(20)) {
      return `${text} ${operator} ${this.#constant(type)} and ${this.#constant(type)}`
    }
    const bounds = [this.#value(type), this.#value(type)].sort(inOrderOf(type))
    if (operator === 'between symmetric') bounds.reverse()
    const [first = '', second = ''] = bounds
    return `${text} ${operator} ${quoteLiteral(first)} and ${quoteLiteral(second)}`
  }

  /** Of two columns at once, in their order. */
  #rowWise(column: WrittenColumn, others: readonly WrittenColumn[]): string {
    const other = this.#choices.pickAny(others.filter(({ text }) => text !== column.text)) ?? column
    const [first, second] = this.#choices.chance(70) ? [column, other] : [other, column]
    const row = () => `(${this.#typed(first.type)}, ${this.#typed(second.type)})`
    const own = `(${first.text}, ${second.text})`
    const operator = this.#choices.pick([
      '<',
      '>',
      '<=',
      '>=',
      '<',
      '>',
      '=',
      '<>',
      'in',
      'is not distinct from',
    ])
    if (operator === 'in') return `${own} in (${row()}, ${row()})`
    return this.#choices.chance(30) && operator !== 'is not distinct from'
      ? `${row()} ${operator} ${own}`
      : `${own} ${operator} ${row()}`
  }

  /** Three of them, of which one may say nothing of the column. */
  #arms({ text, type }: WrittenColumn, others: readonly WrittenColumn[]): string {
    const arms = [
      `${text} = ${this.#constant(type)}`,
      `${text} ${this.#choices.pick(['=', '=', '>', '<'])} ${this.#constant(type)}`,
    ]
    const third = this.#choices.pick([
      () => this.#context.other(),
      // A column of another type is never that text, and the condition always true.
      () =>
        type === 'text'
          ? `coalesce(${text}::text, '') <> 'a'`
          : `coalesce(${text}, ${this.#typed(type)}) <> ${this.#constant(type)}`,
      () => `coalesce(${(this.#choices.pickAny(others) ?? { text }).text}::text, '') > 't1'`,
      () => `${text} = ${this.#typed(type)}`,
    ])()
    arms.splice(this.#choices.below(3), 0, third)
    return `(${arms.join(' or ')})`
  }

  /** What is made of the column, compared with what is made of a value in the same way. */
  #wrapped(text: string, type: ColumnType, operator: string): string {
    const wrap = this.#choices.pick(wrappings[type])
    const own = wrap(text)
    const value = wrap(this.#typed(type))
    if (this.#choices.chance(15)) {
      const between = this.#choices.pick(['between', 'between symmetric'])
      return `${own} ${between} ${value} and ${wrap(this.#typed(type))}`
    }
    return this.#choices.chance(25) ? `${value} ${operator} ${own}` : `${own} ${operator} ${value}`
  }

  #constant(type: ColumnType): string {
    return this.#choices.chance(60) ? quoteLiteral(this.#value(type)) : this.#context.constant(type)
  }

  #typed(type: ColumnType): string {
    return `${quoteLiteral(this.#value(type))}::${type}`
  }

  #value(type: ColumnType): string {
    return this.#choices.pickAlike(valuesOfType[type])
  }

  #pattern(isLike: boolean): string {
    const pattern = this.#choices.pick([
      't1',
      't%',
      't_',
      'a',
      '%1',
      'T_',
      '_',
      '1.1.1.1',
      "o'x",
      't\\_',
      '%',
    ])
    const expression = this.#choices.pick(['^t1$', '^t', '1$', 'T', '^(t1|a)$', '^$', '.'])
    return quoteLiteral(isLike ? pattern : expression)
  }
}

/** Compares values as these tests write them, as PostgreSQL does by and large. */
function inOrderOf(type: ColumnType): (one: string, other: string) => number {
  const isNumber = type === 'bigint' || type === 'numeric' || type === 'double precision'
  return (one, other) => (isNumber ? Number(one) - Number(other) : one < other ? -1 : one > other ? 1 : 0)
}

const commuted: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
