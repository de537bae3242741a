/** The statements of a client's text, and whether they name virtual tables. */

import { functionName } from '../bind/function-columns.js'
import { once } from '../once.js'
import { BoundedMap } from '../parse/bounded-map.js'
import type { ParsedStatement, parseText } from '../parse/parser.js'
import { SourceText } from '../parse/source-text.js'
import type { Statement } from '../parse/statement.js'
import { executeOf, findAll, inside, type Node, relationsOf, stringsOf } from '../parse/syntax-tree.js'
import { mayNameSetting, unknownSettingOf } from '../settings/known-settings.js'

/** Texts whose analysis is remembered. Clients send the same ones over and over. */
const rememberedTexts = 1000
/** Longer texts are not remembered: there will be few of a kind, and they take memory. */
const longestRemembered = 32_768

/** Texts that may make a view or function, or prepare a statement, by which later ones reach a virtual table. */
const naming = /\b(?:view|function|rename|prepare)\b/i

/** What a materialized view reads is in its query, not in the text. */
const refreshing = /\brefresh\b/i

type Parse = typeof parseText

/** No start needs it, nor a text without a virtual table. */
let parse: Parse | undefined
const loadParser = once(async (): Promise<Parse> => {
  parse = (await import('../parse/parser.js')).parseText
  return parse
})

/** The parser, which {@link StatementTexts.analysable} has loaded. */
function parsed(text: string): ReturnType<Parse> {
  if (parse === undefined) throw new Error('the parser has not been loaded')
  return parse(text)
}

export class StatementTexts {
  /** The names of virtual tables, and of views and functions over them. */
  readonly #names: Set<string>
  /** The names of statements over these that SQL's PREPARE has made in some session. */
  readonly #prepared = new Set<string>()
  #anyName: RegExp | undefined
  #analysed = new BoundedMap<string, readonly Statement[] | undefined>(rememberedTexts)
  readonly #parsed = new BoundedMap<string, Node | undefined>(rememberedTexts)
  #readersHaveChanged = false

  /** @param names of all virtual tables, and of views and functions over them, without schemas */
  constructor(names: Iterable<string>) {
    this.#names = new Set(names)
    this.#prepareSearch()
  }

