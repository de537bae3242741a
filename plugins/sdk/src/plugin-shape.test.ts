import { expect, test } from 'vitest'
import { z } from 'zod'
import { bigint, inet, text } from './column.js'
import { definePlugin, type Plugin } from './plugin.js'
import { checkPlugin, checkTables } from './plugin-shape.js'
import { type Table, tablesOf } from './table.js'

const user = tablesOf<null>()({
  name: 'acme_user',
  description: 'Users.',
  columns: { id: bigint('Its number.'), name: text('Its name.'), address: inet('Where it is.') },
  keys: {
    id: { operators: ['=', '<'], valuesPerCall: 1, exact: ['='], inherent: true, immutable: true },
    address: { operators: ['='], hostsOnly: true, require: 'optional' },
  },
  orders: { id: ['asc', 'desc'] },
  cache: { ttl: 60, lookup: 'id', persist: true },
  async *list() {},
  get: { id: { async *list() {} } },
  hydrate: { more: { columns: ['name'], optional: ['Denied'], fetch: async () => ({}) } },
  calls: [{ name: 'GetUser', permission: 'acme:GetUser' }],
  examples: [{ title: 'All', sql: 'select * from acme_user' }],
})

const parts = { column: 'id', decidedBy: ['id'], ttl: 60, async *list() {} }

const acme = definePlugin({
  name: 'acme',
  description: 'Acme.',
  version: '1.0.0',
  config: z.null(),
  connect: () => null,
  identity: () => 'acme',
  close: () => {},
  concurrency: 10,
  startingConcurrency: 2,
  limits: () => ({}),
  account: () => undefined,
  check: async () => ({ facts: {} }),
  preload: async () => {},
  tables: [user],
})

/** As JavaScript may have it, whatever the types say. */
type Loosely<Shape> = { readonly [Name in keyof Shape]?: unknown }

function faultOf(value: unknown): string | undefined {
  const checked = checkPlugin(value)
  return 'fault' in checked ? checked.fault : undefined
}

test('a plugin that uses all there is', () => {
  expect(checkPlugin(acme)).toEqual({ plugin: acme })
})

test('what a later version adds is left alone', () => {
  expect(faultOf({ ...acme, later: true, tables: [{ ...user, later: true }] })).toBeUndefined()
})

test.each<[Loosely<Table>, string]>([
  [{ name: '' }, 'table 1, name: '],
  [{ name: 'x'.repeat(64) }, 'name: expected at most 63 bytes'],
  [{ description: undefined }, 'table "acme_user", description: '],
  [{ columns: { id: 'text' } }, 'table "acme_user", column "id": Invalid input: expected object'],
  [{ columns: { id: { type: 'int', description: '' } } }, 'column "id", type: Invalid option: '],
  [{ list: [] }, 'table "acme_user", list: expected a function'],
  [{ keys: { nid: { operators: [] } } }, 'key "nid": there is no column "nid"'],
  [{ keys: { id: { operators: ['=='] } } }, 'key "id", operators.0: '],
  [{ keys: { id: { operators: ['='], exact: ['<'] } } }, 'key "id", exact: < is not among its operators'],
  [{ keys: { id: { operators: ['='], inherent: 'yes' } } }, 'key "id", inherent: '],
  [{ keys: { id: { operators: ['='], immutable: 1 } } }, 'key "id", immutable: '],
  [
    { keys: { id: { operators: ['='], hostsOnly: true } } },
    'key "id", hostsOnly: expected a column of type inet',
  ],
  [{ keys: { id: { operators: ['='], valuesPerCall: 0 } } }, 'key "id", valuesPerCall: '],
  [{ orders: { age: ['asc'] } }, 'order "age": there is no column "age"'],
  [{ orders: { name: ['asc'] } }, 'order "name": expected a column of numbers or times, not text'],
  [{ orders: { id: ['up'] } }, 'order "id", 0: '],
  [{ get: { age: { list() {} } } }, 'get "age": there is no column "age"'],
  [{ get: { address: { list() {} } } }, 'get "address": it is no key with "=" and valuesPerCall 1'],
  [{ get: { id: { fetch() {} } } }, 'get "id", list: expected a function'],
  [{ calls: [{ name: 'GetUser', per: '' }] }, 'calls.0.per: '],
  [{ cache: { ttl: '60' } }, 'table "acme_user", cache.ttl: '],
  [{ cache: { lookup: 'age' } }, 'cache.lookup: there is no column "age"'],
  [{ cache: { lookup: 'address' } }, 'cache.lookup: "address" is no key with valuesPerCall'],
  [{ parts: { ...parts, column: 'name' } }, 'parts.column: "name" is no key of texts with valuesPerCall'],
  [{ parts: { ...parts, column: 'id' } }, 'parts.column: "id" is no key of texts with valuesPerCall'],
  [{ parts: { ...parts, decidedBy: ['address'] } }, 'parts.decidedBy: "address" is no inherent key'],
  [{ cache: { persist: true } }, 'cache.persist: only lookups outlive a restart'],
  [
    { hydrate: { more: { columns: ['x'], fetch() {} } } },
    'hydrate function "more", columns: there is no column "x"',
  ],
  [
    { hydrate: { more: { columns: ['name'], fetch: 1 } } },
    'hydrate function "more", fetch: expected a function',
  ],
  [{ hydrate: { more: { columns: ['name'], optional: 'x', fetch() {} } } }, '"more", optional: '],
  [{ calls: ['GetUser'] }, 'table "acme_user", calls.0: '],
  [{ examples: undefined }, 'table "acme_user", examples: Invalid input: expected array'],
])('a table with %j', (members, fault) => {
  const said = faultOf({ ...acme, tables: [{ ...user, ...members }] })
  expect(said).toMatch(/^plugin "acme", table /)
  expect(said).toContain(fault)
})

