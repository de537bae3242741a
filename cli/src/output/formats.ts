/** The writers of the formats. */
import { csvWriter } from './csv-writer.js'
import type { Format } from './format-names.js'
import { jsonLinesWriter, jsonWriter } from './json-writer.js'
import { lineWriter } from './line-writer.js'
import { markdownWriter } from './markdown-writer.js'
import type { ResultWriter, WriterOptions } from './result-writer.js'
import { tableWriter } from './table-writer.js'

const makers: Readonly<Record<Format, (options: WriterOptions) => ResultWriter>> = {
  table: tableWriter,
  csv: csvWriter,
  json: jsonWriter,
  jsonl: jsonLinesWriter,
  line: lineWriter,
  markdown: markdownWriter,
}

/** Formats for people: a blank line stands between two results. */
export const formatsWithGaps: ReadonlySet<Format> = new Set<Format>(['table', 'line', 'markdown'])

/** A writer for one result. */
export function writerOf(format: Format, options: WriterOptions): ResultWriter {
  return makers[format](options)
}
