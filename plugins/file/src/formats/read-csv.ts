/** CSV (RFC 4180), with other separators, comments, and with or without a header. */
import { Readable } from 'node:stream'
import { ApiError, TypeGuess } from '@millrace/plugin-sdk'
import { parse } from 'csv-parse'
import { contentError } from '../files/file-error.js'
import type { SourceFile } from '../files/source-file.js'
import { unpackedBytes, utf8Text } from '../files/unpack.js'
import { type FilePart, type FileRow, mostRowBytes, rowsPerBatch } from './file-part.js'

export interface CsvOptions {
  /** One character. */
  readonly separator: string
  /** The character with which lines begin that are left out; empty for none. */
  readonly comment: string
  readonly header: 'auto' | 'on' | 'off'
  /** Texts that stand for NULL, besides nothing at all. */
  readonly nulls: readonly string[]
}

interface CsvRecord {
  readonly line: number
  readonly cells: readonly (string | null)[]
}

/** As csv-parse gives it with the options `info` and `raw`. */
interface ParsedRecord {
  readonly record: readonly string[]
  /** The row as it stands in the file, perhaps with lines before it that are left out. */
  readonly raw: string
  readonly info: { readonly lines: number }
}

/** @throws ApiError that names file and line; the signal's reason */
export async function* readCsv(
  file: SourceFile,
  options: CsvOptions,
  signal: AbortSignal,
): AsyncGenerator<FilePart> {
  let names: readonly string[] | undefined
  let rows: FileRow[] = []
  for await (const record of recordsOf(file, options, signal)) {
    if (names === undefined) {
      const isHeader = options.header === 'on' || (options.header === 'auto' && looksLikeHeader(record.cells))
      names = isHeader ? headerNames(record.cells) : record.cells.map((_, index) => `c${index}`)
      yield { kind: 'fields', fields: new Map(names.map((name) => [name, undefined] as const)) }
      if (isHeader) continue
    }
    if (record.cells.length !== names.length) throw ragged(file, record, names.length)
    rows.push({ place: record.line, cells: cellsOf(record.cells, names) })
    if (rows.length < rowsPerBatch) continue
    yield { kind: 'rows', rows }
    rows = []
  }
  if (rows.length > 0) yield { kind: 'rows', rows }
}

async function* recordsOf(
  file: SourceFile,
  { separator, comment, nulls }: CsvOptions,
  signal: AbortSignal,
): AsyncGenerator<CsvRecord> {
  const text = utf8Text(unpackedBytes(file, signal), file.name)
  const first = await text.next()
  if (first.done === true) return
  const isNull = new Set(['', ...nulls])
  const withNulls = (record: readonly string[], raw: string): readonly (string | null)[] => {
    if (!record.some((field) => isNull.has(field))) return record
    const quoted = raw.includes('"') ? quotedFields(raw, separator, comment) : []
    return record.map((field, index) => (isNull.has(field) && quoted[index] !== true ? null : field))
  }
  const parser = parse({
    delimiter: separator,
    comment: comment === '' ? null : comment,
    comment_no_infix: true,
    // Those of old Macs only where there are no others: elsewhere, a carriage return may stand in a field.
    record_delimiter:
      /\r(?![\n\r])/.test(first.value) && !first.value.includes('\n') ? ['\r'] : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: mostRowBytes,
    // Which fields stood in quotes is read from it; the parser's own way to tell (`cast`) takes ten times as long.
    raw: true,
    info: true,
  })
  const source = Readable.from(following(first.value, text), { objectMode: false })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<ParsedRecord>) {
      yield { line: info.lines, cells: withNulls(record, raw) }
    }
  } catch (error) {
    signal.throwIfAborted()
    throw csvError(file, error)
  } finally {
    source.destroy()
    parser.destroy()
  }
}

/** Whether fields of a row stand in quotes, each. The row has been parsed: its quotes are right. */
function quotedFields(raw: string, separator: string, comment: string): readonly boolean[] {
  let text = raw
  while (/^[\r\n]/.test(text) || (comment !== '' && text.startsWith(comment))) {
    text = text.slice(Math.max(1, text.search(/[\r\n]/) + 1))
  }
  const quoted: boolean[] = []
  for (let start = 0; start <= text.length; ) {
    const isQuoted = text[start] === '"'
    quoted.push(isQuoted)
    let end = start
    if (isQuoted) {
      end = text.indexOf('"', start + 1)
      while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
      if (end < 0) break
    }
    const next = text.indexOf(separator, end)
    if (next < 0) break
    start = next + 1
  }
  return quoted
}

async function* following(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** As Steampipe's plugin decides it, who however takes numbers and addresses for names as well. */
function looksLikeHeader(cells: readonly (string | null)[]): boolean {
  return (
    cells.every((cell) => cell !== null && cell !== '' && isName(cell)) &&
    new Set(cells).size === cells.length
  )
}

function isName(text: string): boolean {
  const guess = new TypeGuess()
  guess.add(text, 'anything')
  return guess.type === 'text'
}

/** Names that are distinct: a repeated one gets a number, and a missing one its position. */
function headerNames(cells: readonly (string | null)[]): string[] {
  const taken = new Set<string>()
  return cells.map((cell, index) => {
    const wanted = cell === null || cell === '' ? `c${index}` : cell
    let name = wanted
    for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`
    taken.add(name)
    return name
  })
}

function cellsOf(values: readonly (string | null)[], names: readonly string[]): Record<string, unknown> {
  const cells: Record<string, unknown> = Object.create(null)
  for (let index = 0; index < names.length; index++) cells[names[index] ?? ''] = values[index]
  return cells
}

function ragged(file: SourceFile, { line, cells }: CsvRecord, expected: number): ApiError {
  const fields = (count: number) => `${count} ${count === 1 ? 'field' : 'fields'}`
  return contentError(
    file.name,
    `there ${cells.length === 1 ? 'is' : 'are'} ${fields(cells.length)} instead of ${expected}`,
    `line ${line}`,
    'Check the line: a separator that belongs to a text stands in quotes. The setting separator names another one.',
  )
}

/** csv-parse's codes, of what a user can mend. */
const faults: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands in the middle of a field',
  CSV_MAX_RECORD_SIZE: `a row is larger than ${mostRowBytes / 1024 ** 2} MB`,
}

function csvError(file: SourceFile, error: unknown): unknown {
  const { code, lines } = Object(error)
  if (ApiError.is(error) || typeof code !== 'string' || !/CSV|QUOTE/.test(code)) return error
  const place = typeof lines === 'number' ? `line ${lines}` : undefined
  const hint =
    'Within a quoted field, a quote is written twice. Check the settings separator and comment, too.'
  return contentError(file.name, `it is no CSV: ${faults[code] ?? code}`, place, hint)
}

/** The separator that a file's name tells. */
export function separatorOfName(name: string): string {
  return /\.tsv(?:\.[a-z]+)?$/i.test(name) ? '\t' : ','
}
