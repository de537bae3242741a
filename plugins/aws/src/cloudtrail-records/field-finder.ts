/**
 * Finds fields of a JSON object on its bytes, and makes values of these alone: most questions need a few of a record's thirty, and
 * JSON.parse makes all of them.
 *
 * All of the object is gone through and must be JSON, so that what is found is what JSON.parse gives. What is seldom in JSON that
 * programs write is left to JSON.parse: white space, names of fields with escapes, deep nesting.
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
import { textOfBytes } from '../answers/text-of-bytes.js'

/** Nesting beyond this is left to JSON.parse. */
const deepest = 50

const minus = 0x2d
const dot = 0x2e
const zero = 0x30
const nine = 0x39

/** A position before which nothing ends, where something is not known to be JSON. */
const unknown = 0

interface Field {
  readonly name: string
  readonly bytes: Uint8Array
  start: number
  end: number
}

export class FieldFinder {
  readonly #fields: readonly Field[]
  /** By the lengths of their names. */
  readonly #byLength: (readonly Field[])[] = []
  #bytes: Buffer = Buffer.alloc(0)

  /** @param names of letters and digits */
  constructor(names: readonly string[]) {
    this.#fields = names.map((name) => ({ name, bytes: Buffer.from(name), start: 0, end: 0 }))
    for (const field of this.#fields) {
      const { length } = field.bytes
      this.#byLength[length] = [...(this.#byLength[length] ?? []), field]
    }
  }

  /**
   * Goes through an object. Its fields stay for {@link values} until the next time.
   * @returns the position after it; 0 where that is for JSON.parse to say, or the object goes on beyond the bytes
   */
  find(bytes: Buffer, from: number): number {
    for (const field of this.#fields) field.end = 0
    this.#bytes = bytes
    if (byteAt(bytes, from) !== openBrace) return unknown
    let position = from + 1
    if (byteAt(bytes, position) === closeBrace) return position + 1
    for (;;) {
      const name = position + 1
      position = afterName(bytes, position)
      if (position === unknown) return unknown
      const value = position
      position = afterValue(bytes, value, 1)
      if (position === unknown) return unknown
      // Between them are a quotation mark and a colon. Of a name that comes twice, the last counts.
      const candidates = this.#byLength[value - 2 - name]
      if (candidates !== undefined) note(candidates, bytes, name, value, position)
      const byte = byteAt(bytes, position++)
      if (byte === closeBrace) return position
      if (byte !== comma) return unknown
    }
  }

  /** The fields of the object that was found last, as JSON.parse gives them. */
  values(): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (const { name, start, end } of this.#fields) {
      if (end !== 0) values[name] = fieldValue(this.#bytes, start, end)
    }
    return values
  }
}

function note(fields: readonly Field[], bytes: Buffer, name: number, start: number, end: number): void {
  for (const field of fields) {
    const { length } = field.bytes
    let index = 0
    while (index < length && field.bytes[index] === bytes[name + index]) index++
    if (index < length) continue
    field.start = start
    field.end = end
    return
  }
}

function fieldValue(bytes: Buffer, start: number, end: number): unknown {
  if (bytes[start] === quote && isPlain(bytes, start, end))
    return bytes.toString('latin1', start + 1, end - 1)
  return JSON.parse(textOfBytes(bytes.subarray(start, end)))
}

/** Whether the bytes of a string are its text. */
function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    const byte = bytes[position] as number
    if (byte >= 0x80 || byte === backslash) return false
  }
  return true
}

/** @returns the position of the value of a field; 0 also for a name with escapes */
function afterName(bytes: Buffer, from: number): number {
  if (byteAt(bytes, from) !== quote) return unknown
  const { length } = bytes
  let position = from + 1
  while (position < length) {
    const byte = bytes[position++] as number
    if (byte === quote) return byteAt(bytes, position) === colon ? position + 1 : unknown
    if (byte < 0x20 || byte === backslash) return unknown
  }
  return unknown
}

