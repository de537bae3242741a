/** The statements of a client's text, and whether they name virtual tables. */
import type { Statement } from '../statement.js'
import { BoundedMap } from './bounded-map.js'
import { SourceText } from './source-text.js'
import { findAll, inside, type Node, parseText, walk } from './syntax-tree.js'

/** Texts whose analysis is remembered. Clients send the same ones over and over. */
const rememberedTexts = 1000
/** Longer texts are not remembered: there will be few of a kind, and they take memory. */
const longestRemembered = 32_768

export class StatementTexts {
  readonly #names: ReadonlySet<string>
  readonly #anyName: RegExp | undefined
  readonly #analysed = new BoundedMap<string, readonly Statement[] | undefined>(rememberedTexts)
  readonly #parsed = new BoundedMap<string, Node | undefined>(rememberedTexts)

  /** @param names of all virtual tables, without schemas */
  constructor(names: Iterable<string>) {
    this.#names = new Set(names)
    // In a text, a quote within a name is written twice.
    const alternatives = [...this.#names].map((name) => name.replaceAll('"', '""').replace(/[^\w]/g, '\\$&'))
    this.#anyName = alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'i')
  }

  /** See {@link StatementEngine.analyse}. */
  analyse(text: string): readonly Statement[] | undefined {
    // A name that is spelt with Unicode escapes is not seen here; the foreign table itself then answers.
    if (this.#anyName?.test(text) !== true) return undefined
    return this.#analysed.getOrAdd(text, text.length <= longestRemembered, () => this.#analyse(text))
  }

  /** The syntax tree of one statement's own text. */
  treeOf(statement: Statement): Node | undefined {
    const { text } = statement
    return this.#parsed.getOrAdd(text, text.length <= longestRemembered, () => parseText(text)?.[0]?.node)
  }

  #analyse(text: string): readonly Statement[] | undefined {
    const parsed = parseText(text)
    if (parsed === undefined) return undefined
    const source = new SourceText(text)
    const statements = parsed.map(
      ({ node, byteStart, byteLength }): Statement => ({
        text: source.slice(byteStart, byteLength === undefined ? undefined : byteStart + byteLength),
        start: source.charactersBefore(byteStart),
        mayNameVirtualTables: isPlanned(node) && this.#namesVirtualTable(node),
      }),
    )
    return statements.some(({ mayNameVirtualTables }) => mayNameVirtualTables) ? statements : undefined
  }

  #namesVirtualTable(node: Node): boolean {
    return findAll(node, 'RangeVar').some(({ relname }) => relname !== undefined && this.#names.has(relname))
  }
}

/**
 * Whether a statement reads rows when it runs. Definitions of views, functions and materialized views keep
 * the foreign tables' names; what they read later comes through those.
 */
function isPlanned(node: Node): boolean {
  const explain = inside(node, 'ExplainStmt')
  if (explain !== undefined)
    return explain.query !== undefined && isAnalyze(explain.options) && isPlanned(explain.query)
  const create = inside(node, 'CreateTableAsStmt')
  if (create !== undefined) return create.objtype === 'OBJECT_TABLE'
  const copy = inside(node, 'CopyStmt')
  if (copy !== undefined) return copy.query !== undefined && copy.is_from !== true
  return plannedTags.some((tag) => inside(node, tag) !== undefined)
}

const plannedTags = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'DeclareCursorStmt',
] as const

/** EXPLAIN without ANALYZE runs nothing. */
function isAnalyze(options: readonly Node[] | undefined): boolean {
  let analyze = false
  walk(options, (object) => {
    const element = inside(object as unknown as Node, 'DefElem')
    if (element?.defname === 'analyze') {
      const argument = element.arg
      const value = argument && (inside(argument, 'String')?.sval ?? inside(argument, 'Integer')?.ival ?? 0)
      analyze = argument === undefined || !['false', 'off', '0', 0].includes(value ?? 0)
    }
    return undefined
  })
  return analyze
}
