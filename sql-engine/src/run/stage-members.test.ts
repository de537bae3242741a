/** What rows of an aggregator's members are kept under. */
import { type ColumnType, inet } from '@millrace/plugin-sdk'
import { expect, test } from 'vitest'
import { cacheSource } from '../cache/cache-source.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { countingPlugin } from '../testing/counting-plugin.js'
import { memberSource } from './stage-members.js'

const { plugin } = countingPlugin({ place: { columns: { ip: inet('Address') }, keys: {}, rows: [] } })
const [place] = plugin.tables
if (place === undefined) throw new Error('the plugin has no table')
const table = place

/** @param databaseType another than inet where a view has kept the column as it was */
function placeOf(schema: string, oid: number, databaseType: ColumnType): VirtualTable {
  const column = { name: 'ip', type: 'inet' as const, databaseType, attnum: 1, description: 'Address' }
  return {
    oid,
    formerOids: [],
    schema,
    definition: table,
    connection: { name: schema, plugin, tables: { kind: 'found', tables: [table] } },
    columns: [column],
    failure: undefined,
  }
}

const everyone = placeOf('everyone', 1, 'inet')
const tables = [
  everyone,
  placeOf('alike', 2, 'inet'),
  placeOf('other', 3, 'text'),
  placeOf('third', 4, 'text'),
]
const ids = new Map(tables.map(({ schema }, index) => [schema, 10 + index]))
const memberOf = (name: string) => ({ name, id: ids.get(name) ?? 0 })
const tableNamed = (schema: string) => tables.find((one) => one.schema === schema)
const sourceOf = (name: string) => memberSource(everyone, memberOf(name), { tableNamed })
const ownSourceOf = (one: VirtualTable) => cacheSource(one, memberOf(one.schema))

test("a member's rows are those of its own table, where that has the same columns", () => {
  expect([sourceOf('alike')]).toEqual(tables.filter(({ oid }) => oid === 2).map(ownSourceOf))
})

test("where it has not, they are neither its table's nor another member's", () => {
  const own = tables.map(ownSourceOf)
  expect(own).not.toContain(sourceOf('other'))
  expect(sourceOf('other')).not.toBe(sourceOf('third'))
})
