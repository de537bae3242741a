/** A log file's bytes as rows: inflated, split into records, tested on their bytes, parsed, read into columns. */
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Decoded, defineDecoder, type Row } from '@millrace/plugin-sdk'
import { textOfBytes } from '../answers/text-of-bytes.js'
import { blankRow, isObject, recordReader } from '../cloudtrail-records/record-reader.js'
import { LogFileError, RecordSplitter, type RecordText } from './record-splitter.js'
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

/** The bytes that are inflated at a time. */
const inflatedBytes = 256 * 1024

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
  const read = recordReader(new Set([...columns, 'event_time', ...conditions.map(({ column }) => column)]))
  if (read === undefined) throw new Error('event_time is read of every record')
  const needles = needlesOf(conditions)
  const blank = blankRow(new Set([...columns, 'event_time']), values)
  const splitter = new RecordSplitter()

  const decode = (record: RecordText, rows: Record<string, unknown>[], broken: BrokenRecord[]) => {
    const { bytes, offset } = record
    if (!mayHold(bytes, needles)) return
    const row = { ...blank }
    const json = read(textOfBytes(bytes), row)
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
      for (const record of splitter.split(chunk)) decode(record, rows, broken)
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

/** The bytes of gzip inflated, in parts of a bounded size; others as they are. */
async function* inflated(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const iterator = parts[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) throw new LogFileError('it is empty', 0)
  async function* whole() {
    yield first.value as Buffer
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* whole()
    return
  }
  const gunzip = createGunzip({ chunkSize: inflatedBytes })
  let failure: unknown
  const source = Readable.from(whole(), { objectMode: false, highWaterMark: 1 })
  source.on('error', (error) => {
    failure = error
    gunzip.destroy(error)
  })
  source.pipe(gunzip)
  let bytes = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    if (failure !== undefined) throw failure
    throw zlibError(error, bytes) ?? error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

function zlibError(error: unknown, offset: number): LogFileError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string' || !code.startsWith('Z_')) return undefined
  return new LogFileError(code === 'Z_BUF_ERROR' ? 'it is cut short' : 'its gzip is damaged', offset)
}
