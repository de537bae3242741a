/** What a configuration file says, with the places where it says so, whatever syntax the file has. */

export interface Place {
  readonly file: string
  /** From 1. */
  readonly line: number
}

export type Located = LocatedScalar | LocatedReference | LocatedList | LocatedMap

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly place: Place
}

/** A name in HCL that stands for another block: `plugin.aws_slow`. */
export interface LocatedReference {
  readonly kind: 'reference'
  readonly names: readonly string[]
  readonly place: Place
}

export interface LocatedList {
  readonly kind: 'list'
  readonly items: readonly Located[]
  readonly place: Place
}

export interface LocatedMap {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, LocatedEntry>
  readonly place: Place
  readonly lastLine: number
}

export interface LocatedEntry {
  /** Of the name. */
  readonly place: Place
  readonly value: Located
}

/** Something wrong in a file. */
export interface SyntaxFault {
  readonly place: Place
  readonly message: string
  /** Which block or member is lost by it, from the root on, where that is known; everything in the file otherwise. */
  readonly lost?: readonly string[] | undefined
}

/** What a file says as far as it could be read. */
export interface ConfigurationDocument {
  readonly root: LocatedMap
  readonly faults: readonly SyntaxFault[]
}

/** A text that cannot be read. */
export class SyntaxProblem extends Error {
  /** @param offset where in the text */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message)
  }
}

/** How deep values may be nested; deeper ones would exhaust the stack. */
export const deepestNesting = 100

export const tooDeep = `values are nested more than ${deepestNesting} deep`

/** Finds the line of an offset in a text. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

export function emptyMap(file: string): LocatedMap {
  return { kind: 'map', entries: new Map(), place: { file, line: 1 }, lastLine: 1 }
}

/** A document of which nothing could be read. */
export function unreadable(place: Place, message: string): ConfigurationDocument {
  return { root: emptyMap(place.file), faults: [{ place, message }] }
}

/** The value without its places. A reference is the text that it was written as. */
export function plainValue(located: Located): unknown {
  switch (located.kind) {
    case 'scalar':
      return located.value
    case 'reference':
      return located.names.join('.')
    case 'list':
      return located.items.map(plainValue)
    case 'map':
      return Object.fromEntries([...located.entries].map(([name, { value }]) => [name, plainValue(value)]))
  }
}

/** The place of a value within another, or of the nearest one around it. */
export function placeOf(located: Located, path: readonly PropertyKey[]): Place {
  const [first, ...rest] = path
  if (first === undefined) return located.place
  if (located.kind === 'list') {
    const item = located.items[Number(first)]
    return item === undefined ? located.place : placeOf(item, rest)
  }
  if (located.kind !== 'map') return located.place
  const entry = located.entries.get(String(first))
  if (entry === undefined) return located.place
  return rest.length === 0 ? entry.place : placeOf(entry.value, rest)
}

/** As people are told: `/home/me/.millrace/config/aws.spc:12`. */
export function placeText({ file, line }: Place): string {
  return `${file}:${line}`
}
