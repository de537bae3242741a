/** A table over one or more files. */
import {
  ApiError,
  type Column,
  type Columns,
  type Key,
  knownTextOperators,
  mayFulfil,
  type Qual,
  type Row,
  type Scan,
  type Table,
} from '@millrace/plugin-sdk'
import type { FileConnection } from '../connection.js'
import { isHttp, shownLocation } from '../files/locations.js'
import { type FileColumn, type FoundColumns, findColumns, sourceText } from './find-columns.js'
import { RowReader } from './row-reader.js'
import { formatOf, readFile, type TableSource } from './source.js'

type FileScan = Scan<FileConnection>

const fileColumn = {
  type: 'text',
  description: 'The path or URL of the file that the row stands in.',
} as const
const rowColumn = { type: 'bigint', description: 'The number of the row within its file, from 1.' } as const

export function fileTable(source: TableSource, found: FoundColumns): Table<FileConnection, Columns> {
  // Without a prototype, since fields may have any name, such as constructor.
  const columns: Record<string, Column> = Object.create(null)
  const keys: Record<string, Key> = Object.create(null)
  for (const { name, field, type } of found.columns) {
    columns[name] = { type, description: name === field ? `The field ${field}.` : `The field "${field}".` }
  }
  // A file's own columns come first, where it has any of these names.
  const hasFile = !Object.hasOwn(columns, '_file')
  if (hasFile) {
    columns._file = fileColumn
    keys._file = { operators: knownTextOperators, inherent: true }
  }
  if (!Object.hasOwn(columns, '_row')) columns._row = rowColumn
  const reader = new TableReader(source, found)
  return {
    name: source.name,
    description: `Rows of ${sourceText(source)}.`,
    columns,
    keys,
    // Files are read each time: they change when nobody is told.
    cache: { ttl: 0 },
    calls: [{ name: 'open' }, { name: 'GET' }],
    list: (scan) => reader.list(scan),
    examples: [],
  }
}

/**
 * A table in whose place nothing can be read, so that it says why. Where it can be read by now, the tables are looked for
 * again.
 */
export function unreadableTable(source: TableSource, failure: ApiError): Table<FileConnection, Columns> {
  return {
    name: source.name,
    description: `Its columns are not known: ${failure.message}.`,
    columns: { _file: fileColumn },
    keys: {},
    cache: { ttl: 0 },
    calls: [{ name: 'open' }, { name: 'GET' }],
    async *list(scan) {
      await scan.call('open', (signal) => findColumns(source, scan.connection, signal))
      scan.connection.schemaChanged()
      throw new ApiError('the columns were not known until now', { hint: 'Run the query again.' })
    },
    examples: [],
  }
}

class TableReader {
  readonly #source: TableSource
  readonly #found: FoundColumns
  #hasTold = false

  constructor(source: TableSource, found: FoundColumns) {
    this.#source = source
    this.#found = found
  }

  async *list(scan: FileScan): AsyncGenerator<readonly Row[]> {
    const wanted = this.#found.columns.filter(({ name }) => scan.columns.has(name))
    /** Fields that files say they have; undefined once a file does not say. */
    let known: Set<string> | undefined = new Set()
    let locations = 0
    for (const pattern of this.#source.locations) {
      for (const location of await scan.connection.find(pattern, scan.signal)) {
        locations++
        if (!mayFulfil(textQuals(scan), shownLocation(location))) {
          known = undefined
          continue
        }
        const fields: Set<string> | undefined = yield* this.#rowsOf(location, wanted, scan)
        known = known && fields && new Set([...known, ...fields])
      }
    }
    if (locations < this.#found.identities.size) this.#tell(scan.connection)
    const gone = wanted.find(({ field }) => known?.has(field) === false)
    if (gone !== undefined) {
      throw new ApiError(`the column ${gone.name} is in none of the files any more`, {
        detail: `They are ${sourceText(this.#source)}.`,
        hint: 'Run the query again: the columns are looked for anew.',
      })
    }
  }

  /** @returns the fields that the file says it has, if it does */
  async *#rowsOf(
    location: string,
    wanted: readonly FileColumn[],
    scan: FileScan,
  ): AsyncGenerator<readonly Row[], Set<string> | undefined> {
    const format = formatOf(this.#source, location)
    const file = await scan.call(isHttp(location) ? 'GET' : 'open', (signal) =>
      scan.connection.open(location, signal),
    )
    try {
      const hasChanged = this.#found.identities.get(location) !== file.identity
      if (hasChanged) this.#tell(scan.connection)
      const rowReader = new RowReader({
        fileName: shownLocation(location),
        format,
        columns: wanted,
        hasChanged,
      })
      let fields: Set<string> | undefined
      const wantedFields = new Set(wanted.map(({ field }) => field))
      for await (const part of readFile(file, format, this.#source, wantedFields, scan.signal)) {
        if (part.kind === 'fields') {
          fields = new Set(part.fields.keys())
        } else {
          yield part.rows.map((row) => rowReader.rowOf(row))
        }
      }
      await file.expectUnchanged()
      return fields
    } finally {
      await file.close()
    }
  }

  /** Has the tables looked for again, once for this one: it is then another. */
  #tell(connection: FileConnection): void {
    if (this.#hasTold) return
    this.#hasTold = true
    connection.schemaChanged()
  }
}

/** The conditions on the column `_file`, which is a text. */
function textQuals({ quals }: FileScan): readonly Qual<string>[] {
  return (quals._file ?? []) as readonly Qual<string>[]
}
