/** What tables say of their calls: their pages and the account's limits are made of it. */
import type { Table } from '@millrace/plugin-sdk'
import { expect } from 'vitest'
import type { AwsConnection } from '../connection/connection.js'
import plugin from '../plugin.js'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'

/** Values of keys that a table cannot do without. */
const values: Readonly<Record<string, string>> = {
  trail_arn: 'arn:aws:cloudtrail:us-east-1:810361751552:trail/cloudtrail-for-devto',
  log_group_name: 'cloudtrail-cwg-devto',
  bucket_name: 'aws-cloudtrail-logs-810361751552-devto',
}

test.for<Table<AwsConnection>>(plugin.tables)(
  '$name makes all the calls that it names',
  async (table, { harness }) => {
    harness.sandbox.trails.add({
      name: 'with-insights',
      homeRegion: 'us-east-1',
      isMultiRegion: false,
      description: { HasInsightSelectors: true },
      status: {},
      insightSelectors: [{ InsightType: 'ApiCallRateInsight' }],
      tags: {},
    })
    const required = Object.entries(table.keys).filter(
      ([column, key]) => key?.require === 'required' || (key?.require === 'any-of' && column in values),
    )
    const quals = Object.fromEntries(required.map(([column]) => [column, equals(values[column] ?? '')]))
    // That it makes no others, the harness sees to in every test.
    const rows = await harness.rows(table, { quals })
    expect(rows.length).toBeGreaterThan(0)
    const named = (table.calls ?? []).map(({ name }) => name)
    expect(named.length).toBeGreaterThan(0)
    expect(harness.operations()).toEqual(expect.arrayContaining(named))
  },
)
