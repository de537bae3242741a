/**
 * Columns whose conditions a filter pattern can express, and the fields of the event that they show.
 *
 * The fields are those of the AWS page "CloudTrail record contents". Excluded are recipient_account_id and
 * event_version, which look like numbers (see quote.ts).
 */
import type { Key, Operator, Qual, Quals } from '@millrace/plugin-sdk'
import { textFields } from '../../cloudtrail-records/text-fields.js'
import { compilePattern } from '../../filter-pattern/compile.js'
import { allOf, anyOf, type Condition } from '../../filter-pattern/condition.js'
import { booleanConditions, textConditions, textOperators } from '../../filter-pattern/text-conditions.js'
import type { EventColumns } from './columns.js'

type TextField = keyof typeof textFields

/** The fields of an identifier: the column shows the first that is a text. */
export const identifierFields = [
  'userIdentity.arn',
  'userIdentity.sessionContext.sessionIssuer.arn',
  'userIdentity.sessionContext.sessionIssuer.principalId',
] as const

const textKey: Key = { operators: textOperators, inherent: true }

/** A key for texts that may have several lines: it is not documented whether `*` reaches across the end of a line. */
const severalLinesKey: Key = { operators: ['=', '<>', 'is not null'], inherent: true }

export const eventFieldKeys: Readonly<Record<TextField | 'user_identifier' | 'read_only', Key>> = {
  event_id: textKey,
  request_id: textKey,
  shared_event_id: textKey,
  access_key_id: textKey,
  source_ip_address: textKey,
  username: textKey,
  user_identifier: textKey,
  vpc_endpoint_id: textKey,
  error_message: severalLinesKey,
  error_code: textKey,
  event_name: textKey,
  user_agent: textKey,
  event_source: textKey,
  event_type: textKey,
  user_type: textKey,
  event_category: textKey,
  aws_region: textKey,
  read_only: { operators: ['=', 'is not null'], inherent: true },
}

/** How much of the events a condition is likely to leave; the least first. */
const ranks: Partial<Record<Operator, number>> = { '=': 0, '~~': 1, '~': 1, 'is not null': 2, '<>': 3 }

/** The filter pattern for a scan's conditions on event fields. */
export function patternOf(quals: Quals<EventColumns>): string | undefined {
  const conditions: { readonly rank: number; readonly condition: Condition }[] = []
  for (const [column, field] of Object.entries(textFields) as [TextField, string][]) {
    for (const qual of quals[column] ?? []) {
      const rank = ranks[qual.operator] ?? 3
      for (const condition of textConditions(field, qual)) conditions.push({ rank, condition })
    }
  }
  for (const qual of quals.user_identifier ?? []) {
    const condition = identifierCondition(qual)
    if (condition !== undefined) conditions.push({ rank: ranks[qual.operator] ?? 3, condition })
  }
  for (const qual of quals.read_only ?? []) {
    for (const condition of booleanConditions('readOnly', qual)) conditions.push({ rank: 1, condition })
  }
  // Sorting is stable: within a rank, the fields keep their order.
  conditions.sort((a, b) => a.rank - b.rank)
  return compilePattern(conditions.map(({ condition }) => condition))
}

/** A condition on an identifier: what is true of the column is true of one of its fields. */
function identifierCondition(qual: Qual<string>): Condition | undefined {
  const ofFields = identifierFields.flatMap((field) => allOf(textConditions(field, qual)) ?? [])
  return ofFields.length < identifierFields.length ? undefined : anyOf(ofFields)
}
