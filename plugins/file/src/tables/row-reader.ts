/** Makes rows of a table from those of a file. */
import { ApiError, columnValue, guessedColumnValue, type Row, toJsonText } from '@millrace/plugin-sdk'
import { type FileRow, type Format, formatFacts } from '../formats/file-part.js'
import type { FileColumn } from './find-columns.js'

export interface RowReaderOptions {
  readonly fileName: string
  readonly format: Format
  /** Those that are wanted. */
  readonly columns: readonly FileColumn[]
  /** Whether the file is another one than the columns' types were guessed by. */
  readonly hasChanged: boolean
}

/** How much of a value a message shows. */
const shownCharacters = 60

export class RowReader {
  readonly #options: RowReaderOptions
  #rows = 0

  constructor(options: RowReaderOptions) {
    this.#options = options
  }

  /** @throws ApiError for a value that does not fit its column */
  rowOf({ place, cells }: FileRow): Row {
    const { fileName, format, columns } = this.#options
    const { meaning } = formatFacts[format]
    const row: Record<string, Row[string]> = { _file: fileName, _row: ++this.#rows }
    for (const column of columns) {
      const cell = cells[column.field]
      const value = (column.isGuessed ? guessedColumnValue : columnValue)(cell, column.type, meaning)
      if (value === undefined) throw this.#misfit(column, cell, place)
      row[column.name] = value
    }
    return row
  }

  #misfit({ name, type, isGuessed }: FileColumn, cell: unknown, place: number): ApiError {
    const { fileName, format, hasChanged } = this.#options
    const where = `${formatFacts[format].place} ${place} of ${fileName}`
    const json = typeof cell === 'bigint' ? String(cell) : (toJsonText(cell) ?? 'null')
    const shown = json.length > shownCharacters ? `${json.slice(0, shownCharacters)}…` : json
    if (!isGuessed) {
      return new ApiError(`${where}: ${shown} is no ${type}, which the column ${name} is`, {
        code: 'ValueDoesNotFit',
        hint: 'Mend the file, or set another type in the setting columns of the table.',
      })
    }
    return new ApiError(
      `${where}: ${shown} does not fit the column ${name}, whose type is ${type} by a sample`,
      {
        code: 'ValueDoesNotFit',
        hint: hasChanged
          ? 'The file has changed since; run the query again: the columns are looked for anew.'
          : `Name the type in the setting columns of the table, such as { "${name}": "text" }, or raise sample_rows.`,
      },
    )
  }
}
