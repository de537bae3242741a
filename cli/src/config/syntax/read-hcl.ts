/**
 * HCL's native syntax, as far as configuration files need it: blocks, attributes and literal values, with the places
 * of all of them. Expressions (functions, operators, interpolation, `for`) are refused in words.
 *
 * Of the packages on npm, those that are kept (@cdktn/hcl2json 0.24) run HashiCorp's parser as WebAssembly: half a
 * second and 86 MB to read the first file. They give values without lines, so that a mistake in a setting could not be
 * told with its place, and nothing at all of a file with a mistake in it. The others are years old.
 */
import { HclScanner } from './hcl-scanner.js'
import {
  type ConfigurationDocument,
  deepestNesting,
  type Located,
  type LocatedEntry,
  type LocatedMap,
  lineFinder,
  type Place,
  type SyntaxFault,
  SyntaxProblem,
  tooDeep,
} from './located.js'

/**
 * Reads a text. A mistake costs the block of the file that it stands in; reading goes on with the next one.
 * @param file as places name it
 */
export function readHcl(file: string, text: string): ConfigurationDocument {
  return new HclReader(file, text.replace(/^\ufeff/, ' ')).read()
}

/** Where reading goes on after a mistake: a line that begins with a block or an attribute, not indented. */
const itemStart = /^(?=[A-Za-z_][\w-]*[ \t]*(?:[ \t]"[^"\n]*"[ \t]*)*(?:\{|=))/gm

interface MutableMap extends LocatedMap {
  readonly entries: Map<string, LocatedEntry>
  lastLine: number
}

class HclReader {
  readonly #scanner: HclScanner
  readonly #lineOf: (offset: number) => number
  readonly #faults: SyntaxFault[] = []

  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#scanner = new HclScanner(text)
    this.#lineOf = lineFinder(text)
  }

  read(): ConfigurationDocument {
    const root = this.#newMap()
    for (;;) {
      const lost: string[] = []
      try {
        this.#scanner.skipSpace()
        if (this.#scanner.atEnd) break
        this.#item(root, 0, lost)
      } catch (error) {
        if (!(error instanceof SyntaxProblem)) throw error
        this.#faults.push({
          place: this.#placeAt(error.offset),
          message: error.message,
          lost: lost.length > 1 ? lost : undefined,
        })
        if (!this.#goOnBehind(error.offset)) break
      }
    }
    root.lastLine = this.#lineOf(this.#scanner.offset)
    return { root, faults: this.#faults }
  }

  #goOnBehind(offset: number): boolean {
    itemStart.lastIndex = Math.max(offset, this.#scanner.offset)
    const found = itemStart.exec(this.#scanner.text)
    if (found === null) return false
    this.#scanner.offset = found.index
    return true
  }

  /**
   * One attribute or block.
   * @param path filled with the block's type and labels as they are read
   */
  #item(into: MutableMap, depth: number, path: string[] = []): void {
    const scanner = this.#scanner
    if (depth > deepestNesting) throw scanner.problem(tooDeep)
    const start = scanner.offset
    const name = scanner.takeIdentifier()
    if (name === undefined) {
      throw scanner.problem(
        scanner.next === '"'
          ? 'the name of a setting stands without quotes'
          : 'expected a setting (name = value) or a block (name { … })',
      )
    }
    scanner.skipBlanks()
    if (scanner.next === '=') {
      this.#attribute(into, name, start, depth)
      return
    }
    if (scanner.next === ':') throw scanner.problem(`write "${name} = …": between name and value stands =`)
    path.push(name)
    const labels = this.#labels(path)
    if (!scanner.take('{')) {
      throw scanner.problem(
        labels.length === 0 ? `expected = and a value, or a block, after ${name}` : 'expected {',
      )
    }
    // Opened before it is read, so that what was read of a broken one is there.
    const body = this.#open(into, [name, ...labels], start)
    this.#body(body, depth + 1)
    body.lastLine = this.#lineOf(scanner.offset - 1)
    this.#endItem('the block')
  }

  #labels(path: string[]): string[] {
    const scanner = this.#scanner
    const labels: string[] = []
    for (;;) {
      scanner.skipBlanks()
      const label = scanner.takeString() ?? scanner.takeIdentifier()
      if (label === undefined) return labels
      labels.push(label)
      path.push(label)
    }
  }

  #body(body: MutableMap, depth: number): void {
    const scanner = this.#scanner
    const opened = scanner.offset - 1
    for (;;) {
      scanner.skipSpace()
      if (scanner.take('}')) return
      if (scanner.atEnd) {
        throw new SyntaxProblem('the block that begins here has no end: } is missing', opened)
      }
      this.#item(body, depth)
    }
  }

  /** The map for a block: `type "label" { … }` is the member `label` of the member `type`. */
  #open(into: MutableMap, names: readonly string[], start: number): MutableMap {
    const place = this.#placeAt(start)
    let map = into
    for (const [index, name] of names.entries()) {
      const known = map.entries.get(name)
      const isLast = index === names.length - 1
      if (known === undefined) {
        const made = this.#newMap(start)
        map.entries.set(name, { place, value: made })
        map = made
      } else if (isLast || known.value.kind !== 'map') {
        throw new SyntaxProblem(`${names.join(' ')} stands here and in line ${known.place.line}`, start)
      } else {
        map = known.value as MutableMap
      }
    }
    return map
  }

  #attribute(into: MutableMap, name: string, start: number, depth: number): void {
    const scanner = this.#scanner
    const known = into.entries.get(name)
    if (known !== undefined) {
      throw new SyntaxProblem(`${name} stands here and in line ${known.place.line}`, start)
    }
    scanner.offset++
    scanner.skipBlanks()
    const value = this.#value(depth + 1, name)
    into.entries.set(name, { place: this.#placeAt(start), value })
    this.#endItem('the value')
  }

  #endItem(what: string): void {
    const scanner = this.#scanner
    scanner.skipBlanks()
    if (scanner.atEnd || scanner.takeLineEnd() || scanner.next === '}') return
    throw scanner.problem(
      /[-+*/%=!<>&|?:.[(]/.test(scanner.next)
        ? 'expressions are not evaluated: write the value itself'
        : `expected the end of the line behind ${what}`,
    )
  }

  #value(depth: number, name: string): Located {
    const scanner = this.#scanner
    if (depth > deepestNesting) throw scanner.problem(tooDeep)
    const place = this.#placeAt(scanner.offset)
    const text = scanner.takeString() ?? scanner.takeHeredoc()
    if (text !== undefined) return { kind: 'scalar', value: text, place }
    if (scanner.take('[')) return this.#list(place, depth)
    if (scanner.take('{')) return this.#map(place, depth)
    const isNegative = scanner.take('-')
    if (isNegative) scanner.skipBlanks()
    const number = scanner.takeNumber()
    if (number !== undefined) return { kind: 'scalar', value: isNegative ? -number : number, place }
    if (isNegative) throw scanner.problem('expected a number after -')
    return this.#word(place, name)
  }

  /** `true`, `false`, `null`, or a name that stands for something else. */
  #word(place: Place, name: string): Located {
    const scanner = this.#scanner
    const start = scanner.offset
    const word = scanner.takeIdentifier()
    if (word === undefined) {
      throw scanner.problem(
        scanner.next === "'" ? 'texts stand in double quotes' : `expected a value for ${name}`,
      )
    }
    if (word === 'true' || word === 'false') return { kind: 'scalar', value: word === 'true', place }
    if (word === 'null') return { kind: 'scalar', value: null, place }
    if (scanner.next === '(') {
      throw new SyntaxProblem('functions are not evaluated: write the value itself', start)
    }
    const names = [word]
    while (scanner.take('.')) {
      const member = scanner.takeIdentifier()
      if (member === undefined) throw scanner.problem('expected a name after the dot')
      names.push(member)
    }
    if (names.length > 1) return { kind: 'reference', names, place }
    // Without the word: it may be an access key.
    throw new SyntaxProblem('texts stand in double quotes', start)
  }

  #list(place: Place, depth: number): Located {
    const scanner = this.#scanner
    const items: Located[] = []
    for (;;) {
      scanner.skipSpace()
      if (scanner.take(']')) return { kind: 'list', items, place }
      if (scanner.atEnd) throw scanner.problem('expected ]')
      items.push(this.#value(depth + 1, 'an item of the list'))
      scanner.skipSpace()
      if (!scanner.take(',') && scanner.next !== ']') throw scanner.problem('expected a comma or ]')
    }
  }

  #map(place: Place, depth: number): Located {
    const scanner = this.#scanner
    const map = this.#newMap(scanner.offset - 1)
    for (;;) {
      scanner.skipSpace()
      if (scanner.take('}')) {
        map.lastLine = this.#lineOf(scanner.offset - 1)
        return { ...map, place }
      }
      const start = scanner.offset
      const name = scanner.takeString() ?? scanner.takeIdentifier()
      if (name === undefined) throw scanner.problem('expected a name or }')
      const known = map.entries.get(name)
      if (known !== undefined) {
        throw new SyntaxProblem(`${name} stands here and in line ${known.place.line}`, start)
      }
      scanner.skipBlanks()
      if (!scanner.take('=') && !scanner.take(':')) throw scanner.problem(`expected = after ${name}`)
      scanner.skipSpace()
      map.entries.set(name, { place: this.#placeAt(start), value: this.#value(depth + 1, name) })
      scanner.skipBlanks()
      if (!scanner.take(',') && !scanner.takeLineEnd() && scanner.next !== '}') {
        throw scanner.problem('expected a comma, the end of the line or }')
      }
    }
  }

  #newMap(offset = this.#scanner.offset): MutableMap {
    const place = this.#placeAt(offset)
    return { kind: 'map', entries: new Map(), place, lastLine: place.line }
  }

  #placeAt(offset: number): Place {
    return { file: this.file, line: this.#lineOf(offset) }
  }
}
