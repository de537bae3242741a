/** JSON with the places of its values, which JSON.parse does not give. */
import {
  type ConfigurationDocument,
  deepestNesting,
  type Located,
  type LocatedEntry,
  lineFinder,
  type Place,
  SyntaxProblem,
  tooDeep,
  unreadable,
} from './located.js'

/**
 * Reads a JSON text (RFC 8259). What is wrong is told without an excerpt of the text, which may hold an access key.
 * @param file as places name it
 */
export function readJson(file: string, text: string): ConfigurationDocument {
  const lineOf = lineFinder(text)
  try {
    const root = new JsonReader(file, text, lineOf).read()
    if (root.kind === 'map') return { root, faults: [] }
    return unreadable(root.place, 'expected an object: { … }')
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    return unreadable({ file, line: lineOf(error.offset) }, `is not JSON: ${error.message}`)
  }
}

const space = /[ \t\r\n]*/y
const string = /"(?:[^"\\\p{Cc}]|\x7f|[\x80-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
const comment = /\/\/|\/\*|#/y

class JsonReader {
  #offset = 0

  constructor(
    readonly file: string,
    readonly text: string,
    readonly lineOf: (offset: number) => number,
  ) {}

  read(): Located {
    this.#space()
    const value = this.#value(0)
    this.#space()
    if (this.#offset < this.text.length) throw this.#problem('something follows the end')
    return value
  }

  #value(depth: number): Located {
    if (depth > deepestNesting) throw this.#problem(tooDeep)
    const place = this.#place()
    if (this.#take('{')) return this.#members(place, depth)
    if (this.#take('[')) return this.#items(place, depth)
    const found = this.#match(string) ?? this.#match(scalar)
    if (found === undefined) throw this.#problem('expected a value')
    return { kind: 'scalar', value: JSON.parse(found), place }
  }

  #members(place: Place, depth: number): Located {
    const entries = new Map<string, LocatedEntry>()
    this.#space()
    while (!this.#take('}')) {
      if (entries.size > 0) {
        this.#expect(',', 'a comma or }')
        this.#space()
      }
      const namePlace = this.#place()
      const start = this.#offset
      const quoted = this.#match(string)
      if (quoted === undefined) throw this.#problem('expected a name in double quotes')
      const name = String(JSON.parse(quoted))
      const earlier = entries.get(name)
      if (earlier !== undefined) {
        throw new SyntaxProblem(`"${name}" stands here and in line ${earlier.place.line}`, start)
      }
      this.#space()
      this.#expect(':', 'a colon')
      this.#space()
      entries.set(name, { place: namePlace, value: this.#value(depth + 1) })
      this.#space()
    }
    return { kind: 'map', entries, place, lastLine: this.lineOf(this.#offset) }
  }

  #items(place: Place, depth: number): Located {
    const items: Located[] = []
    this.#space()
    while (!this.#take(']')) {
      if (items.length > 0) {
        this.#expect(',', 'a comma or ]')
        this.#space()
      }
      items.push(this.#value(depth + 1))
      this.#space()
    }
    return { kind: 'list', items, place }
  }

  #space(): void {
    this.#match(space)
    if (this.#match(comment) !== undefined) {
      throw this.#problem('JSON has no comments; a .yaml or .spc file in the folder config may')
    }
  }

  #expect(character: string, words: string): void {
    if (!this.#take(character)) throw this.#problem(`expected ${words}`)
  }

  #take(character: string): boolean {
    if (this.text[this.#offset] !== character) return false
    this.#offset++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset
    const found = pattern.exec(this.text)?.[0]
    this.#offset += found?.length ?? 0
    return found
  }

  #place(): Place {
    return { file: this.file, line: this.lineOf(this.#offset) }
  }

  #problem(message: string): SyntaxProblem {
    const isEnd = this.#offset >= this.text.length
    return new SyntaxProblem(isEnd ? `${message}, and found the end` : message, this.#offset)
  }
}
