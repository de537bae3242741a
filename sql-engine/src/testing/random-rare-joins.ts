/** Writes joins of shapes that random choices seldom come upon, at which a planner may forget a rule. */
import type { Choices } from './choices.js'
import type { RareParts } from './random-rare-parts.js'

export class RareJoins {
  readonly #choices: Choices
  readonly #parts: RareParts

  constructor(choices: Choices, parts: RareParts) {
    this.#choices = choices
    this.#parts = parts
  }

  /** Columns that joins merge, which are those of either side. */
  merged(): string {
    const { key, partner } = this.#parts
    const word = this.#choices.pick(['right join', 'full join', 'left join', 'join'])
    const notes = `(select ${partner.name} as ${key.name} from note) n`
    const values = `(values (${this.#parts.value()}), (${this.#parts.value()})) v (${key.name})`
    const list = this.#choices.pick(['*', key.name, `${key.name}, ${this.#parts.any()}`])
    return this.#choices.pick([
      `select ${list} from ${values} ${word} ${notes} using (${key.name}) join ${this.#parts.name} s using (${key.name})`,
      `select ${list} from ${this.#parts.table} ${word} ${notes} using (${key.name})`,
      `select ${list} from ${notes} ${word} ${this.#parts.table} using (${key.name}) where ${key.name} = ${this.#parts.value()}`,
      `select ${list} from ${notes} natural ${word === 'full join' ? 'join' : word} ${this.#parts.table}`,
    ])
  }

  /** What NULL of an outer join fulfils. */
  filled(): string {
    const { key, partner, name } = this.#parts
    const pair = `m.${partner.name} = n.${partner.name}`
    const nulls = this.#choices.pick([
      `${this.#parts.any()} is null`,
      `s.${key.name} is null`,
      `s.${key.name} is not distinct from ${this.#choices.pick(['null', `n.${partner.name}`])}`,
      `coalesce(s.${key.name}::text, 'none') = 'none'`,
      `not (s.${key.name} is not null)`,
      `(s.${key.name} = ${this.#parts.value()}) is not true`,
      this.#parts.condition(),
    ])
    return this.#choices.pick([
      `select n.*, s.${key.name} from note n left join note m on ${pair} and ${this.#parts.noteCondition('m')} cross join ${this.#parts.table} where s.${key.name} is not distinct from m.${partner.name}`,
      `select * from note n left join (note m left join ${this.#parts.table} on s.${key.name} = m.${partner.name}) on ${pair} where ${nulls}`,
      `select * from note n left join (note m join ${this.#parts.table} on s.${key.name} = m.${partner.name}) on ${pair} where ${nulls}`,
      `select * from note n left join ${this.#parts.table} on ${this.#parts.link} where ${nulls}`,
      `select * from (select n.*, s.${key.name} as k from note n left join ${this.#parts.table} on ${this.#parts.link}) q where ${nulls.replaceAll(/\bs\.\w+/g, 'q.k').replaceAll('n.', 'q.')}`,
      `select * from ${this.#parts.table} right join note n on ${this.#parts.link} and ${this.#parts.condition()} where ${nulls}`,
      `select n.*, s.* from note n left join ${name} s on false where ${nulls}`,
      `select n.*, s.* from ${this.#parts.table} left join note n on ${this.#choices.pick(['false', 'null', this.#parts.condition()])}`,
    ])
  }

  /** Keys from rows of which not all that an outer join says is true. */
  looselyJoined(): string {
    const { key, partner, name } = this.#parts
    const pair = `m.${partner.name} = n.${partner.name}`
    const left = `note n left join note m on ${pair}`
    const on = `s.${key.name} = `
    const given = this.#parts.given.length === 0 ? '' : ` and ${this.#parts.given.join(' and ')}`
    return this.#choices.pick([
      `select n.*, s.* from ${left} and ${this.#parts.noteCondition('n')} join ${name} s on ${on}n.${partner.name}${given}`,
      `select n.*, s.* from ${left} and ${this.#parts.noteCondition('m')} join ${name} s on ${on}n.${partner.name}${given} where m.${partner.name} is null`,
      `select n.*, s.* from ${left} and ${this.#parts.noteCondition('m')} join ${name} s on ${on}coalesce(m.${partner.name}, ${this.#parts.value()})${given}`,
      `select n.*, s.* from note n left join (values (${this.#parts.value()})) v (x) on v.x = n.${partner.name} join ${name} s on ${on}n.${partner.name}${given} where coalesce(v.x, ${this.#parts.value()}) = n.${partner.name}`,
      `select n.*, s.* from note n join note m on m.${partner.name} is not distinct from n.${partner.name} join ${name} s on ${on}m.${partner.name}${given}`,
    ])
  }

  /** What a join that only repeats rows leaves as it is, or does not. */
  repeating(): string {
    const { key, partner } = this.#parts
    const on = this.#choices.pick([
      this.#parts.link,
      `${this.#parts.link} and ${this.#parts.condition()}`,
      'true',
      `1 / (length(${this.#parts.ofNote()}::text) - 1) >= 0`,
    ])
    const from = this.#choices.pick([
      `note n left join ${this.#parts.table} on ${on}`,
      `note n left join ${this.#parts.table} on ${on}`,
      `${this.#parts.table} right join note n on ${on}`,
      `note n full join ${this.#parts.table} on ${this.#parts.link}`,
    ])
    const read = this.#parts.ofNote()
    const where = this.#choices.pick([
      '',
      '',
      '',
      ` where ${this.#parts.any()} is null`,
      ` where ${read} is not null`,
    ])
    return this.#choices.pick([
      `select distinct ${read} from ${from}${where}`,
      `select distinct ${read}, s.${key.name} from ${from}${where}`,
      `select ${read} from ${from}${where} group by ${read}`,
      `select ${read}, count(*) from ${from}${where} group by ${read}`,
      `select ${read}, ${this.#choices.pick(['max', 'min', 'count', 'bool_or', 'string_agg'])}(${this.#choices.pick([`n.${partner.name}::text`, 'true'])}) from ${from}${where} group by ${read}`,
      `select count(distinct ${read}), max(${read}::text) from ${from}${where}`,
      `select count(*) filter (where ${read} is not null), max(${read}::text) from ${from}${where}`,
      `select ${read}, json_arrayagg(1)::text from ${from}${where} group by ${read}`,
      `select distinct ${read}, count(*) over (partition by ${read}) from ${from}${where}`,
      `select count(*) from (select ${read} from ${from}${where} group by ${read} offset 1) q`,
      `select count(*) from (select ${read} from ${from}${where} offset 1) q`,
      `select ${read} from ${from}${where} group by ${read} order by count(${this.#parts.any()}), 1`,
      `select n.* from note n where exists (select from note m left join ${this.#parts.table} on ${this.#parts.link} where m.${partner.name} = n.${partner.name} offset 1)`,
      `select distinct * from ${from}${where}`,
      `select distinct ${read} from (select ${partner.name} as ${key.name}, * from note) n left join ${this.#parts.table} using (${key.name})`,
    ])
  }
}
