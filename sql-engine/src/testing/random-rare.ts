/**
 * Writes small queries of shapes that random choices seldom come upon: each is one at which a planner may forget a rule.
 * A table stands alone or is joined to notes; rows come in any order.
 */
import { quoteLiteral } from '../parse/identifier.js'
import type { Choices } from './choices.js'
import { RareJoins } from './random-rare-joins.js'
import { type RareContext, RareParts } from './random-rare-parts.js'
import { valuesOfType } from './random-tables.js'

/** @returns undefined where no table has rows that could be linked with notes */
export function rareQuery(choices: Choices, context: RareContext): string | undefined {
  const parts = RareParts.choose(choices, context)
  return parts && new RareWriter(choices, parts).write()
}

class RareWriter {
  readonly #choices: Choices
  readonly #parts: RareParts

  constructor(choices: Choices, parts: RareParts) {
    this.#choices = choices
    this.#parts = parts
  }

  write(): string {
    const joins = new RareJoins(this.#choices, this.#parts)
    const kinds = [
      () => this.#existence(),
      () => this.#existence(),
      () => this.#existence(),
      () => this.#fromSubquery(),
      () => this.#fromSubquery(),
      () => this.#counted(),
      () => this.#counted(),
      () => joins.merged(),
      () => joins.filled(),
      () => joins.filled(),
      () => joins.looselyJoined(),
      () => joins.repeating(),
      () => joins.repeating(),
      () => joins.repeating(),
      () => this.#wholeRows(),
      () => this.#failing(),
      () => this.#failing(),
      () => this.#ofTwoTypes(),
      () => this.#named(),
      () => this.#sorted(),
      () => this.#sorted(),
    ] as const
    return this.#choices.pick(kinds)()
  }

  /** Rows of the table, by whether notes have something to do with them. */
  #existence(): string {
    const { name, key, partner } = this.#parts
    const other = this.#parts.ofNote()
    const rows = this.#choices.pick([
      `select 1 from note n where ${this.#parts.link} having count(*) ${this.#choices.pick(['= 0', '> 1', '>= 0'])}`,
      `select count(*) from note n where ${this.#parts.link}`,
      `select from note n left join note m on m.${partner.name} = n.${partner.name} and ${this.#parts.link}`,
      `select from note n where ${this.#parts.link} group by ${other} having count(*) > 1`,
      `select from note n where ${this.#parts.link} group by rollup (${other})`,
      `select from note n where ${this.#parts.link} limit 1 offset 1`,
      `select from note m right join note n on ${this.#parts.link} and m.${partner.name} is not null`,
      `select from note n where ${this.#parts.link} and ${this.#parts.noteCondition('n')}`,
    ])
    const not = this.#choices.pick(['', '', '', 'not '])
    if (this.#choices.chance(15)) {
      const list = `select n.${partner.name} from note n`
      const sign = this.#choices.pick(['in', 'not in', '= any', '<> all'])
      return `select s.* from ${name} s${this.#parts.where(`s.${key.name} ${sign} (${list})`)}`
    }
    return `select s.* from ${name} s${this.#parts.where(`${not}exists (${rows})`)}`
  }

  /** Conditions on what a subquery yields that may not pass into it, or may. */
  #fromSubquery(): string {
    const { name, own } = this.#parts
    const all = own.map((column) => `s.${column.name}`).join(', ')
    const first = this.#parts.any()
    const second = this.#parts.any()
    const rows = this.#choices.pick([
      `select * from ${name} s${this.#parts.where()} order by ${all} offset 1`,
      `select * from ${name} s${this.#parts.where()} order by ${all} limit 3`,
      `select ${all}, count(*) as n from ${name} s${this.#parts.where()} group by rollup (${all})`,
      `select ${all}, count(*) as n from ${name} s${this.#parts.where()} group by grouping sets ((${all}), (${first}), ())`,
      `select distinct on (${first}) * from ${name} s${this.#parts.where()} order by ${first}, ${all}`,
      `select s.*, row_number() over (partition by ${first} order by ${all}) as n from ${name} s${this.#parts.where()}`,
      `select s.*, count(*) over (partition by ${first}, ${second}) as n from ${name} s${this.#parts.where()}`,
      `select s.*, sum(1) over (order by ${all}) as n from ${name} s${this.#parts.where()}`,
      `select s.*, generate_series(1, 2) as n from ${name} s${this.#parts.where()}`,
    ])
    if (this.#choices.chance(20)) {
      const cte = this.#choices.pick(['q', name])
      return `with ${cte} as (${rows}) select * from ${cte} q where ${this.#parts.condition('q')}`
    }
    if (this.#choices.chance(20)) {
      return `with q as (select * from ${name} s${this.#parts.where()}) select p.* from q, q p where ${this.#parts.condition('q')}`
    }
    const list = this.#choices.pick(['q.*', 'count(*)', `q.${this.#parts.key.name}`])
    return `select ${list} from (${rows}) q where ${this.#parts.condition('q')}`
  }

  /** How many rows LIMIT leaves: their number does not depend on which they are. */
  #counted(): string {
    const { name } = this.#parts
    const limit = this.#choices.pick([
      'limit 1',
      'limit 2',
      'limit 3',
      'limit 2 offset 1',
      'limit 1 offset 2',
    ])
    const conditions = this.#choices.pick([
      [],
      [this.#parts.condition()],
      [this.#parts.condition(), this.#parts.condition()],
    ])
    const where = this.#parts.where(...conditions)
    const rows = this.#choices.pick([
      `select ${this.#parts.any()} from ${name} s${where} ${limit}`,
      `select distinct ${this.#parts.any()} from ${name} s${where} ${limit}`,
      `select ${this.#parts.key.name} from ${name} s${where} group by ${this.#parts.key.name} ${limit}`,
      `select n.* from ${name} s, note n${this.#parts.where(this.#parts.link, ...conditions)} ${limit}`,
      `select n.* from note n left join ${this.#parts.table} on ${this.#parts.link} ${limit}`,
      `select count(*) over () from ${name} s${where} ${limit}`,
      `select ${this.#parts.any()} from ${name} s${where} and ${this.#parts.any()} is not null ${limit}`.replace(
        / s and /,
        ' s where ',
      ),
    ])
    return `select count(*) from (${rows}) q`
  }

  /** Rows as wholes, and names that may be of rows. */
  #wholeRows(): string {
    const { name, key } = this.#parts
    const rows = this.#choices.pick([
      `${name} s${this.#parts.where()}`,
      `(select * from ${name} s${this.#parts.where()}) s`,
      `note n left join ${this.#parts.table} on ${this.#parts.link}`,
    ])
    return this.#choices.pick([
      `select s::text from ${rows}`,
      `select to_jsonb(s) from ${rows}`,
      `select row_to_json(s)::text from ${rows}`,
      `select (s).${key.name} from ${rows}`,
      `select count(s), count(distinct s) from ${rows}`,
      `select distinct s::text from ${rows}`,
      `select s is null from ${rows}`,
      `select x::text from (select s as x from ${rows}) q`,
      `select ${key.name}(s) from ${rows}`,
    ])
  }

  /** Expressions that fail for some rows, whether anybody reads them or not. */
  #failing(): string {
    const { name } = this.#parts
    const number = `(length(${this.#parts.any()}::text) - ${this.#choices.pick(['1', '2', '3'])})`
    const fails = this.#choices.pick([
      `1 / ${number}`,
      `sqrt(${number})`,
      `${this.#parts.any()}::text::bigint`,
    ])
    const rows = `${name} s${this.#parts.where()}`
    return this.#choices.pick([
      `select count(*) from (select ${fails} as x from ${rows} order by 1 limit 2) q`,
      `select count(*) from (select distinct ${fails} as x from ${rows}) q`,
      `select n from (select count(${fails}) as x, count(*) as n from ${rows}) q`,
      `select n from (select max(${fails}) as x, count(*) as n from ${rows}) q`,
      `select n from (select count(*) filter (where ${fails} > 0) as x, count(*) as n from ${rows}) q`,
      `select count(*) from (select ${this.#parts.any()} as x from ${rows} group by ${this.#parts.any()}, ${fails}) q`,
      `select n.* from note n where exists (select ${fails} from ${rows})`,
      `select s.* from ${rows} order by ${fails} limit 100`,
      `select count(*) from (select generate_series(1, 2) as x, ${this.#parts.any()} as y from ${rows}) q`,
    ])
  }

  /** Values of one type where there were two. */
  #ofTwoTypes(): string {
    const { name, own } = this.#parts
    const wide: Readonly<Record<string, readonly string[]>> = {
      bigint: ['1.5::numeric', '2.5::float8', '2::int4'],
      numeric: ['2::bigint', '2.5::float8'],
      inet: ["'10.0.0.0/8'::cidr"],
      cidr: ["'10.0.0.1/8'::inet"],
      date: ["timestamptz '2022-07-06 20:38:09Z'", "timestamp '2022-07-06 20:38:09'"],
      'timestamp with time zone': ["date '2022-07-06'", "timestamp '2022-07-06 20:38:09'"],
      'double precision': ['1::bigint', '0.1::real'],
    }
    const column =
      this.#choices.pickAny(own.filter(({ type }) => wide[type] !== undefined)) ?? this.#parts.key
    const other = this.#choices.pickAny(wide[column.type] ?? []) ?? this.#parts.value(column.type)
    const operator = this.#choices.pick(['=', '<', '>', '<=', '>=', '<>'])
    const rows = `select s.${column.name} as x from ${name} s${this.#parts.where()}`
    const union = this.#choices.pick([
      `${rows} union all select ${other}`,
      `select ${other} as x union all ${rows}`,
    ])
    const bound = this.#choices.pick([
      other,
      quoteLiteral(this.#choices.pickAlike(valuesOfType[column.type])),
    ])
    const sides = ['v.x', `s.${column.name}`] as const
    return this.#choices.pick([
      `select * from (${union}) q where q.x ${operator} ${bound}`,
      `select * from (select case when s.${column.name} is null then ${other} else s.${column.name} end as x from ${name} s${this.#parts.where()}) q where q.x ${operator} ${bound}`,
      `select * from (values (${other}), (${other})) v (x) join ${name} s on ${sides.join(' = ')}${this.#parts.given.length === 0 ? '' : ` and ${this.#parts.given.join(' and ')}`} where ${this.#choices.pick(sides)} ${operator} ${bound}`,
    ])
  }

  /** Names that something nearer has, too. */
  #named(): string {
    const { name, key, partner } = this.#parts
    const given = this.#parts.given.length === 0 ? '' : ` and ${this.#parts.given.join(' and ')}`
    const json = JSON.stringify([{ [partner.name]: this.#choices.pick(valuesOfType[key.type]) }])
    return this.#choices.pick([
      `select n.* from note n where exists (select from ${name} s, json_to_recordset(${quoteLiteral(json)}) as f (${partner.name} ${key.type}) where s.${key.name} = ${partner.name}${given})`,
      `with ${name} as (select * from ${name} s${this.#parts.where()}) select * from ${name} s where ${this.#parts.condition()}`,
      `select max(${this.#parts.any()}::text) as ${key.name} from ${name} s${this.#parts.where()} group by ${key.name}`,
      `select ${this.#parts.any()}::text as ${key.name} from ${name} s${this.#parts.where()} order by ${key.name}`,
      `select x from unnest(array[${this.#parts.value()}, ${this.#parts.value()}]) x where exists (select from unnest(array[${this.#parts.value()}]) x join ${name} s on s.${key.name} = x${given})`,
      `select (select max(s.${key.name}::text) from ${name} s where s.${key.name} = n.${partner.name}${given}) as ${partner.name} from note n order by ${partner.name}`,
    ])
  }

  /** The first rows of an order that decides, of which not all need be read. */
  #sorted(): string {
    const { name, key, own } = this.#parts
    const all = own.map((column) => `s.${column.name}`)
    const fixed = this.#choices.pick([
      [],
      [`s.${key.name} = ${this.#parts.value()}`],
      [`s.${key.name} in (${this.#parts.value()}, ${this.#parts.value()})`],
      [this.#parts.condition()],
    ])
    const start = this.#choices.below(all.length)
    const order = [`s.${key.name}`, ...all.slice(start), ...all.slice(0, start)]
    const from = this.#choices.pick([
      `${name} s${this.#parts.where(...fixed)}`,
      `note n left join ${this.#parts.table} on ${this.#parts.link}${fixed.length === 0 ? '' : ` where ${fixed.join(' and ')}`}`,
    ])
    const limit = this.#choices.pick([
      ' limit 2',
      ' limit 3',
      ' fetch first 2 rows with ties',
      ' limit 1 offset 1',
      ' offset 2',
    ])
    const list = this.#choices.pick([
      this.#parts.any(),
      `${this.#parts.any()}, ${this.#parts.any()}`,
      `${this.#parts.any()}, generate_series(1, 2)`,
      `${this.#parts.any()}, rank() over (order by ${all.join(', ')})`,
    ])
    const by = this.#choices.pick([
      order.join(', '),
      order.map((item) => `${item} desc`).join(', '),
      [`s.${key.name} is null`, ...order].join(', '),
      [`sp_connection_name`, ...order].join(', '),
    ])
    return `select * from (select ${list} from ${from} order by ${by}${limit}) q`
  }
}
