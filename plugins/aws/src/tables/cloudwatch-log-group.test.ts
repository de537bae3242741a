import { errorOf, scanOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { like } from '../testing/sql-conditions.js'
import { testSteampipe } from '../testing/steampipe.js'
import type { LogGroupColumns } from './cloudwatch-log-group/columns.js'
import { fetchDataProtection, fetchTags } from './cloudwatch-log-group/details.js'
import { cloudwatchLogGroup } from './cloudwatch-log-group.js'

const groupNames = [
  'cloudtrail-cwg-devto',
  'cloudtrail-ipv6',
  'sandbox/empty',
  'sandbox/odd-messages',
  'vpc-flow-logs',
]

test('every column', async ({ harness }) => {
  const rows = await harness.rows(cloudwatchLogGroup)
  expect(rows.map(({ name }) => name)).toEqual(groupNames)
  const [article, , empty] = rows
  expect(article).toMatchObject({
    arn: 'arn:aws:logs:us-east-1:810361751552:log-group:cloudtrail-cwg-devto:*',
    log_group_arn: 'arn:aws:logs:us-east-1:810361751552:log-group:cloudtrail-cwg-devto',
    log_group_class: 'STANDARD',
    // The milliseconds stay.
    creation_time: new Date('2022-07-05T15:02:38.512Z'),
    metric_filter_count: 2,
    retention_in_days: 90,
    data_protection_status: 'ACTIVATED',
    title: 'cloudtrail-cwg-devto',
    tags: '{"Purpose":"devto","Owner":"articles"}',
    akas: '["arn:aws:logs:us-east-1:810361751552:log-group:cloudtrail-cwg-devto:*"]',
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
  expect(JSON.parse(article?.data_protection_policy ?? '')).toMatchObject({ Name: 'mask-addresses' })
  expect(JSON.parse(article?.data_protection ?? '')).toEqual({
    LogGroupIdentifier: 'cloudtrail-cwg-devto',
    PolicyDocument: article?.data_protection_policy,
    LastUpdatedTime: Date.parse('2022-07-06T15:02:38.512Z'),
  })
  expect(empty).toMatchObject({
    tags: '{}',
    data_protection_policy: null,
    log_group_class: 'INFREQUENT_ACCESS',
  })
  expect(empty?.retention_in_days).toBeUndefined()
  expect(empty?.kms_key_id).toBeUndefined()
})

describe('columns decide which calls are made', () => {
  const cases: [(keyof LogGroupColumns)[], string[]][] = [
    [['name', 'arn', 'stored_bytes', 'akas', 'region'], []],
    [['tags'], Array(groupNames.length).fill('ListTagsForResource')],
    [['data_protection', 'data_protection_policy'], Array(groupNames.length).fill('GetDataProtectionPolicy')],
    [['partition'], ['GetCallerIdentity']],
  ]
  test.for(cases)('%j', async ([columns, details], { harness }) => {
    await harness.rows(cloudwatchLogGroup, { columns })
    expect(harness.operations().sort()).toEqual(['DescribeLogGroups', ...details].sort())
  })
})

describe('conditions', () => {
  const columns = ['name', 'region'] as const

  test('a name is asked for, and nothing that begins with it comes', async ({ harness }) => {
    harness.sandbox.logs.createGroup('us-east-1', 'cloudtrail-ipv6-more')
    const everything = await harness.rows(cloudwatchLogGroup, { columns })
    for (const name of [...groupNames, 'cloudtrail', 'no-such', 'not a name', '']) {
      const quals = { name: equals(name) }
      const found = await harness.rows(cloudwatchLogGroup, { columns, quals })
      expect(found).toEqual(kept(everything, quals))
    }
  })

  test('a name that no group can have is not asked for', async ({ harness }) => {
    expect(await harness.rows(cloudwatchLogGroup, { columns, quals: { name: equals('a b') } })).toEqual([])
    expect(harness.operations()).toEqual([])
  })

  test('a group is found behind pages of others that begin alike, where it is not the first', async ({
    harness,
  }) => {
    for (let i = 0; i < 60; i++) harness.sandbox.logs.createGroup('us-east-1', `x/${i}`)
    expect(await harness.rows(cloudwatchLogGroup, { columns, quals: { name: equals('x/9') } })).toHaveLength(
      1,
    )
    expect(await harness.rows(cloudwatchLogGroup, { columns, quals: { name: equals('x/') } })).toEqual([])
  })

  test.for([
    'cloudtrail-%',
    '%devto',
    'sandbox/odd_messages',
    'a\\_b%',
    'a b%',
    '%',
    '\\',
    'cloudtrail-ipv6',
  ])('LIKE %s', async (pattern, { harness }) => {
    harness.sandbox.logs.createGroup('us-east-1', 'a_b')
    const all = await harness.rows(cloudwatchLogGroup, { columns })
    const found = await harness.rows(cloudwatchLogGroup, {
      columns,
      quals: { name: [{ operator: '~~', value: pattern }] },
    })
    const keep = (rows: typeof all) => rows.filter(({ name }) => like(name ?? '', pattern))
    expect(keep(found)).toEqual(keep(all))
  })

  test('a beginning reaches the API', async ({ harness }) => {
    await harness.rows(cloudwatchLogGroup, {
      columns,
      quals: { name: [{ operator: '~~', value: 'cloudtrail-%' }] },
    })
    expect(harness.sandbox.calls.list()).toMatchObject([
      { parameters: { logGroupNamePrefix: 'cloudtrail-' } },
    ])
  })

  test('regions are asked side by side; a condition on region or account leaves others out', async ({
    harness,
  }) => {
    harness.sandbox.logs.createGroup('eu-west-1', 'there')
    const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
    expect(await harness.rows(cloudwatchLogGroup, { connection, columns })).toHaveLength(
      groupNames.length + 1,
    )
    harness.sandbox.calls.clear()
    const quals = { region: equals('eu-west-1') }
    expect(await harness.rows(cloudwatchLogGroup, { connection, columns, quals })).toEqual([
      expect.objectContaining({ name: 'there', region: 'eu-west-1' }),
    ])
    expect(harness.sandbox.calls.list()).toMatchObject([{ region: 'eu-west-1' }])
    harness.sandbox.calls.clear()
    expect(
      await harness.rows(cloudwatchLogGroup, { connection, columns, quals: { account_id: equals('1') } }),
    ).toEqual([])
    expect(harness.operations()).toEqual(['GetCallerIdentity'])
  })
})

describe('pages', () => {
  test.beforeEach(({ harness }) => {
    for (let i = 0; i < 120; i++) harness.sandbox.logs.createGroup('us-east-1', `group-${i}`)
  })

  test('all of them', async ({ harness }) => {
    const rows = await harness.rows(cloudwatchLogGroup, { columns: ['name'] })
    expect(new Set(rows.map(({ name }) => name)).size).toBe(120 + groupNames.length)
    expect(harness.operations()).toHaveLength(3)
  })

  test('no more than a limit needs', async ({ harness }) => {
    expect(await harness.rows(cloudwatchLogGroup, { columns: ['name'], limit: 7 })).toHaveLength(7)
    expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { limit: 7 } }])
  })

  test('a page that fails is asked for again', async ({ harness }) => {
    harness.sandbox.faults.add({ kind: 'throttle', after: 1, times: 1 })
    expect(await harness.rows(cloudwatchLogGroup, { columns: ['name'] })).toHaveLength(
      120 + groupNames.length,
    )
    expect(harness.operations()).toHaveLength(4)
  })
})

