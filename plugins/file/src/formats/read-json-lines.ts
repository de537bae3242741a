/** JSON lines: an object on each line. */
import { parseJson } from '@millrace/plugin-sdk'
import { contentError } from '../files/file-error.js'
import type { SourceFile } from '../files/source-file.js'
import { unpackedBytes, utf8Text } from '../files/unpack.js'
import { type FilePart, type FileRow, mostRowBytes, rowsPerBatch } from './file-part.js'
import { objectCells } from './object-cells.js'

/** @throws ApiError that names file and line; the signal's reason */
export async function* readJsonLines(file: SourceFile, signal: AbortSignal): AsyncGenerator<FilePart> {
  let rows: FileRow[] = []
  let line = 0
  for await (const text of linesOf(file, signal)) {
    line++
    if (text.trim() === '') continue
    rows.push({ place: line, cells: objectCells(parse(text, line, file), `line ${line}`, file.name) })
    if (rows.length < rowsPerBatch) continue
    yield { kind: 'rows', rows }
    rows = []
  }
  if (rows.length > 0) yield { kind: 'rows', rows }
}

function parse(text: string, line: number, file: SourceFile): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw contentError(file.name, `it is no JSON: ${said.slice(0, 200)}`, `line ${line}`)
  }
}

async function* linesOf(file: SourceFile, signal: AbortSignal): AsyncGenerator<string> {
  let begun = ''
  for await (const text of utf8Text(unpackedBytes(file, signal), file.name)) {
    const [first = '', ...more] = text.split('\n')
    begun += first
    const rest = more.pop()
    if (begun.length > mostRowBytes) {
      throw contentError(file.name, `a line is longer than ${mostRowBytes / 1024 ** 2} MB`)
    }
    if (rest === undefined) continue
    yield begun
    yield* more
    begun = rest
  }
  if (begun !== '') yield begun
}