function afterValue(bytes: Buffer, from: number, depth: number): number {
  const byte = byteAt(bytes, from)
  if (byte === quote) return afterString(bytes, from)
  if (byte === openBrace) return afterObject(bytes, from, depth)
  if (byte === openBracket) return afterList(bytes, from, depth)
  if (byte === minus || isDigit(byte)) return afterNumber(bytes, from)
  if (byte === 0x74) return afterWord(bytes, from, 'true')
  if (byte === 0x66) return afterWord(bytes, from, 'false')
  if (byte === 0x6e) return afterWord(bytes, from, 'null')
  return unknown
}

/** This is the innermost loop of all scans of log files. */
function afterString(bytes: Buffer, from: number): number {
  const { length } = bytes
  let position = from + 1
  while (position < length) {
    const byte = bytes[position++] as number
    if (byte === quote) return position
    if (byte < 0x20) return unknown
    if (byte !== backslash) continue
    position = isOneLetter[byteAt(bytes, position)] === 1 ? position + 1 : afterNumbered(bytes, position)
    if (position === unknown) return unknown
  }
  return unknown
}

/** Whether a letter makes an escape together with the backslash before it. */
const isOneLetter = new Uint8Array(256)
for (const letter of Buffer.from('"\\/bfnrt')) isOneLetter[letter] = 1

/** Of an escape such as `\u00e9`. @param from the position after the backslash */
function afterNumbered(bytes: Buffer, from: number): number {
  if (byteAt(bytes, from) !== 0x75) return unknown
  for (let position = from + 1; position <= from + 4; position++) {
    if (!isHexDigit(byteAt(bytes, position))) return unknown
  }
  return from + 5
}

function afterObject(bytes: Buffer, from: number, depth: number): number {
  if (depth > deepest) return unknown
  let position = from + 1
  if (byteAt(bytes, position) === closeBrace) return position + 1
  for (;;) {
    if (byteAt(bytes, position) !== quote) return unknown
    position = afterString(bytes, position)
    if (position === unknown || byteAt(bytes, position) !== colon) return unknown
    position = afterValue(bytes, position + 1, depth + 1)
    if (position === unknown) return unknown
    const byte = byteAt(bytes, position++)
    if (byte === closeBrace) return position
    if (byte !== comma) return unknown
  }
}

function afterList(bytes: Buffer, from: number, depth: number): number {
  if (depth > deepest) return unknown
  let position = from + 1
  if (byteAt(bytes, position) === closeBracket) return position + 1
  for (;;) {
    position = afterValue(bytes, position, depth + 1)
    if (position === unknown) return unknown
    const byte = byteAt(bytes, position++)
    if (byte === closeBracket) return position
    if (byte !== comma) return unknown
  }
}

/** A number ends where it cannot go on; whether it may end there is seen by what follows. */
function afterNumber(bytes: Buffer, from: number): number {
  let position = byteAt(bytes, from) === minus ? from + 1 : from
  if (byteAt(bytes, position) === zero) position++
  else position = afterDigits(bytes, position)
  if (position !== unknown && byteAt(bytes, position) === dot) position = afterDigits(bytes, position + 1)
  if (position === unknown) return unknown
  const byte = byteAt(bytes, position)
  if (byte !== 0x65 && byte !== 0x45) return position
  const sign = byteAt(bytes, position + 1)
  return afterDigits(bytes, sign === minus || sign === 0x2b ? position + 2 : position + 1)
}

/** At least one. */
function afterDigits(bytes: Buffer, from: number): number {
  let position = from
  while (isDigit(byteAt(bytes, position))) position++
  return position === from ? unknown : position
}

function afterWord(bytes: Buffer, from: number, word: string): number {
  for (let index = 1; index < word.length; index++) {
    if (byteAt(bytes, from + index) !== word.charCodeAt(index)) return unknown
  }
  return from + word.length
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

/** Reading beyond the end once would make all reading slow from then on. @returns 0 there */
function byteAt(bytes: Buffer, position: number): number {
  return position < bytes.length ? (bytes[position] as number) : 0
}