test.each<[Loosely<Plugin>, string]>([
  [{ description: 1 }, 'description: '],
  [{ config: {} }, 'config: expected a schema of zod'],
  [{ connect: undefined }, 'connect: expected a function'],
  [{ identity: 'me' }, 'identity: expected a function'],
  [{ limits: {} }, 'limits: expected a function'],
  [{ account: 1 }, 'account: expected a function'],
  [{ check: {} }, 'check: expected a function'],
  [{ close: 1 }, 'close: expected a function'],
  [{ version: 1 }, 'version: '],
  [{ concurrency: 0 }, 'concurrency: '],
  [{ startingConcurrency: 1.5 }, 'startingConcurrency: '],
  [{ tables: {} }, 'tables: Invalid input: expected array'],
  [{ tables: [user, user] }, 'table "acme_user", name: another has the same'],
  [{ identity: undefined }, 'table "acme_user", cache.persist: the plugin does not tell the identity'],
])('a plugin with %j', (members, fault) => {
  expect(faultOf({ ...acme, ...members })).toMatch(/^plugin "acme", /)
  expect(faultOf({ ...acme, ...members })).toContain(fault)
})

test('several faults are told of, but not all of many', () => {
  const { name, ...nameless } = acme
  expect(faultOf(nameless)).toBe('name: Invalid input: expected string, received undefined')
  expect(faultOf({ ...acme, connect: 1, close: 1 })).toBe(
    'plugin "acme", connect: expected a function; plugin "acme", close: expected a function',
  )
  expect(faultOf({ ...acme, tables: Array(9).fill({ ...user, list: 1 }) })).toMatch(/; and 4 more$/)
})

test.each([undefined, null, 42, 'acme', []])('what is none: %j', (value) => {
  expect(faultOf(value)).toMatch(/^Invalid input: expected object/)
})

test('a plugin that finds its tables, and the tables that it has found', () => {
  const finding: Plugin = { ...acme, tables: async () => [user] }
  expect(checkPlugin(finding)).toEqual({ plugin: finding })
  expect(faultOf({ ...finding, limits: {} })).toBe('plugin "acme", limits: expected a function')
  expect(checkTables(finding, [user])).toEqual({ tables: [user] })
  expect(checkTables(finding, undefined)).toMatchObject({
    fault: expect.stringMatching(/^plugin "acme", tables: /),
  })
  expect(checkTables(finding, [user, { ...user, list: 1 }])).toEqual({
    fault: 'plugin "acme", table "acme_user", list: expected a function',
  })
  expect(checkTables(finding, [user, user])).toMatchObject({
    fault: expect.stringContaining('another has the same'),
  })
})
