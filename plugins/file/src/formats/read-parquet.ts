/** Parquet. Only the columns that are wanted are read, some rows at a time. */
import { ApiError } from '@millrace/plugin-sdk'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { contentError } from '../files/file-error.js'
import type { SourceFile } from '../files/source-file.js'
import type { FilePart, FileRow } from './file-part.js'
import { type ParquetColumn, parquetColumn, parsers, rawElement } from './parquet-types.js'

/** How many rows are read at once, within a group of the file. */
const rowsAtOnce = 10_000

/**
 * @param wanted the fields that are read; undefined for all
 * @throws ApiError that names the file; the signal's reason
 */
export async function* readParquet(
  file: SourceFile,
  wanted: ReadonlySet<string> | undefined,
  signal: AbortSignal,
): AsyncGenerator<FilePart> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (start, end = file.size) => {
      signal.throwIfAborted()
      return file.slice(start, end)
    },
  }
  const attempt = <Result>(work: Promise<Result>) =>
    work.catch((error: unknown) => rethrow(error, file, signal))
  const given = await attempt(parquetMetadataAsync(buffer, { parsers, geoparquet: false }))
  const columns = columnsOf(given)
  yield { kind: 'fields', fields: new Map([...columns].map(([name, { type }]) => [name, type] as const)) }
  const names = [...columns.keys()].filter((name) => wanted?.has(name) !== false)
  const metadata = { ...given, schema: given.schema.map(rawElement) }
  const { compressors } = await import('hyparquet-compressors')
  let rowStart = 0
  for (const group of given.row_groups) {
    const groupEnd = rowStart + Number(group.num_rows)
    for (; rowStart < groupEnd; rowStart = Math.min(rowStart + rowsAtOnce, groupEnd)) {
      signal.throwIfAborted()
      const rowEnd = Math.min(rowStart + rowsAtOnce, groupEnd)
      const objects =
        names.length === 0
          ? Array.from({ length: rowEnd - rowStart }, () => ({}))
          : await attempt(
              parquetReadObjects({
                file: buffer,
                metadata,
                columns: names,
                rowStart,
                rowEnd,
                compressors,
                parsers,
                utf8: false,
                geoparquet: false,
              }),
            )
      if (objects.length !== rowEnd - rowStart) {
        throw contentError(file.name, `it has ${objects.length} rows where it names ${rowEnd - rowStart}`)
      }
      const first = rowStart
      yield {
        kind: 'rows',
        rows: objects.map((object, index) => rowOf(object, first + index + 1, names, columns, file)),
      }
    }
  }
}

/** The columns of the first level, by name. */
function columnsOf({ schema }: FileMetaData): ReadonlyMap<string, ParquetColumn> {
  const columns = new Map<string, ParquetColumn>()
  /** @returns the index after the element and all within it */
  const after = (index: number): number => {
    let next = index + 1
    for (let child = schema[index]?.num_children ?? 0; child > 0; child--) next = after(next)
    return next
  }
  for (let index = 1; index < schema.length; index = after(index)) {
    const element = schema[index]
    if (element === undefined) break
    columns.set(element.name, parquetColumn({ element, isLeaf: element.num_children === undefined }))
  }
  return columns
}

function rowOf(
  object: Readonly<Record<string, unknown>>,
  place: number,
  names: readonly string[],
  columns: ReadonlyMap<string, ParquetColumn>,
  file: SourceFile,
): FileRow {
  const cells: Record<string, unknown> = Object.create(null)
  for (const name of names) {
    try {
      cells[name] = columns.get(name)?.convert(object[name])
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      throw contentError(file.name, `column ${name}: ${said}`, `row ${place}`)
    }
  }
  return { place, cells }
}

function rethrow(error: unknown, file: SourceFile, signal: AbortSignal): never {
  signal.throwIfAborted()
  if (ApiError.is(error)) throw error
  const said = error instanceof Error ? error.message : String(error)
  throw contentError(file.name, `it cannot be read as Parquet: ${said.slice(0, 200)}`)
}
