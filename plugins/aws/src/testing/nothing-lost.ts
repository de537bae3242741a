/** Conditions that become filters of EC2 must not lose a row, whatever their values are. */
import type { Columns, Quals, Table } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AwsConnection } from '../connection/connection.js'
import { type AwsHarness, kept } from './aws-harness.js'

/** Values that mean something else in a filter, or nothing. */
const nasty = [
  '*',
  '?',
  '\\',
  '',
  'vpc',
  'i-*',
  'i-?',
  'x\\*',
  '54.85.112.7',
  '2600:1f18::1',
  'no such',
  'true',
]

/**
 * Asks with random conditions, of values that rows have and others, and compares what PostgreSQL would keep of the answer
 * with what it would keep of all rows.
 * @param keys the keys with filters, of which those with `=` on text, addresses and booleans are asked with
 */
export async function expectNothingLost<TableColumns extends Columns>(
  harness: AwsHarness,
  table: Table<AwsConnection, TableColumns>,
  keys: object,
  more: readonly string[] = [],
): Promise<void> {
  const connection = harness.connect()
  const columns = Object.keys(table.columns).filter(
    (column) => !Object.values(table.hydrate ?? {}).some((hydrate) => hydrate.columns.includes(column)),
  )
  const everything = await harness.rows(table, { connection, columns })
  const sorted = (rows: typeof everything) => rows.map((row) => JSON.stringify(row, jsonable)).sort()
  const qualOn = (column: string) => {
    const known = everything.flatMap((row): unknown[] => (row[column] == null ? [] : [row[column]]))
    const isBoolean = table.columns[column]?.type === 'boolean'
    const others: readonly unknown[] = isBoolean ? [true, false] : [...nasty, ...more]
    const other = fc.constantFrom(...others)
    const value =
      known.length === 0 ? other : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, other)
    const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 })
    return values.map((list) => [{ operator: '=', values: list }])
  }
  const entries = Object.keys(keys).map((column) => [column, qualOn(column)] as const)
  const someQuals = fc
    .uniqueArray(fc.constantFrom(...entries), { minLength: 1, maxLength: 2, selector: ([column]) => column })
    .chain((chosen) => fc.record(Object.fromEntries(chosen)))
    // The values are of the columns' types, as the rows' are.
    .map((quals) => quals as Quals<TableColumns>)
  let narrowed = 0
  await fc.assert(
    fc.asyncProperty(someQuals, async (quals) => {
      const fetched = await harness.rows(table, { connection, columns, quals })
      if (fetched.length < everything.length) narrowed++
      expect(sorted(kept(fetched, quals))).toEqual(sorted(kept(everything, quals)))
    }),
    { numRuns: 50 },
  )
  expect(narrowed).toBeGreaterThan(10)
}

function jsonable(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
