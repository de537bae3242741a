/**
 * JSON: a list of objects, one object, or several one after the other; or a list within an object, which a JSON pointer
 * (RFC 6901) names. Rows are read one by one: the file may be larger than memory.
 */
import { ApiError, parseJson, pointerParts } from '@millrace/plugin-sdk'
import { Tokenizer, TokenParser } from '@streamparser/json'
import { contentError } from '../files/file-error.js'
import type { SourceFile } from '../files/source-file.js'
import { unpackedBytes, utf8Text } from '../files/unpack.js'
import { type FilePart, type FileRow, mostRowBytes } from './file-part.js'
import { objectCells } from './object-cells.js'

/** Numbers keep their digits. */
class LosslessTokenizer extends Tokenizer {
  protected override parseNumber(digits: string): number {
    // What the parser does with it is to pass it on.
    return parseJson(digits) as number
  }
}

/**
 * @param pointer of the list; undefined for the root
 * @throws ApiError that names file and row; the signal's reason
 */
export async function* readJson(
  file: SourceFile,
  pointer: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<FilePart> {
  let reader: RowsReader | undefined
  for await (const text of utf8Text(unpackedBytes(file, signal), file.name)) {
    if (reader === undefined) {
      const [first] = /\S/.exec(text) ?? []
      if (first === undefined) continue
      reader = new RowsReader(file, pointer, first === '[')
    }
    reader.write(text)
    yield* reader.parts()
  }
  if (reader === undefined) throw contentError(file.name, 'it is empty, which is no JSON')
  reader.end()
  yield* reader.parts()
  if (reader.count === 0 && pointer !== undefined) await expectList(file, pointer, signal)
}

/** Whether a list without rows is there at all. */
async function expectList(file: SourceFile, pointer: string, signal: AbortSignal): Promise<void> {
  let isThere = false
  const parser = new JsonParser(pathOf(pointer), (value, keys) => {
    isThere ||= isAt(keys, pointerParts(pointer)) && Array.isArray(value)
  })
  for await (const text of utf8Text(unpackedBytes(file, signal), file.name)) parser.write(text)
  if (isThere) return
  const hint = 'Check the setting rows: a JSON pointer, such as /prefixes.'
  throw contentError(file.name, `there is no list at ${pointer}`, undefined, hint)
}

type Keys = readonly (string | number)[]

/** Calls back with each value at a path, and keeps no others. */
class JsonParser {
  readonly #tokenizer: LosslessTokenizer
  readonly #parser: TokenParser

  constructor(path: string, onValue: (value: unknown, keys: Keys) => void) {
    // Documents may follow each other.
    this.#tokenizer = new LosslessTokenizer({ separator: '' })
    this.#parser = new TokenParser({ paths: [path], keepStack: false, separator: '' })
    this.#tokenizer.onToken = (token) => this.#parser.write(token)
    this.#parser.onValue = ({ value, key, stack }) => {
      onValue(
        value,
        [...stack.slice(1).map((level) => level.key), key].filter((each) => each !== undefined),
      )
    }
  }

  write(text: string): void {
    this.#tokenizer.write(text)
  }

  end(): void {
    if (!this.#tokenizer.isEnded) this.#tokenizer.end()
    if (!this.#parser.isEnded) this.#parser.end()
  }
}

/** What the parser's paths cannot name, any value takes the place of; the keys tell. */
function pathOf(pointer: string | undefined): string {
  const parts = pointer === undefined ? [] : pointerParts(pointer)
  return ['$', ...parts.map((part) => (/^[^.*$]+$/.test(part) ? part : '*'))].join('.')
}

function isAt(keys: Keys, parts: readonly string[]): boolean {
  return parts.every((part, index) => String(keys[index]) === part)
}

class RowsReader {
  count = 0
  readonly #file: SourceFile
  readonly #pointer: string | undefined
  readonly #parser: JsonParser
  /** Whether rows are elements of a list. */
  readonly #isList: boolean
  #rows: FileRow[] = []
  #charactersSinceRow = 0

  constructor(file: SourceFile, pointer: string | undefined, beginsWithList: boolean) {
    this.#file = file
    this.#pointer = pointer
    this.#isList = pointer !== undefined || beginsWithList
    const parts = pointer === undefined ? [] : pointerParts(pointer)
    const path = this.#isList ? `${pathOf(pointer)}.*` : '$'
    this.#parser = new JsonParser(path, (value, keys) => {
      if (isAt(keys, parts)) this.#add(value, keys)
    })
  }

  write(text: string): void {
    this.#charactersSinceRow += text.length
    this.#attempt(() => this.#parser.write(text))
    if (this.#charactersSinceRow > mostRowBytes) {
      throw contentError(this.#file.name, `a row is larger than ${mostRowBytes / 1024 ** 2} MB`)
    }
  }

  end(): void {
    this.#attempt(() => this.#parser.end())
  }

  *parts(): Generator<FilePart> {
    const rows = this.#rows
    this.#rows = []
    if (rows.length > 0) yield { kind: 'rows', rows }
  }

  #add(value: unknown, keys: Keys): void {
    if (this.#isList && typeof keys.at(-1) !== 'number') {
      const what =
        this.#pointer === undefined ? 'it does not go on with a list' : `${this.#pointer} is no list`
      throw contentError(this.#file.name, what, `row ${this.count + 1}`)
    }
    this.#charactersSinceRow = 0
    this.count++
    this.#rows.push({
      place: this.count,
      cells: objectCells(value, `row ${this.count}`, this.#file.name),
    })
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (ApiError.is(error)) throw error
      const said = error instanceof Error ? error.message : String(error)
      throw contentError(this.#file.name, `it is no JSON: ${said.slice(0, 200)}`, `after row ${this.count}`)
    }
  }
}
