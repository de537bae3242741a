/**
 * Splits the JSON of a log file, `{"Records":[…]}`, into the texts of its records, as its bytes come: nothing but the record
 * that is not yet whole is held.
 *
 * A record ends where its braces do. What stands between them is left to whoever parses it; a record that is not JSON
 * harms no other one as long as its braces and quotation marks are balanced.
 */

import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  openBrace,
  openBracket,
  quote,
} from '../answers/json-bytes.js'
import type { FieldFinder } from '../cloudtrail-records/field-finder.js'

/** A text that is no log file, at a byte of it. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError'

  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message)
  }

  /** Whether an error is one, even if it has come from another thread. */
  static is(error: unknown): error is LogFileError {
    return error instanceof Error && error.name === 'LogFileError' && 'offset' in error
  }
}

/** A record as it stands in the file. */
export class RecordText {
  readonly #chunk: Buffer
  readonly #start: number
  readonly #end: number

  constructor(
    chunk: Buffer,
    start: number,
    end: number,
    /** Where it begins, in bytes of the JSON text. */
    readonly offset: number,
    /** Whether it is an object whose fields the finder has, until the next record is asked for. */
    readonly isFound: boolean,
  ) {
    this.#chunk = chunk
    this.#start = start
    this.#end = end
  }

  get bytes(): Buffer {
    return this.#chunk.subarray(this.#start, this.#end)
  }
}

/** The longest record. CloudTrail's are at most 256 KB, or 1 MB where a trail expands them. */
const longestRecord = 16 * 1024 * 1024

type Place =
  /** Before the object. */
  | 'start'
  /** In the object, before a name, or its end. */
  | 'name'
  | 'colon'
  | 'value'
  /** In the object, after a value. */
  | 'next name'
  /** In the list of records, before one, or its end. */
  | 'record'
  | 'next record'
  | 'end'

/** What is being gone through, up to its end. */
type Token = { readonly kind: 'name' | 'value' | 'record'; readonly shape: 'string' | 'nested' | 'plain' }

export class RecordSplitter {
  #place: Place = 'start'
  #token: Token | undefined
  #depth = 0
  #isInString = false
  #isEscaped = false
  /** Whether a comma has come, so that a name or a record must follow. */
  #mustFollow = false
  #isOfRecords = false
  #hasRecords = false
  /** What is held from earlier chunks: the beginning of a record or a name. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Where the current chunk begins, and the current token. */
  #base = 0
  #tokenOffset = 0