test('a log group that is deleted meanwhile has no details, and fails nothing', async ({ harness }) => {
  const connection = harness.connect()
  const scan = scanOf(cloudwatchLogGroup, { connection, columns: ['name', 'tags', 'data_protection'] })
  const row = {
    name: 'gone',
    arn: 'arn:aws:logs:us-east-1:810361751552:log-group:gone:*',
    region: 'us-east-1',
  }
  expect(await fetchTags(row, scan)).toEqual({})
  expect(await fetchDataProtection(row, scan)).toEqual({})
  expect(harness.operations()).toEqual(['ListTagsForResource', 'GetDataProtectionPolicy'])
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(cloudwatchLogGroup, { connection, columns: ['name'] }))
  expect(error.sqlState).toBe('HV000')
  expect(error.detail).toMatch(/not authorized to perform: logs:DescribeLogGroups/)
})

testSteampipe(cloudwatchLogGroup, {
  columns: [
    'name text',
    'arn text',
    'log_group_arn text',
    'log_group_class text',
    'creation_time timestamp with time zone',
    'kms_key_id text',
    'metric_filter_count bigint',
    'retention_in_days bigint',
    'stored_bytes bigint',
    'data_protection_status text',
    'inherited_properties jsonb',
    'data_protection jsonb',
    'data_protection_policy jsonb',
    'title text',
    'tags jsonb',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: { name: 'optional =', region: 'optional =', account_id: 'optional = <> ~~ ~~* !~~ !~~*' },
})
