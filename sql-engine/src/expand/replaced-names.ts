/** What keeps the name of a view or function from being replaced by its query. */
import type { Binding } from '../bind/binding.js'
import { parseText } from '../parse/parser.js'
import { findAll, inside, type Node, relationsOf, stringsOf } from '../parse/syntax-tree.js'

export function namesOfCtes(statement: Node): ReadonlySet<string | undefined> {
  return new Set(findAll(statement, 'CommonTableExpr').map(({ ctename }) => ctename))
}

/** Whether a name in a query would be taken for a CTE of the statement around it. */
export function isCaught(definition: string, ctes: ReadonlySet<string | undefined>): boolean {
  if (ctes.size === 0) return false
  const [query] = parseText(definition) ?? []
  return relationsOf(query?.node).some(
    ({ schemaname, relname }) => schemaname === undefined && ctes.has(relname),
  )
}

/** Functions whose result for a row does not depend on the name of its type. */
const ofAnyRow = new Set(['count', 'row_to_json', 'to_json', 'to_jsonb', 'json_agg', 'jsonb_agg'])

/** Names that may stand for whole rows: a row of a view or function has a type of its own, a subquery's has not. */
export function namesOfRows(statement: Node, binding: Binding): ReadonlySet<string> {
  const harmless = new Set(
    findAll(statement, 'FuncCall')
      .filter(({ funcname }) => ofAnyRow.has(stringsOf(funcname)?.at(-1) ?? ''))
      .flatMap(({ args }) => (args ?? []).map((argument) => inside(argument, 'ColumnRef'))),
  )
  return new Set(
    findAll(statement, 'ColumnRef')
      .filter((reference) => binding.columnOf(reference) === undefined && !harmless.has(reference))
      .flatMap((reference) => stringsOf(reference.fields)?.at(-1) ?? []),
  )
}
