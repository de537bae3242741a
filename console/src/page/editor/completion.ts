/** What the catalog offers while one types. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { PostgreSQL, type SQLNamespace, sql } from '@codemirror/lang-sql'
import type { Extension } from '@codemirror/state'
import type { CatalogColumn, CatalogTable } from '../../protocol/messages.js'
import { statementAt } from './statements.js'

/** The language with the names of the catalog: tables by themselves, and by their connections. */
export function sqlLanguage(tables: readonly CatalogTable[]): Extension {
  const connections: Record<string, Record<string, SQLNamespace>> = {}
  const names: Record<string, SQLNamespace> = {}
  for (const table of tables) {
    const entry = {
      self: described(table.name, 'class', table.connection, table.description),
      children: table.columns.map(columnCompletion),
    }
    names[table.name] ??= entry
    connections[table.connection] ??= {}
    const ofConnection = connections[table.connection]
    if (ofConnection !== undefined) ofConnection[table.name] = entry
  }
  for (const [connection, children] of Object.entries(connections)) {
    names[connection] ??= { self: described(connection, 'namespace', 'connection', null), children }
  }
  const language = sql({ dialect: PostgreSQL, schema: names })
  return [language, PostgreSQL.language.data.of({ autocomplete: columnsOf(tables) })]
}

function columnCompletion(column: CatalogColumn): Completion {
  const { name, type, description, operators } = column
  const key = operators === null ? '' : `  key ${operators.join(' ')}`
  return { ...described(name, 'property', `${type}${key}`, description), boost: operators === null ? 0 : 1 }
}

function described(label: string, type: string, detail: string, info: string | null): Completion {
  return { label, type, detail, ...(info === null ? {} : { info }) }
}

/** Columns of the tables that the statement names, without a table before them. */
function columnsOf(tables: readonly CatalogTable[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w$]*/)
    if (word === null || (word.from === word.to && !context.explicit)) return null
    if (context.state.sliceDoc(word.from - 1, word.from) === '.') return null
    const statement = statementAt(context.state, context.pos)
    if (statement === undefined) return null
    const named = new Set(statement.sql.match(/[\w$]+/g))
    const columns = new Map<string, Completion>()
    for (const { name, columns: ofTable } of tables) {
      if (!named.has(name)) continue
      for (const column of ofTable) {
        if (!columns.has(column.name)) columns.set(column.name, columnCompletion(column))
      }
    }
    return columns.size === 0
      ? null
      : { from: word.from, options: [...columns.values()], validFor: /^[\w$]*$/ }
  }
}