  /** See {@link StatementEngine.analysable}. */
  analysable(text: () => string): Promise<void> | undefined {
    if (parse !== undefined) return undefined
    const read = text()
    if (!naming.test(read) && !this.#mayName(read)) return undefined
    return this.preload()
  }

  /** Loads what the first text would wait for that may name a virtual table. */
  async preload(): Promise<void> {
    await loadParser()
  }

  /** See {@link StatementEngine.analyse}. */
  analyse(text: string): readonly Statement[] | undefined {
    if (naming.test(text)) this.#noteNames(text)
    if (!this.#mayName(text)) return undefined
    return this.#analysed.getOrAdd(text, text.length <= longestRemembered, () => this.#analyse(text))
  }

  #mayName(text: string): boolean {
    // A name that is spelt with Unicode escapes is not seen here; the foreign table itself then answers.
    const mayExecute = this.#prepared.size > 0 && /\bexecute\b/i.test(text)
    return (
      this.#anyName?.test(text) === true || mayExecute || refreshing.test(text) || mayNameSetting.test(text)
    )
  }

  /** The syntax tree of one statement's own text. */
  treeOf(statement: Statement): Node | undefined {
    const { text } = statement
    return this.#parsed.getOrAdd(text, text.length <= longestRemembered, () => parsed(text)?.[0]?.node)
  }

  /** Adds names of views and functions. A needless name costs one question to PostgreSQL whenever a statement contains it. */
  addNames(names: Iterable<string>): void {
    const before = this.#names.size
    for (const name of names) this.#names.add(name)
    if (this.#names.size > before) this.#prepareSearch()
  }

  /** Whether views or functions may have changed since this was last asked, in ways that the texts did not show. */
  takeReaderChange(): boolean {
    const hasChanged = this.#readersHaveChanged
    this.#readersHaveChanged = false
    return hasChanged
  }

  #prepareSearch(): void {
    // In a text, a quote within a name is written twice.
    const alternatives = [...this.#names].map((name) => name.replaceAll('"', '""').replace(/[^\w]/g, '\\$&'))
    this.#anyName =
      alternatives.length === 0
        ? undefined
        : // Not within a longer name.
          new RegExp(`(?<![\\w$])(?:${alternatives.join('|')})(?![\\w$])`, 'i')
    this.#analysed = new BoundedMap(rememberedTexts)
  }

  #noteNames(text: string): void {
    for (const { node } of parsed(text) ?? []) {
      const view = inside(node, 'ViewStmt')
      if (view !== undefined && this.#namesVirtualTable(view.query)) this.addNames([view.view?.relname ?? ''])
      const renaming = inside(node, 'RenameStmt')
      const old = renaming?.relation?.relname
      if (old !== undefined && this.#names.has(old)) this.addNames([renaming?.newname ?? ''])
      const function_ = inside(node, 'CreateFunctionStmt')
      // Its body is a text, or a tree.
      if (function_ !== undefined && this.#anyName?.test(text) === true) {
        this.addNames((stringsOf(function_.funcname) ?? []).slice(-1))
      }
      const preparation = inside(node, 'PrepareStmt')
      const { name, query } = preparation ?? {}
      if (name === undefined || !this.#namesVirtualTable(query) || this.#prepared.has(name)) continue
      this.#prepared.add(name)
      this.#analysed = new BoundedMap(rememberedTexts)
    }
    this.#readersHaveChanged ||= /\b(?:view|function|rename)\b/i.test(text)
  }

  #analyse(text: string): readonly Statement[] | undefined {
    const statements = parsed(text)
    if (statements === undefined) return undefined
    try {
      return this.#statementsOf(text, statements)
    } catch (error) {
      // Nested too deeply to be searched. Planning it reports that; PostgreSQL would ask for each table alone.
      if (!(error instanceof RangeError)) throw error
      return [{ text, start: 0, mayNameVirtualTables: true, needsTransaction: false }]
    }
  }

  #statementsOf(text: string, parsed: readonly ParsedStatement[]): readonly Statement[] | undefined {
    const source = new SourceText(text)
    const statements = parsed.map(
      ({ node, byteStart, byteLength }): Statement => ({
        text: source.slice(byteStart, byteLength === undefined ? undefined : byteStart + byteLength),
        start: source.charactersBefore(byteStart),
        mayNameVirtualTables: this.#mayNameVirtualTable(node),
        needsTransaction: needsTransaction(node),
      }),
    )
    return statements.some(({ mayNameVirtualTables }) => mayNameVirtualTables) ? statements : undefined
  }

  #mayNameVirtualTable(node: Node): boolean {
    // It is rejected when its turn comes.
    if (unknownSettingOf(node) !== undefined) return true
    const execute = executeOf(node)
    if (execute !== undefined) return this.#prepared.has(execute.name ?? '') && isPlanned(node)
    if (inside(node, 'RefreshMatViewStmt') !== undefined) return fillsMaterializedView(node)
    return isPlanned(node) && this.#namesVirtualTable(node)
  }

  #namesVirtualTable(value: unknown): boolean {
    return (
      relationsOf(value).some(({ relname }) => relname !== undefined && this.#names.has(relname)) ||
      findAll(value, 'RangeFunction').some((item) => this.#names.has(functionName(item) ?? ''))
    )
  }
}

/** A cursor that does not outlive its transaction; without one, PostgreSQL refuses it before it reads anything. */
function needsTransaction(node: Node): boolean {
  const cursor = inside(node, 'DeclareCursorStmt')
  return cursor !== undefined && ((cursor.options ?? 0) & cursorOptionHold) === 0
}

/** CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h. */
const cursorOptionHold = 0x0020

/** Whether a statement runs the query of a materialized view, which keeps the virtual tables' own names. */
export function fillsMaterializedView(node: Node): boolean {
  const create = inside(node, 'CreateTableAsStmt')
  if (create !== undefined) return create.objtype === 'OBJECT_MATVIEW' && create.into?.skipData !== true
  const refresh = inside(node, 'RefreshMatViewStmt')
  return refresh !== undefined && refresh.skipData !== true
}

/**
 * Whether a statement reads rows when it runs. Definitions of views and functions keep the foreign tables' names;
 * what they read later comes through those.
 */
function isPlanned(node: Node): boolean {
  const explain = inside(node, 'ExplainStmt')
  if (explain !== undefined)
    return explain.query !== undefined && isPlanned(explain.query) && !fillsMaterializedView(explain.query)
  const create = inside(node, 'CreateTableAsStmt')
  if (create !== undefined) {
    const isFilled = create.into?.skipData !== true
    return (create.objtype === 'OBJECT_TABLE' && isFilled) || fillsMaterializedView(node)
  }
  const copy = inside(node, 'CopyStmt')
  // Files on the server are for superusers; PostgreSQL then says so.
  if (copy !== undefined) return copy.filename === undefined
  return plannedTags.some((tag) => inside(node, tag) !== undefined)
}

const plannedTags = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'DeclareCursorStmt',
  'ExecuteStmt',
  'TruncateStmt',
] as const
