/**
 * Conditions on a record's fields as a filter pattern for fields between blanks.
 *
 * The grammar is that of the AWS page "Filter pattern syntax for metric filters, subscription filters, filter log
 * events, and Live Tail": `[first, second = "a" || second = "b", ...]`, where the dots are any further fields.
 */
import { equalValues, type Key, type Qual, type QualValue } from '@millrace/plugin-sdk'
import { type RecordField, recordFields } from './record.js'

/**
 * The forms that values have in records. Others are not asked for: an IPv6 address can be written in several ways, and
 * other characters may mean something in a pattern.
 */
const forms = {
  interface_id: /^eni-[0-9a-f]+$/,
  src_addr: /^\d{1,3}(?:\.\d{1,3}){3}$/,
  dst_addr: /^\d{1,3}(?:\.\d{1,3}){3}$/,
  src_port: /^\d{1,5}$/,
  dst_port: /^\d{1,5}$/,
  action: /^[A-Z]+$/,
  log_status: /^[A-Z]+$/,
} as const satisfies Partial<Record<RecordField, RegExp>>

type AskedField = keyof typeof forms

const fieldKey = { operators: ['='], inherent: true } as const satisfies Key
const addressKey = { ...fieldKey, hostsOnly: true } as const satisfies Key

export const recordKeys = {
  interface_id: fieldKey,
  src_addr: addressKey,
  dst_addr: addressKey,
  src_port: fieldKey,
  dst_port: fieldKey,
  action: fieldKey,
  log_status: fieldKey,
} as const satisfies Record<AskedField, Key>

/** The most characters of a pattern: FilterLogEvents, filterPattern. */
const mostCharacters = 1024

/**
 * A pattern that every record matches which fulfils the conditions. What does not fit is left out.
 * @returns undefined when there is nothing to ask for
 */
export function patternOf(
  quals: {
    readonly [Field in AskedField]?: readonly Qual<QualValue>[]
  },
): string | undefined {
  let asked = new Map<RecordField, string>()
  for (const [field, form] of Object.entries(forms) as [AskedField, RegExp][]) {
    const values = equalValues(quals[field])?.map(String)
    if (values === undefined || !values.every((value) => form.test(value))) continue
    const condition = values.map((value) => `${field} = "${value}"`).join(' || ')
    const more = new Map(asked).set(field, condition)
    if (compose(more).length <= mostCharacters) asked = more
  }
  return asked.size === 0 ? undefined : compose(asked)
}

function compose(asked: ReadonlyMap<RecordField, string>): string {
  const last = recordFields.findLastIndex((field) => asked.has(field))
  const fields = recordFields.slice(0, last + 1).map((field) => asked.get(field) ?? field)
  return `[${[...fields, '...'].join(', ')}]`
}
