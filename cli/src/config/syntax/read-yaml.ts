/** YAML with the places of its values. */
import { isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import {
  type ConfigurationDocument,
  deepestNesting,
  emptyMap,
  type Located,
  type LocatedEntry,
  type Place,
  SyntaxProblem,
  tooDeep,
  unreadable,
} from './located.js'

/** The most values of a file. Aliases of aliases could stand for any number. */
const mostValues = 200_000

/**
 * Reads a YAML text. What is wrong is told without an excerpt of the text, which may hold an access key.
 * @param file as places name it
 */
export function readYaml(file: string, text: string): ConfigurationDocument {
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => ({ file, line: Math.max(1, lines.linePos(offset).line) })
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core' })
  const [error] = parsed.errors
  if (error !== undefined) {
    // Some messages end with a part of the text.
    const [said = ''] = error.message.split(': ')
    return unreadable(placeAt(error.pos[0]), `is not YAML: ${said}`)
  }
  let values = 0
  /** By their anchors, as far as they have been met; a later one of a name replaces an earlier one. */
  const anchored = new Map<string, Node>()
  const locate = (node: unknown, depth: number, around: number): Located => {
    const offset = offsetOf(node) ?? around
    const place = placeAt(offset)
    if (depth > deepestNesting) throw new SyntaxProblem(tooDeep, offset)
    if (++values > mostValues) throw new SyntaxProblem('there are too many values', offset)
    if (isAlias(node)) {
      const meant = anchored.get(node.source)
      if (meant === undefined) throw new SyntaxProblem('the alias has no anchor before it', offset)
      return locate(meant, depth + 1, offset)
    }
    if (isCollection(node) || isScalar(node)) {
      if (node.anchor !== undefined) anchored.set(node.anchor, node)
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => locate(item, depth + 1, offset)), place }
    }
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }): [string, LocatedEntry] => {
        const at = offsetOf(key) ?? offset
        const name = isScalar(key) ? String(key.value) : String(key)
        return [name, { place: placeAt(at), value: locate(value, depth + 1, at) }]
      })
      const end = node.range?.[1] ?? offset
      return {
        kind: 'map',
        entries: new Map(entries),
        place,
        lastLine: placeAt(Math.max(offset, end - 1)).line,
      }
    }
    return { kind: 'scalar', value: scalarValue(isScalar(node) ? node.value : null), place }
  }
  try {
    const root = locate(parsed.contents, 0, 0)
    if (root.kind === 'map') return { root, faults: [] }
    // A file of comments only.
    if (root.kind === 'scalar' && root.value === null) return { root: emptyMap(file), faults: [] }
    return unreadable(root.place, 'expected names with values: name: value')
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    return unreadable(placeAt(problem.offset), problem.message)
  }
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0]
}

function scalarValue(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
