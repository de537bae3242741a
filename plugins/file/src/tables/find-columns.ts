/** Finds out which columns a table has, and of which types, by a sample of each of its files. */
import { ApiError, type ColumnType, TypeGuess } from '@millrace/plugin-sdk'
import type { FileConnection } from '../connection.js'
import { shownLocation } from '../files/locations.js'
import { formatFacts } from '../formats/file-part.js'
import { formatOf, readFile, type TableSource } from './source.js'

export interface FileColumn {
  readonly name: string
  /** What files call it. */
  readonly field: string
  readonly type: ColumnType
  /** Whether the type is only guessed. */
  readonly isGuessed: boolean
}

export interface FoundColumns {
  readonly columns: readonly FileColumn[]
  /** The files that were looked at, by location, each with what distinguishes its state. */
  readonly identities: ReadonlyMap<string, string>
}

/** PostgreSQL's own columns, those that Millrace gives every table, and the one name that objects cannot have. */
const takenNames: readonly string[] = [
  ...['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'],
  ...['sp_connection_name', 'sp_ctx', '_ctx', '__proto__'],
]

/** PostgreSQL cuts off longer names, in queries as well. */
const longestName = 63

/** A table of PostgreSQL has at most 1600 columns; a few are Millrace's. */
const mostColumns = 1500

interface Field {
  /** As files themselves say; undefined for what only values tell. */
  readonly types: Set<ColumnType>
  readonly guess: TypeGuess
}

/** @throws ApiError where a file cannot be read; the signal's reason */
export async function findColumns(
  source: TableSource,
  connection: FileConnection,
  signal: AbortSignal,
): Promise<FoundColumns> {
  const fields = new Map<string, Field>()
  const identities = new Map<string, string>()
  for (const pattern of source.locations) {
    for (const location of await connection.find(pattern, signal)) {
      identities.set(location, await sample(location, source, connection, fields, signal))
    }
  }
  const columns = columnsOf(fields, source)
  if (columns.length > mostColumns) {
    throw new ApiError(`there are ${columns.length} columns, and a table has at most ${mostColumns}`)
  }
  const unknown = Object.keys(source.columns).find((name) => columns.every((column) => column.name !== name))
  if (unknown !== undefined) {
    throw new ApiError(`the setting columns names "${unknown}", and there is no such column`, {
      detail: `Columns are ${columns.map(({ name }) => name).join(', ')}.`,
    })
  }
  return { columns, identities }
}

/** @returns what distinguishes the file's state */
async function sample(
  location: string,
  source: TableSource,
  connection: FileConnection,
  fields: Map<string, Field>,
  signal: AbortSignal,
): Promise<string> {
  const format = formatOf(source, location)
  const { meaning } = formatFacts[format]
  const fieldOf = (name: string): Field => {
    const field = fields.get(name) ?? { types: new Set(), guess: new TypeGuess() }
    fields.set(name, field)
    return field
  }
  const file = await connection.open(location, signal)
  try {
    let left = connection.config.sample_rows
    for await (const part of readFile(file, format, source, undefined, signal)) {
      if (part.kind === 'fields') {
        for (const [name, type] of part.fields) {
          const { types } = fieldOf(name)
          if (type !== undefined) types.add(type)
        }
        continue
      }
      for (const { cells } of part.rows) {
        if (left-- <= 0) break
        for (const name of Object.keys(cells)) {
          const { types, guess } = fieldOf(name)
          if (types.size === 0) guess.add(cells[name], meaning)
        }
      }
      if (left <= 0) break
    }
    return file.identity
  } finally {
    await file.close()
  }
}

function columnsOf(fields: ReadonlyMap<string, Field>, source: TableSource): FileColumn[] {
  const taken = new Set<string>()
  return [...fields].map(([field, { types, guess }]) => {
    const name = distinctName(field, taken)
    const [declared, ...others] = types
    const set = Object.hasOwn(source.columns, name) ? source.columns[name] : undefined
    // Files that do not agree on a type have texts in common.
    const own = others.length > 0 ? 'text' : declared
    return { name, field, type: set ?? own ?? guess.type, isGuessed: set === undefined && own === undefined }
  })
}

function distinctName(field: string, taken: Set<string>): string {
  const wanted = cut(
    takenNames.includes(field) ? `${field}_` : field.replaceAll('\0', '') || 'unnamed',
    longestName,
  )
  let name = wanted
  for (let number = 2; taken.has(name); number++) {
    const suffix = `_${number}`
    name = `${cut(wanted, longestName - suffix.length)}${suffix}`
  }
  taken.add(name)
  return name
}

/** The beginning of a text, of so many bytes, without half a character. */
function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text.toWellFormed())
  if (buffer.length <= bytes) return buffer.toString()
  let end = bytes
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end--
  return buffer.subarray(0, end).toString()
}

/** For a description. */
export function sourceText({ locations }: TableSource): string {
  return locations.map(shownLocation).join(', ')
}
