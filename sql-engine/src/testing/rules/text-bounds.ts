/** Conditions on texts, and on texts that are made of addresses. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../../parse/identifier.js'
import { valuesOfType } from '../random-tables.js'
import { compared } from './compared.js'
import type { RuleParts } from './rule-parts.js'

/** Conditions on a text, so many of several kinds. */
export function textBounds(parts: RuleParts, column: string, count: number): readonly string[] {
  const value = () => quoteLiteral(parts.value('text'))
  // Where capital letters stand is another matter to each collation.
  const folded = `${column} collate "en-x-icu"`
  return parts.someOf(count, [
    () => `${folded} ${parts.pick('<', '<=')} 'T1'`,
    () => `${folded} ${parts.pick('>', '>=')} 't1'`,
    () => `${folded} ${parts.pick('<', '<=', '>', '>=')} ${value()}`,
    () => `${folded} between 'a' and ${parts.pick("'T1'", "'T'", value())}`,
    () => compared(parts, `${column} collate "C"`, value),
    () => {
      const more = quoteLiteral(parts.pick('x', '0', '1'))
      return `${column} || ${more} = ${value()} || ${more}`
    },
    () =>
      `${column} || ${parts.pick("'0'", "'1'")} ${parts.pick('=', '>=')} ${quoteLiteral(parts.pick('t10', 't1', 't11', 'a1'))}`,
    () => compared(parts, `${column} || ''`, value),
    () => compared(parts, `${column}::varchar`, value),
    () => compared(parts, `${column}::varchar(2)`, value),
  ])
}

/** What texts of addresses are spelt like. */
const spelt: readonly [string, ...string[]] = [
  '1.1.1.1',
  '2.2.2.2',
  '10.0.0.0',
  '1.1.1.2',
  '10/8',
  '10.0.0.0/8',
  '1.1.1.1/32',
  '1.1.1.1/33',
  '2.2.2.2/32',
  '2001:db8::1',
  '2001:db8::',
]

/** Conditions on what is made of an address, so many of them. */
export function addressBounds(
  parts: RuleParts,
  column: string,
  type: ColumnType,
  count: number,
): readonly string[] {
  return Array.from({ length: count }, () => addressBound(parts, column, type))
}

function addressBound(parts: RuleParts, column: string, type: ColumnType): string {
  // Of one host, there are addresses with netmasks and without.
  if (parts.choices.chance(35)) {
    return `host(${column}) ${parts.pick("= '10.0.0.0'", "= '10.0.0.0'", "in ('1.1.1.1', '10.0.0.0')", "in ('10.0.0.0', '2001:db8::')")}`
  }
  const made = parts.pick(
    `abbrev(${column})`,
    `host(${column})`,
    `text(${column})`,
    `${column}::text`,
    `abbrev(${column})`,
  )
  const value = () => quoteLiteral(parts.choices.chance(70) ? parts.pick(...spelt) : parts.value(type))
  const same = () =>
    made.replace(column, `${quoteLiteral(parts.choices.pickAlike(valuesOfType[type]))}::${type}`)
  return parts.oneOf(
    () => `${made} = ${value()}`,
    () => `${made} in (${value()}, ${value()})`,
    () => `${made} = ${same()}`,
    () => `${made} in (${same()}, ${value()})`,
  )
}
