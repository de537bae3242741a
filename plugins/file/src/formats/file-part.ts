/** What reading a file gives, whatever its format. */
import type { ColumnType, TextMeaning } from '@millrace/plugin-sdk'

export const formats = ['csv', 'json', 'jsonl', 'parquet'] as const

export type Format = (typeof formats)[number]

export interface FileRow {
  /** The number of the line where it ends, in CSV and JSON lines; of the row, elsewhere. From 1. */
  readonly place: number
  /** By the names of fields; without a prototype, since these may be any. */
  readonly cells: Readonly<Record<string, unknown>>
}

export type FilePart =
  /** The fields that all of the following rows have, each with its type where the file says one. */
  | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, ColumnType | undefined> }
  | { readonly kind: 'rows'; readonly rows: readonly FileRow[] }

/** What each format's texts mean, and how it counts rows in messages. */
export const formatFacts: Readonly<
  Record<Format, { readonly meaning: TextMeaning; readonly place: string }>
> = {
  csv: { meaning: 'anything', place: 'line' },
  jsonl: { meaning: 'text', place: 'line' },
  json: { meaning: 'text', place: 'row' },
  parquet: { meaning: 'text', place: 'row' },
}

/** How many rows make a batch. */
export const rowsPerBatch = 500

/** The most bytes of one row, in its file's encoding. */
export const mostRowBytes = 64 * 1024 * 1024

/** The format that a file's name tells, whether it is packed or not. */
export function formatOfName(name: string): Format | undefined {
  const [, extension = ''] = /\.([a-z0-9]+)(?:\.(?:gz|gzip|zst|zstd))?$/i.exec(name) ?? []
  return extensions[extension.toLowerCase()]
}

const extensions: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
}

/** A file's name without folders, and without what tells its format. */
export function bareName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? name
  const unpacked = last.replace(/\.(?:gz|gzip|zst|zstd)$/i, '')
  const bare = unpacked.replace(/\.[a-z0-9]+$/i, '')
  return bare === '' ? last : bare
}
