/**
 * SQL functions over virtual tables in FROM: their queries are put in place of the calls, as PostgreSQL does it itself,
 * so that keys and conditions reach the tables in them.
 */
import type { Binding } from '../bind/binding.js'
import { callOf } from '../bind/function-columns.js'
import type { TableFunction } from '../catalog/table-functions.js'
import { quoteIdentifier } from '../parse/identifier.js'
import { parseText } from '../parse/parser.js'
import { type Edit, SourceText } from '../parse/source-text.js'
import { findAll, type Inside, inside, type Node, stringsOf } from '../parse/syntax-tree.js'
import { type Span, TokenPositions } from '../parse/token-positions.js'
import { isCaught, namesOfCtes, namesOfRows } from './replaced-names.js'
import { withParameters } from './replaced-parameters.js'

type RangeFunction = Inside<'RangeFunction'>

/** Says what a call in FROM is of; undefined where its query must not take its place. */
export type TableFunctionOf = (item: RangeFunction) => TableFunction | undefined

/** The name of the query's result among the names that the replacement makes. */
const resultName = 'millrace_result'

/** What an unnamed parameter is called; by its place, from 1 on. */
const parameterName = (place: number) => `millrace_parameter_${place}`

/** The edits that expand a statement's calls; none for those that are more than their queries where they stand. */
export function functionEdits(
  text: string,
  statement: Node,
  binding: Binding,
  functionOf: TableFunctionOf,
): readonly Edit[] {
  const calls = findAll(statement, 'RangeFunction').flatMap((item) => {
    const of = functionOf(item)
    return of === undefined ? [] : [{ item, of }]
  })
  if (calls.length === 0) return []
  const source = new SourceText(text)
  const tokens = new TokenPositions(text)
  const rows = namesOfRows(statement, binding)
  const ctes = namesOfCtes(statement)
  const edits = calls
    .flatMap(({ item, of }) => {
      if (isCaught(of.body, ctes)) return []
      return editOf(item, of, rows, source, tokens) ?? []
    })
    .sort((left, right) => left.start - right.start)
  // A call among another one's arguments waits until that is expanded.
  return edits.filter(({ start }, index) => edits.slice(0, index).every(({ end }) => end <= start))
}

function editOf(
  item: RangeFunction,
  of: TableFunction,
  rows: ReadonlySet<string>,
  source: SourceText,
  tokens: TokenPositions,
): Edit | undefined {
  const call = callOf(item)
  const names = stringsOf(call?.funcname)
  const name = names?.at(-1)
  if (call === undefined || names === undefined || name === undefined) return undefined
  const place = placeOf(call.location ?? 0, names.length, tokens)
  if (place === undefined || place.arguments.length !== of.parameters.length) return undefined
  if ((call.args ?? []).some((argument) => inside(argument, 'NamedArgExpr') !== undefined)) return undefined
  const alias = item.alias?.aliasname ?? name
  // The one column of a scalar result is called as the item is, which then means the column.
  const columns = of.columns.map(([column, type]) => ({ name: column ?? alias, type }))
  if (rows.has(alias) && !columns.some((column) => column.name === alias)) return undefined
  const parameters = of.parameters.map(([parameter], index) => parameter ?? parameterName(index + 1))
  const query = queryOf(name, parameters, columns.length, of.body)
  if (query === undefined) return undefined
  const values = of.parameters.map(([, type], index) => {
    const { start = 0, end } = place.arguments[index] ?? {}
    return `(${source.slice(start, end)})::${type}`
  })
  const given = columns.map((column) => {
    const quoted = quoteIdentifier(column.name)
    return `${resultName}.${quoted}::${column.type} AS ${quoted}`
  })
  const from = [
    ...(values.length === 0 ? [] : [`(SELECT ${values.join(', ')}) AS ${withNames(name, parameters)}`]),
    `LATERAL (${query}) AS ${withNames(
      resultName,
      columns.map((column) => column.name),
    )}`,
  ]
  const lateral = item.lateral === true ? '' : 'LATERAL '
  const as = item.alias === undefined ? ` AS ${quoteIdentifier(name)}` : ''
  const replacement = `${lateral}(SELECT ${given.join(', ')} FROM ${from.join(', ')})${as}`
  return { ...place.whole, replacement }
}

/** An alias with the names of columns. */
function withNames(alias: string, columns: readonly string[]): string {
  return `${quoteIdentifier(alias)} (${columns.map(quoteIdentifier).join(', ')})`
}

interface CallPlace {
  /** From the name to the closing bracket. */
  readonly whole: Span
  readonly arguments: readonly Span[]
}

/** Where a call and its arguments stand. */
function placeOf(start: number, parts: number, tokens: TokenPositions): CallPlace | undefined {
  const name = tokens.spanOfName(start, parts)
  const [opening, ...inner] = tokens.from(start).filter((token) => token.start >= name.end)
  if (opening?.text !== '(') return undefined
  const spans: Span[] = []
  let depth = 0
  let from = opening.end
  for (const token of inner) {
    if (depth === 0 && (token.text === ',' || token.text === ')')) {
      if (token.text === ',' || spans.length > 0 || token !== inner[0])
        spans.push({ start: from, end: token.start })
      from = token.end
      if (token.text === ')') return { whole: { start, end: token.end }, arguments: spans }
    } else if (token.text === '(' || token.text === '[') depth++
    else if (token.text === ')' || token.text === ']') depth--
  }
  return undefined
}

/**
 * A function's query, its parameters named: as in the function, a name is first one of the query's own columns. Undefined
 * for one that is more than a query, or whose names would mean something else.
 */
function queryOf(
  name: string,
  parameters: readonly string[],
  columns: number,
  body: string,
): string | undefined {
  const text = body.replace(/^\s*BEGIN\s+ATOMIC\s|;?\s*END\s*$/gi, '').replace(/;\s*$/, '')
  const [parsed, ...others] = parseText(text) ?? []
  const select = inside(parsed?.node, 'SelectStmt')
  if (parsed === undefined || select === undefined || others.length > 0) return undefined
  if (findAll(parsed.node, 'LockingClause').length > 0 || select.intoClause !== undefined) return undefined
  // It would be expanded without end.
  if (findAll(parsed.node, 'FuncCall').some(({ funcname }) => stringsOf(funcname)?.at(-1) === name))
    return undefined
  // An item of its own would be found first by the name that its parameters go with.
  const takenNames = [
    ...findAll(parsed.node, 'RangeVar').map(({ relname, alias }) => alias?.aliasname ?? relname),
    ...findAll(parsed.node, 'Alias').map(({ aliasname }) => aliasname),
  ]
  if (takenNames.includes(name) || takenNames.includes(resultName)) return undefined
  if (!givesColumns(select, columns)) return undefined
  const named = parameters.map((parameter) => `${quoteIdentifier(name)}.${quoteIdentifier(parameter)}`)
  return withParameters(text, parsed.node, named)
}

/** Whether each column of a result is one of the query's: it may also give the whole row as one. */
function givesColumns(select: Inside<'SelectStmt'>, count: number): boolean {
  if (select.larg !== undefined) return givesColumns(select.larg, count)
  if (select.valuesLists !== undefined) {
    return select.valuesLists.every((list) => inside(list, 'List')?.items?.length === count)
  }
  const targets = select.targetList ?? []
  const hasStar = targets.some((target) => {
    const last = inside(inside(target, 'ResTarget')?.val, 'ColumnRef')?.fields?.at(-1)
    return last !== undefined && inside(last, 'A_Star') !== undefined
  })
  return hasStar || targets.length === count
}