  /** Must be called after the last chunk. @throws LogFileError where the text is not whole, or has no records */
  end(): void {
    if (this.#place !== 'end') throw new LogFileError('it is cut short', this.#base)
    if (!this.#hasRecords) throw new LogFileError('it has no Records', this.#base)
  }

  /**
   * The records that are whole with this chunk. They may share its memory.
   * @param finder goes through records first; what it leaves is split by braces
   * @throws LogFileError
   */
  *split(chunk: Buffer, finder?: FieldFinder): Generator<RecordText, void, void> {
    let position = 0
    while (position < chunk.length) {
      if (this.#token === undefined) {
        const end = this.#place === 'record' ? (finder?.find(chunk, position) ?? 0) : 0
        if (end > 0) {
          this.#mustFollow = false
          this.#place = 'next record'
          yield new RecordText(chunk, position, end, this.#base + position, true)
          position = end
          continue
        }
        position = this.#step(chunk, position)
        continue
      }
      const start = position
      const end = this.#endOf(this.#token, chunk, position)
      const part = chunk.subarray(start, end ?? chunk.length)
      position = end ?? chunk.length
      if (this.#token.kind === 'value') {
        if (end !== undefined) this.#leave('next name')
        continue
      }
      if (end === undefined) {
        this.#hold(part)
        continue
      }
      const bytes = this.#held.length === 0 ? part : Buffer.concat([...this.#held, part])
      const { kind } = this.#token
      this.#held = []
      this.#heldBytes = 0
      if (kind === 'record') {
        this.#leave('next record')
        yield new RecordText(bytes, 0, bytes.length, this.#tokenOffset, false)
      } else {
        this.#isOfRecords = this.#isName(bytes)
        this.#leave('colon')
      }
    }
    this.#base += chunk.length
  }

  /** Goes on by one byte, between tokens. @returns where to go on: at the same byte where a token begins with it */
  #step(chunk: Buffer, position: number): number {
    const byte = chunk[position]
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return position + 1
    switch (this.#place) {
      case 'start':
        if (byte === openBrace) return this.#enter('name', position)
        break
      case 'name':
        if (byte === closeBrace && !this.#mustFollow) return this.#enter('end', position)
        if (byte === quote) return this.#begin({ kind: 'name', shape: 'string' }, position)
        break
      case 'colon':
        if (byte === colon) return this.#enter('value', position)
        break
      case 'value':
        if (!this.#isOfRecords) return this.#begin({ kind: 'value', shape: shapeOf(byte) }, position)
        if (this.#hasRecords) throw new LogFileError('it has Records twice', this.#base + position)
        if (byte !== openBracket) throw new LogFileError('its Records are no list', this.#base + position)
        this.#hasRecords = true
        return this.#enter('record', position)
      case 'next name':
        if (byte === closeBrace) return this.#enter('end', position)
        if (byte === comma) return this.#follow('name', position)
        break
      case 'record':
        if (byte === closeBracket && !this.#mustFollow) return this.#enter('next name', position)
        if (byte !== closeBracket && byte !== comma) {
          return this.#begin({ kind: 'record', shape: shapeOf(byte) }, position)
        }
        break
      case 'next record':
        if (byte === closeBracket) return this.#enter('next name', position)
        if (byte === comma) return this.#follow('record', position)
        break
      case 'end':
        break
    }
    throw new LogFileError('it is not JSON', this.#base + position)
  }

  #enter(place: Place, position: number): number {
    this.#place = place
    return position + 1
  }

  #follow(place: Place, position: number): number {
    this.#mustFollow = true
    return this.#enter(place, position)
  }

  #begin(token: Token, position: number): number {
    this.#token = token
    this.#tokenOffset = this.#base + position
    this.#mustFollow = false
    return position
  }

  #leave(place: Place): void {
    this.#token = undefined
    this.#place = place
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length
    if (this.#heldBytes > longestRecord) {
      throw new LogFileError(`it has a record of more than ${longestRecord} bytes`, this.#tokenOffset)
    }
    this.#held.push(part)
  }

  /** The position after a token, of which the chunk holds a part; undefined where it goes on beyond the chunk. */
  #endOf({ shape }: Token, chunk: Buffer, from: number): number | undefined {
    return shape === 'plain' ? endOfPlain(chunk, from) : this.#endOfNested(shape, chunk, from)
  }

  /** Of an object, a list or a string. This is the innermost loop of all scans: it keeps its state in local variables. */
  #endOfNested(shape: 'string' | 'nested', chunk: Buffer, from: number): number | undefined {
    const { length } = chunk
    let position = from
    let depth = this.#depth
    let isInString = this.#isInString
    if (this.#isEscaped && position < length) {
      this.#isEscaped = false
      position++
    }
    while (position < length) {
      if (isInString) {
        // Most bytes are of strings.
        let byte = chunk[position++]
        while (byte !== quote && byte !== backslash && position < length) byte = chunk[position++]
        if (byte === quote) {
          isInString = false
          if (depth === 0 && shape === 'string') return this.#ended(position)
        } else if (byte === backslash) {
          if (position === length) this.#isEscaped = true
          else position++
        }
        continue
      }
      const byte = chunk[position++]
      if (byte === quote) isInString = true
      else if (byte === openBrace || byte === openBracket) depth++
      else if (byte === closeBrace || byte === closeBracket) {
        depth--
        if (depth === 0) return this.#ended(position)
      }
    }
    this.#depth = depth
    this.#isInString = isInString
    return undefined
  }

  #ended(position: number): number {
    this.#depth = 0
    this.#isInString = false
    return position
  }

  #isName(bytes: Buffer): boolean {
    try {
      return JSON.parse(bytes.toString()) === 'Records'
    } catch {
      throw new LogFileError('it is not JSON', this.#tokenOffset)
    }
  }
}

function shapeOf(byte: number | undefined): Token['shape'] {
  if (byte === quote) return 'string'
  return byte === openBrace || byte === openBracket ? 'nested' : 'plain'
}

/** A number or a word ends before what cannot be part of one. */
function endOfPlain(chunk: Buffer, from: number): number | undefined {
  for (let position = from; position < chunk.length; position++) {
    const byte = chunk[position]
    const isEnd =
      byte === comma || byte === closeBracket || byte === closeBrace || byte === 0x20 || (byte ?? 0) < 0x20
    if (isEnd) return position
  }
  return undefined
}
