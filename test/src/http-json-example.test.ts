/** The example of tables without code, as its files are, over the sandbox. */
import { readFile } from 'node:fs/promises'
import httpJson from '@millrace/plugin-http-json/plugin'
import type { Plugin } from '@millrace/plugin-sdk'
import { inventoryToken } from '@millrace/sandbox/credentials'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const examples = new URL('../../examples/http-json/', import.meta.url)

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  const { connections } = JSON.parse(await readFile(new URL('config.json', examples), 'utf8'))
  harness = await startServiceHarness({
    environment: { INVENTORY_TOKEN: inventoryToken },
    more: ({ url }) =>
      Object.fromEntries(
        Object.entries({ aws_ranges: `${url}/aws-ranges`, inventory: `${url}/inventory/v1` }).map(
          ([name, at]) => {
            const { plugin: _, ...settings } = connections[name]
            return [name, { plugin: httpJson as Plugin, settings: { ...settings, url: at } }]
          },
        ),
      ),
  })
  client = await harness.connect()
})

afterAll(() => harness?.stop())

beforeEach(() => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.clear()
})

function asked() {
  return harness.sandbox.calls
    .list({ service: 'inventory' })
    .map(({ operation, parameters }) => ({ operation, ...Object(parameters) }))
}

test('its query tells whose machines the addresses of CloudTrail are', async () => {
  const { rows } = await client.query(await readFile(new URL('query.sql', examples), 'utf8'))
  expect(rows.map((row) => row.source_ip_address)).toEqual(articlePlaces.map(([address]) => address))
  expect(rows.every((row) => /^host-\d+$/.test(row.host) && /@example\.com$/.test(row.owner))).toBe(true)
  expect(rows.filter((row) => row.aws_service !== null).map((row) => row.source_ip_address)).toEqual([
    '104.53.216.85',
    '89.248.165.99',
  ])
})

test('all pages of a cursor are read, and a condition reaches the API', async () => {
  const all = await client.query(
    'select count(*)::int as count, count(distinct id)::int as ids from inventory_host',
  )
  expect(all.rows).toEqual([{ count: 120, ids: 120 }])
  expect(asked().map(({ cursor }) => cursor !== undefined)).toEqual([false, true, true])
  harness.sandbox.calls.clear()
  const some = await client.query(
    "select count(*)::int as count, sum(root_gigabytes)::int as gigabytes from inventory_host where team = 'web' and cores >= 0",
  )
  expect(some.rows[0].count).toBe(40)
  expect(asked()).toEqual([{ operation: 'hosts', team: 'web' }])
})

test('EXPLAIN tells the call, the condition that reaches the API, and no secret', async () => {
  const { rows } = await client.query(
    "explain analyze select id from inventory_host where team in ('web', 'data')",
  )
  const text = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(text).toContain("Pushed: team IN ('web', 'data')")
  expect(text).toMatch(/Made: 2 calls/)
  expect(text).not.toContain(inventoryToken)
})

test('an error names table, request and what the API said', async () => {
  harness.sandbox.faults.add({
    kind: 'error',
    service: 'inventory',
    status: 418,
    message: `a teapot with ${inventoryToken}`,
  })
  await expect(client.query("select * from inventory_host where team = 'a b'")).rejects.toMatchObject({
    code: 'HV000',
    message: 'inventory_host: GET /hosts: the API answered HTTP 418: a teapot with ***',
    detail: expect.stringMatching(/^GET \/inventory\/v1\/hosts\?team=a\+b: HTTP 418/),
    hint: expect.any(String),
  })
})
