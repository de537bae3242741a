import { collectRows } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudwatchLogMetricFilter } from './cloudwatch-log-metric-filter.js'

const logGroup = 'cloudtrail-cwg-devto'

test('every column', async ({ harness }) => {
  const [row] = await harness.rows(cloudwatchLogMetricFilter)
  expect(row).toEqual({
    name: 'unauthorized-calls',
    log_group_name: logGroup,
    creation_time: new Date('2022-07-05T15:10:00Z'),
    filter_pattern: '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    metric_transformation_name: 'UnauthorizedCalls',
    metric_transformation_namespace: 'CISBenchmark',
    metric_transformation_value: '1',
    title: 'unauthorized-calls',
    akas: `["arn:aws:logs:us-east-1:810361751552:log-group:${logGroup}:metric-filter:unauthorized-calls"]`,
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
})

describe('conditions', () => {
  test('reach the API where it can be asked with them, and lose nothing', async ({ harness }) => {
    const everything = await harness.rows(cloudwatchLogMetricFilter)
    expect(everything.length).toBeGreaterThan(1)
    const name = equals('unauthorized-calls')
    const metric_transformation_name = equals('UnauthorizedCalls')
    const metric_transformation_namespace = equals('CISBenchmark')
    const cases = [
      { quals: { name }, parameters: {} },
      {
        quals: { name, log_group_name: equals(logGroup) },
        parameters: { logGroupName: logGroup, filterNamePrefix: 'unauthorized-calls' },
      },
      { quals: { metric_transformation_name }, parameters: {} },
      { quals: { metric_transformation_namespace }, parameters: {} },
      {
        quals: { metric_transformation_name, metric_transformation_namespace },
        parameters: { metricName: 'UnauthorizedCalls', metricNamespace: 'CISBenchmark' },
      },
      { quals: { name: equals('root-use', 'unauthorized-calls') }, parameters: {} },
      {
        quals: { name: equals('a:b'), log_group_name: equals(logGroup) },
        parameters: { logGroupName: logGroup },
      },
    ]
    for (const { quals, parameters } of cases) {
      harness.sandbox.calls.clear()
      const rows = await harness.rows(cloudwatchLogMetricFilter, { quals })
      expect(kept(rows, quals)).toEqual(kept(everything, quals))
      const calls = harness.sandbox.calls.list({ operation: 'DescribeMetricFilters' })
      expect(calls.map((call) => call.parameters)).toEqual([{ ...parameters, limit: 50 }])
    }
  })

  test('a log group that is not there has none', async ({ harness }) => {
    for (const name of ['nowhere', 'no such: name']) {
      const quals = { log_group_name: equals(name) }
      expect(await harness.rows(cloudwatchLogMetricFilter, { quals })).toEqual([])
    }
  })
})

test('pages', async ({ stub }) => {
  stub.answers = {
    DescribeMetricFilters: ({ input: { nextToken } }) =>
      nextToken === undefined
        ? { metricFilters: [{ filterName: 'a' }], nextToken: 't' }
        : { metricFilters: [{ filterName: 'b', logGroupName: 'g', metricTransformations: [] }] },
  }
  const rows = await collectRows(cloudwatchLogMetricFilter, { connection: stub.connect(), columns: ['name'] })
  expect(rows.map(({ name }) => name)).toEqual(['a', 'b'])
})

testSteampipe(cloudwatchLogMetricFilter, {
  columns: [
    'name text',
    'log_group_name text',
    'creation_time timestamp with time zone',
    'filter_pattern text',
    'metric_transformation_name text',
    'metric_transformation_namespace text',
    'metric_transformation_value text',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    name: 'optional =',
    log_group_name: 'optional =',
    metric_transformation_name: 'optional =',
    metric_transformation_namespace: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
