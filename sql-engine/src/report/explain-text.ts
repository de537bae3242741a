/** EXPLAIN's answer: what Millrace does, and PostgreSQL's plan under the names that the client knows. */

import { plural } from '../quota/statement-meter.js'
import type { ScanDescription } from './describe-scans.js'
import type { ScanRecord } from './scan-record.js'

export interface Explanation {
  readonly scans: readonly ScanDescription[]
  /** What has become of the scans; undefined without ANALYZE. */
  readonly records: readonly ScanRecord[] | undefined
}

/** The virtual table whose rows an internal relation holds. */
export interface KnownName {
  /** The relation's own schema. */
  readonly heldIn: string
  readonly schema: string
  readonly name: string
}

/** @param plan PostgreSQL's, line by line */
export function explainLines({ scans, records }: Explanation, plan: readonly string[]): readonly string[] {
  const title = records === undefined ? 'PostgreSQL, over tables that are yet to be filled:' : 'PostgreSQL:'
  return ['Millrace:', ...scans.flatMap((scan) => scanLines(scan, records)), title, ...plan]
}

function scanLines(scan: ScanDescription, records: readonly ScanRecord[] | undefined): readonly string[] {
  const { fromItem, number, after, isNeverRead, columns, pushed, kept, limit, calls, costs } = scan
  const { schema, definition: table } = fromItem.table
  const called = fromItem.name === table.name ? '' : ` ${fromItem.name}`
  const lines = [
    `Columns: ${columns.join(', ') || 'none'}`,
    ...pushed.map((condition) => `Pushed: ${condition}`),
    ...kept.map(({ condition, reason }) => `Kept: ${condition} (${reason})`),
    ...(limit === undefined ? [] : [`Limit: ${limit}`]),
    isNeverRead ? 'Calls: none, for none of its rows can reach the answer' : `Calls: ${calls}`,
    ...costs.map((cost) => `Cost: ${cost}`),
    ...(records ?? [])
      .filter((record) => record.fromItem === fromItem)
      .map((record) => recordLine(record, schema)),
  ]
  const waits = after.length === 0 ? '' : `, after ${after.join(', ')}`
  return [`  ${number}. ${schema}.${table.name}${called}${waits}`, ...lines.map((line) => `       ${line}`)]
}

function recordLine({ connection, cache, meter, milliseconds, error }: ScanRecord, schema: string): string {
  const through = connection === schema ? '' : ` through ${connection}`
  if (cache === 'none') return `Made${through}: nothing, for no row can fulfil the conditions`
  if (cache === 'shared')
    return `Made${through}: nothing, for another scan of the statement asks for the rows`
  const { calls, retries, throttles, innerCalls, rows, bytes } = meter
  const inner = innerCalls === 0 ? '' : ` (${innerCalls} made in turn)`
  const asked = `${plural(calls, 'call')}${inner}, ${retries} retried, ${throttles} throttled`
  const got = `${plural(rows, 'row')}, ${plural(bytes, 'byte')}`
  // For a scan that the statement went on without, or without some of its rows.
  const lacks = error === undefined ? '' : `; ${error}`
  return `Made${through}: ${asked}; ${got}; cache ${cache}; ${milliseconds.toFixed(3)} ms${lacks}`
}

/** Adds Millrace's part to PostgreSQL's JSON, as text: numbers beyond JavaScript's stay what they are. */
export function explainJson({ scans, records }: Explanation, plan: string): string {
  const end = plan.lastIndexOf('}')
  if (end < 0) return plan
  const own = JSON.stringify(
    scans.map((scan) => jsonScan(scan, records)),
    undefined,
    2,
  )
  const indented = own.replaceAll('\n', '\n    ')
  return `${plan.slice(0, end).trimEnd()},\n    "Millrace Scans": ${indented}\n  ${plan.slice(end)}`
}

function jsonScan(scan: ScanDescription, records: readonly ScanRecord[] | undefined) {
  const { fromItem, number, after, columns, pushed, kept, limit, calls, costs } = scan
  return {
    Number: number,
    Schema: fromItem.table.schema,
    Table: fromItem.table.definition.name,
    Alias: fromItem.name,
    After: after,
    Columns: columns,
    Pushed: pushed,
    Kept: kept.map(({ condition, reason }) => ({ Condition: condition, Reason: reason })),
    ...(limit === undefined ? {} : { Limit: limit }),
    Calls: calls,
    ...(costs.length === 0 ? {} : { Costs: costs }),
    ...(records === undefined
      ? {}
      : { Made: records.filter((one) => one.fromItem === fromItem).map(jsonRecord) }),
  }
}

function jsonRecord({ connection, cache, meter, milliseconds, error }: ScanRecord) {
  return {
    Connection: connection,
    Calls: meter.calls,
    Retries: meter.retries,
    Throttles: meter.throttles,
    'Inner Calls': meter.innerCalls,
    Rows: meter.rows,
    Bytes: meter.bytes,
    Cache: cache,
    'Total Time': Number(milliseconds.toFixed(3)),
    ...(error === undefined ? {} : { Error: error }),
  }
}

/**
 * Replaces the names of relations in PostgreSQL's plan by those of the virtual tables whose rows they hold.
 * @param names by the relations' own names
 */
export function withKnownNames(plan: string, names: ReadonlyMap<string, KnownName>): string {
  let renamed = plan
  for (const [relation, { heldIn, schema, name }] of names) {
    renamed = renamed
      // Text: `Seq Scan on pg_millrace_scan.s_1 alias`, with the schema if VERBOSE, and the alias if it is another name.
      .replace(
        new RegExp(`\\bon (${heldIn}\\.)?${relation}\\b( (?!\\()\\S+)?`, 'g'),
        (_, withSchema: string | undefined, alias: string | undefined) =>
          `on ${withSchema === undefined ? '' : `${schema}.`}${name}${alias?.trim() === name ? '' : (alias ?? '')}`,
      )
      // The other formats: name and schema stand in fields of their own, one after the other.
      .replace(
        new RegExp(
          `(\\bRelation.Name\\W{1,4})${relation}\\b(\\W+(?:/Relation-Name\\W+)?Schema\\W{1,4})${heldIn}\\b`,
          'g',
        ),
        (_, before: string, between: string) => `${before}${name}${between}${schema}`,
      )
      .replaceAll(`${heldIn}.${relation}`, `${schema}.${name}`)
      // Not the beginning of a longer number; but that of an index, or of a second reference.
      .replace(new RegExp(`\\b${relation}(?!\\d)`, 'g'), name)
  }
  return renamed
}
