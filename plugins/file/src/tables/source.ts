/** What a table is made of: where its files are, and how they are read. */
import { ApiError, type ColumnType } from '@millrace/plugin-sdk'
import type { FileConfig, TableSettings } from '../config.js'
import { shownLocation } from '../files/locations.js'
import type { SourceFile } from '../files/source-file.js'
import { type FilePart, type Format, formatOfName } from '../formats/file-part.js'
import { readCsv, separatorOfName } from '../formats/read-csv.js'
import { readJson } from '../formats/read-json.js'
import { readJsonLines } from '../formats/read-json-lines.js'
import { readParquet } from '../formats/read-parquet.js'

export interface TableSource {
  readonly name: string
  readonly locations: readonly string[]
  readonly format: Format | undefined
  /** The types that the settings give columns, by name. */
  readonly columns: Readonly<Record<string, ColumnType>>
  readonly rows: string | undefined
  readonly separator: string | undefined
  readonly comment: string
  readonly header: 'auto' | 'on' | 'off'
  readonly nulls: readonly string[]
}

/** @param own what the settings say of this table in particular */
export function tableSource(
  name: string,
  locations: readonly string[],
  config: FileConfig,
  own: Partial<TableSettings> = {},
): TableSource {
  return {
    name,
    locations,
    format: own.format,
    columns: own.columns ?? {},
    rows: own.rows,
    separator: own.separator ?? config.separator,
    comment: own.comment ?? config.comment ?? '',
    header: own.header ?? config.header,
    nulls: own.nulls ?? config.nulls,
  }
}

/** @throws ApiError where neither the settings nor the file's name tell */
export function formatOf({ format }: TableSource, location: string): Format {
  const known = format ?? formatOfName(shownLocation(location))
  if (known !== undefined) return known
  throw new ApiError(`it is not known what format ${shownLocation(location)} has`, {
    hint: 'Set format of the table to csv, json, jsonl or parquet.',
  })
}

/** @param wanted the fields that are needed; undefined for all */
export function readFile(
  file: SourceFile,
  format: Format,
  source: TableSource,
  wanted: ReadonlySet<string> | undefined,
  signal: AbortSignal,
): AsyncGenerator<FilePart> {
  switch (format) {
    case 'csv':
      return readCsv(file, { ...source, separator: source.separator ?? separatorOfName(file.name) }, signal)
    case 'json':
      return readJson(file, source.rows, signal)
    case 'jsonl':
      return readJsonLines(file, signal)
    case 'parquet':
      return readParquet(file, wanted, signal)
  }
}
