/**
 * Which of a table's rows PostgreSQL computes something of is up to its plan. Over ordinary tables it may divide by zero
 * in a row that an index would have spared it, as a key or the first rows by an order spare the virtual ones.
 */

import { quoteIdentifier } from '@millrace/sql-engine/parse/identifier'
import { type Call, rowsFor } from '@millrace/sql-engine/testing/counting-plugin'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import type { FuzzHarness } from './fuzz-harness.js'
import { isSameOutcome } from './outcome-kind.js'

/** Whether PostgreSQL, over those rows alone that a statement fetches, gives the answer that the virtual tables give. */
export async function isAnswerOverFetched(
  harness: FuzzHarness,
  query: RandomQuery,
  set: number,
): Promise<boolean> {
  if (harness.keepsRows) harness.engine.forgetRows()
  const counted = harness.calls[set] ?? []
  counted.length = 0
  const virtual = await harness.virtual(query, set)
  const calls = [...counted]
  return isSameOutcome(virtual, await harness.expected(overFetched(query, calls, harness, set), set))
}

/** A statement over the rows of its calls: the tables that they ask become CTEs of those names. */
export function overFetched(
  query: RandomQuery,
  calls: readonly Call[],
  { tables, rows }: Pick<FuzzHarness, 'tables' | 'rows'>,
  set: number,
): RandomQuery {
  const ctes = Object.entries(tables).flatMap(([name, { columns }]) => {
    const asked = calls.filter(({ table }) => table === name)
    if (asked.length === 0) return []
    const all = rows[set]?.[name] ?? []
    const fetched = new Set(asked.flatMap((call) => rowsFor(call, { columns, rows: all }, 'every operator')))
    const numbers = all.flatMap((row, index) => (fetched.has(row) ? [index + 1] : []))
    const numbered = `select one as kept, row_number() over (order by one.ctid) as n from oracle_${set}.${name} as one`
    return `${quoteIdentifier(name)} as materialized (select (kept).* from (${numbered}) as numbered where n = any ('{${numbers.join()}}'))`
  })
  if (ctes.length === 0) return query
  const [own = '', recursive = ''] = /^\s*with\s+(recursive\s+)?/i.exec(query.text) ?? []
  const others = query.text.slice(own.length)
  return { ...query, text: `with ${recursive}${ctes.join(', ')}${own === '' ? ' ' : ', '}${others}` }
}
