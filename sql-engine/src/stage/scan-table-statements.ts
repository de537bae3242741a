import { escapeIdentifier } from 'pg'
import type { CatalogColumn } from '../catalog/virtual-table.js'

/**
 * Rows up to so many bytes are kept as they are; by default PostgreSQL compresses values of rows from 2 kB on.
 * Writing takes as long either way, reading half as long without. 8160 is the most that it allows.
 */
const toastTupleTarget = 8160

export function createScanTable(qualifiedName: string, columns: readonly CatalogColumn[]): string {
  const definitions = columns.map(({ name, databaseType }) => `${escapeIdentifier(name)} ${databaseType}`)
  return `CREATE UNLOGGED TABLE ${qualifiedName} (${definitions.join(', ')}) WITH (
    autovacuum_enabled = false, toast.autovacuum_enabled = false, toast_tuple_target = ${toastTupleTarget})`
}

/**
 * FREEZE makes the rows visible also to a transaction whose snapshot is older than they are. It wants the
 * table to be made in the same transaction.
 */
export function copyIntoScanTable(qualifiedName: string, filled: readonly string[]): string {
  return `COPY ${qualifiedName} (${columnList(filled)}) FROM STDIN WITH (FREEZE)`
}

/** Without statistics the planner guesses; the sample is small, for it is to choose join orders and no more. */
export function analyzeScanTable(qualifiedName: string, filled: readonly string[]): string {
  return `SET LOCAL default_statistics_target = 10; ANALYZE ${qualifiedName} (${columnList(filled)})`
}

/** Rows of a scan table that count, by a condition on them; undefined for all. */
export interface CountedRows {
  readonly qualifiedName: string
  readonly condition: string | undefined
}

/** A view, so that nothing is copied. Its columns are those of the tables. */
export function createCombinedView(qualifiedName: string, parts: readonly CountedRows[]): string {
  const selects = parts.map(({ qualifiedName, condition }) => {
    const all = `SELECT * FROM ${qualifiedName}`
    return condition === undefined ? all : `${all} WHERE ${condition}`
  })
  return `CREATE VIEW ${qualifiedName} AS ${selects.join(' UNION ALL ')}`
}

function columnList(names: readonly string[]): string {
  return names.map((name) => escapeIdentifier(name)).join(', ')
}
