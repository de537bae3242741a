/** Conditions on what records say: all of them are decided on each record before it becomes a row. */
import type { Key, Qual, Quals } from '@millrace/plugin-sdk'
import type { RecordColumn } from '../../cloudtrail-records/record-columns.js'
import { textFields } from '../../cloudtrail-records/text-fields.js'
import type { RecordCondition } from '../../log-files/record-test.js'
import type { S3EventColumns } from './columns.js'

const operators = ['=', '<>', 'is not null'] as const
const recordKey = { operators, exact: operators, inherent: true } as const satisfies Key

type TextColumn = keyof typeof textFields | 'user_identifier' | 'recipient_account_id' | 'event_version'

const textColumns = [
  ...(Object.keys(textFields) as (keyof typeof textFields)[]),
  'user_identifier',
  'recipient_account_id',
  'event_version',
] as const satisfies readonly RecordColumn[]

const timeOperators = ['=', '>', '>=', '<', '<='] as const

export const recordKeys = {
  event_time: { operators: timeOperators, exact: timeOperators, inherent: true, immutable: true },
  ...(Object.fromEntries(textColumns.map((column) => [column, recordKey])) as Record<
    TextColumn,
    typeof recordKey
  >),
  read_only: recordKey,
} as const satisfies Partial<Record<RecordColumn, Key>>

/** The conditions of a scan on records. */
export function recordConditions(quals: Quals<S3EventColumns>): readonly RecordCondition[] {
  return (Object.keys(recordKeys) as (keyof typeof recordKeys)[]).flatMap((column) => {
    const ofColumn: readonly Qual<string | boolean | bigint>[] = quals[column] ?? []
    return ofColumn.map((qual) => ({ column, qual }))
  })
}
