/** Files of Apache Parquet, a row group at a time: no more than one is in memory. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { UserError } from '../../user-error.js'
import type { Row } from '../column.js'
import { distinctNames } from '../distinct-names.js'
import type { Outlet } from '../outlet.js'
import type { ExportFile } from '../sink.js'
import { type ParquetColumn, parquetColumn } from './column-types.js'

/** A row group ends with whichever comes first. */
const mostRows = 50_000
const mostCharacters = 16 * 1024 * 1024

export function parquetOutlet(file: ExportFile): Outlet {
  let group: RowGroups | undefined
  return {
    begin: async (columns) => {
      const names = distinctNames(columns)
      group = new RowGroups(
        file,
        columns.map(({ type }, index) => {
          const name = names[index] ?? ''
          if (name === '') throw new UserError('a column without a name cannot be exported to Parquet', 1)
          return { name, ...parquetColumn(name, type) }
        }),
      )
    },
    rows: async (rows) => {
      for (const row of rows) await group?.add(row)
    },
    end: async () => group?.end(),
    finish: () => file.finish(),
    abandon: () => file.abandon(),
  }
}

class RowGroups {
  readonly #columns: readonly (ParquetColumn & { readonly name: string })[]
  readonly #writer: ParquetWriter
  #values: unknown[][]
  #rows = 0
  #characters = 0

  constructor(file: ExportFile, columns: readonly (ParquetColumn & { readonly name: string })[]) {
    this.#columns = columns
    this.#values = columns.map(() => [])
    this.#writer = new ParquetWriter({
      writer: new FileWriter(file),
      schema: [
        { name: 'root', num_children: columns.length },
        ...columns.flatMap(({ elements }) => elements),
      ],
      createdBy: 'millrace',
    })
  }

  async add(row: Row): Promise<void> {
    for (const [index, column] of this.#columns.entries()) {
      const value = row[index] ?? null
      this.#values[index]?.push(column.convert(value))
      this.#characters += value?.length ?? 0
    }
    this.#rows++
    if (this.#rows >= mostRows || this.#characters >= mostCharacters) await this.#write()
  }

  async end(): Promise<void> {
    if (this.#rows > 0) await this.#write()
    await this.#writer.finish()
  }

  async #write(): Promise<void> {
    const values = this.#values
    this.#values = this.#columns.map(() => [])
    const columnData = this.#columns.map(({ name }, index) => ({ name, data: values[index] ?? [] }))
    const rowGroupSize = this.#rows
    this.#rows = 0
    this.#characters = 0
    await this.#writer.write({ columnData, rowGroupSize })
  }
}

/** Gives the file what a row group has become, once it is whole. */
class FileWriter extends ByteWriter {
  readonly #file: ExportFile

  constructor(file: ExportFile) {
    super()
    this.#file = file
  }

  async flush(): Promise<void> {
    await this.#file.writeBytes(this.getBytes())
    this.index = 0
  }

  override finish(): Promise<void> {
    return this.flush()
  }
}
