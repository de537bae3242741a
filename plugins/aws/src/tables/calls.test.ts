/** What tables say of their calls: their pages and the account's limits are made of it. */
import type { Table } from '@millrace/plugin-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AwsConnection } from '../connection/connection.js'
import plugin from '../plugin.js'
import { type AwsWorld, equals, startAwsWorld } from '../testing/aws-world.js'

let world: AwsWorld

beforeAll(async () => {
  world = await startAwsWorld()
  world.sandbox.trails.add({
    name: 'with-insights',
    homeRegion: 'us-east-1',
    isMultiRegion: false,
    description: { HasInsightSelectors: true },
    status: {},
    insightSelectors: [{ InsightType: 'ApiCallRateInsight' }],
    tags: {},
  })
})
afterAll(() => world.stop())

test.each<Table<AwsConnection>>(plugin.tables)('$name makes all the calls that it names', async (table) => {
  world.sandbox.calls.clear()
  const required = Object.entries(table.keys).filter(([, key]) => key?.require === 'required')
  const quals = Object.fromEntries(required.map(([column]) => [column, equals('cloudtrail-cwg-devto')]))
  // That it makes no others, the world sees to in every test.
  const rows = await world.rows(table, { quals })
  expect(rows.length).toBeGreaterThan(0)
  const named = (table.calls ?? []).map(({ name }) => name)
  expect(named.length).toBeGreaterThan(0)
  expect(world.operations()).toEqual(expect.arrayContaining(named))
})
