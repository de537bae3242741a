import { escapeIdentifier } from 'pg'
import type { CatalogColumn } from '../catalog/virtual-table.js'

/**
 * Rows up to this many bytes are stored as they are; by default PostgreSQL compresses values of rows from 2 kB on.
 * Writing takes as long either way, and reading half as long without. 8160 is the largest value that it allows.
 */
const toastTupleTarget = 8160

export function createScanTable(qualifiedName: string, columns: readonly CatalogColumn[]): string {
  const definitions = columns.map(({ name, databaseType }) => `${escapeIdentifier(name)} ${databaseType}`)
  return `CREATE UNLOGGED TABLE ${qualifiedName} (${definitions.join(', ')}) WITH (
    autovacuum_enabled = false, toast.autovacuum_enabled = false, toast_tuple_target = ${toastTupleTarget})`
}

/**
 * FREEZE makes the rows visible even to a transaction with an older snapshot. It requires that the table is made in
 * the same transaction.
 */
export function copyIntoScanTable(qualifiedName: string, filled: readonly string[]): string {
  return `COPY ${qualifiedName} (${columnList(filled)}) FROM STDIN WITH (FREEZE)`
}

/**
 * Analyzes a scan table: without statistics the planner guesses. The sample is small, since it only has to choose
 * join orders.
 */
export function analyzeScanTable(qualifiedName: string, filled: readonly string[]): string {
  return `SET LOCAL default_statistics_target = 10; ANALYZE ${qualifiedName} (${columnList(filled)})`
}

/** The rows of a scan table that count, by a condition on them; undefined for all. */
export interface CountedRows {
  readonly qualifiedName: string
  readonly condition: string | undefined
}

/**
 * Makes a view, so that nothing is copied. Its columns are those of the tables. One that a role may read in place of the
 * tables keeps its rows from the role's own functions until they are known to count.
 */
export function createCombinedView(
  qualifiedName: string,
  parts: readonly CountedRows[],
  reader?: string,
): string {
  const selects = parts.map(({ qualifiedName, condition }) => {
    const all = `SELECT * FROM ${qualifiedName}`
    return condition === undefined ? all : `${all} WHERE ${condition}`
  })
  const query = selects.join(' UNION ALL ')
  if (reader === undefined) return `CREATE VIEW ${qualifiedName} AS ${query}`
  const isPart = parts.some(({ condition }) => condition !== undefined)
  const barrier = isPart ? ' WITH (security_barrier)' : ''
  return `CREATE VIEW ${qualifiedName}${barrier} AS ${query};
    GRANT SELECT ON ${qualifiedName} TO ${escapeIdentifier(reader)}`
}

function columnList(names: readonly string[]): string {
  return names.map((name) => escapeIdentifier(name)).join(', ')
}
