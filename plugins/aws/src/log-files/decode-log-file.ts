/** A log file's bytes as rows: inflated, split into records, tested on their bytes, parsed, read into columns. */
import { type Decoded, defineDecoder, type Row } from '@millrace/plugin-sdk'
import { textOfBytes } from '../answers/text-of-bytes.js'
import { FieldFinder } from '../cloudtrail-records/field-finder.js'
import { blankRow, isObject, recordReader } from '../cloudtrail-records/record-reader.js'
import { inflated } from './inflate.js'
import { RecordSplitter, type RecordText } from './record-splitter.js'
import { fulfils, mayHold, needlesOf, type RecordCondition, withoutNanoseconds } from './record-test.js'

export interface DecodeOptions {
  /** The columns that rows have. */
  readonly columns: readonly string[]
  /** Values that are the same in all rows. */
  readonly values: Readonly<Record<string, string | null | undefined>>
  /** What rows must fulfil. */
  readonly conditions: readonly RecordCondition[]
}

/** A record that is none. */
export interface BrokenRecord {
  readonly reason: string
  /** Where it begins, in bytes of the file's JSON. */
  readonly offset: number
}

/**
 * The rows of a log file, as its bytes come: of gzip, or of JSON as it stands. All rows have their `event_time`.
 * @throws LogFileError for what is no log file, or is cut short; what the parts throw
 */
export const logFileDecoder = defineDecoder(
  new URL('./decode-log-file.js', import.meta.url),
  'logFileDecoder',
  decodeLogFile,
  textBytesOf,
)

/** JSON of CloudTrail is some ten times as long as its gzip. */
function textBytesOf(part: Buffer): number {
  return part.length * 10
}

async function* decodeLogFile(
  parts: AsyncIterable<Buffer>,
  { columns, values, conditions }: DecodeOptions,
): AsyncGenerator<Decoded<BrokenRecord>, void, void> {
  // Every record has a time, and one without is none.
  const reader = recordReader(new Set([...columns, 'event_time', ...conditions.map(({ column }) => column)]))
  if (reader === undefined) throw new Error('event_time is read of every record')
  const finder = reader.fields === undefined ? undefined : new FieldFinder(reader.fields)
  const needles = needlesOf(conditions)
  const blank = blankRow(new Set([...columns, 'event_time']), values)
  const splitter = new RecordSplitter()

  /** @returns undefined for what is not JSON */
  const read = (record: RecordText, row: Record<string, unknown>): unknown => {
    if (!record.isFound || finder === undefined) return reader.readText(textOfBytes(record.bytes), row)
    const fields = finder.values()
    reader.readFields(fields, row)
    return fields
  }
  const decode = (record: RecordText, rows: Record<string, unknown>[], broken: BrokenRecord[]) => {
    if (needles.length > 0 && !mayHold(record.bytes, needles)) return
    const row = { ...blank }
    const json = read(record, row)
    const { offset } = record
    if (!isObject(json)) {
      broken.push({ reason: json === undefined ? 'it is not JSON' : 'it is not an object', offset })
    } else if (typeof row.event_time !== 'string') {
      broken.push({ reason: 'it has no eventTime', offset })
    } else {
      row.event_time = withoutNanoseconds(row.event_time)
      if (fulfils(row, conditions)) rows.push(row)
    }
  }

  for await (const chunk of inflated(parts)) {
    const rows: Record<string, unknown>[] = []
    const broken: BrokenRecord[] = []
    let failure: unknown
    try {
      for (const record of splitter.split(chunk, finder)) decode(record, rows, broken)
    } catch (error) {
      failure = error
    }
    // Records before the place that ends the file stay.
    // The reader of records gives each column its type, which a table of them by name cannot express.
    if (rows.length > 0 || broken.length > 0) yield { rows: rows as readonly Row[], remarks: broken }
    if (failure !== undefined) throw failure
  }
  splitter.end()
}
