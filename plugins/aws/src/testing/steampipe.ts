/** Steampipe's columns and keys of a table, so that queries written for it run unchanged. */
import type { Columns, Key, Table } from '@millrace/plugin-sdk'
import { describe, expect, test } from 'vitest'

export interface SteampipeTable {
  /**
   * Name and type, in its order. Its columns on the connection (sp_connection_name, sp_ctx, _ctx) are not here: the
   * engine gives them to every table.
   */
  readonly columns: readonly `${string} ${string}`[]
  /** Its key columns, with what it takes of conditions on them: `optional = <>`. */
  readonly keys: Readonly<Record<string, `${'required' | 'any-of' | 'optional'} ${string}`>>
}

/** Declares the tests that compare a table with Steampipe's of the same name. */
export function testSteampipe<Connection, TableColumns extends Columns>(
  table: Table<Connection, TableColumns>,
  { columns, keys }: SteampipeTable,
): void {
  describe("as Steampipe's", () => {
    test('columns, in its order, with its types', () => {
      const names = columns.map((column) => column.slice(0, column.indexOf(' ')))
      const ours = Object.entries(table.columns).filter(([name]) => names.includes(name))
      expect(columns.length).toBeGreaterThan(5)
      expect(ours.map(([name, { type }]) => `${name} ${type}`)).toEqual(columns)
    })

    test.each(Object.entries(keys))('conditions on %s reach the API (%s)', (column, expected) => {
      const key = new Map(Object.entries<Key | undefined>(table.keys)).get(column)
      const [required, ...operators] = expected.split(' ')
      expect(key?.require ?? 'optional').toBe(required)
      expect(key?.operators).toEqual(expect.arrayContaining(operators))
    })
  })
}
