/** The option --explain: what a statement would ask, and nothing asked. */
import type { Statement } from '../sql/statements.js'
import { UserError } from '../user-error.js'

/** Statements that EXPLAIN takes: https://www.postgresql.org/docs/18/sql-explain.html */
const explainable = /^(?:select|with|values|table|insert|update|delete|merge|execute|declare|create|\()$/

/** Statements that ask nothing by themselves, and that others may need: settings, transactions, prepared ones. */
const harmless =
  /^(?:set|reset|show|begin|start|commit|end|rollback|abort|savepoint|release|prepare|deallocate)$/

/**
 * @returns what has to stand before a statement so that it asks nothing
 * @throws UserError for a statement that cannot be explained
 */
export function explainPrefix({ text, tokens }: Statement): string {
  const [first, second] = tokens.map(({ start, end }) => text.slice(start, end).toLowerCase())
  if (first === undefined || harmless.test(first)) return ''
  const asks = tokens.slice(1).some(({ start, end }) => /^analy[sz]e$/i.test(text.slice(start, end)))
  if (first === 'explain' && !asks) return ''
  const plain = explainable.test(first) && (first !== 'create' || createsFromQuery(text, second))
  if (plain) return 'EXPLAIN (COSTS OFF) '
  throw new UserError(`--explain runs no ${first.toUpperCase()} statement: only what EXPLAIN can show`, 2)
}

/** CREATE TABLE … AS and CREATE MATERIALIZED VIEW. EXPLAIN refuses other tables. */
function createsFromQuery(text: string, second: string | undefined): boolean {
  return (
    /^(?:table|unlogged|temp|temporary|local|global|materialized)$/.test(second ?? '') && /\bas\b/i.test(text)
  )
}
