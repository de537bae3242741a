import { errorOf } from '@millrace/plugin-sdk/testing'
import { expect } from 'vitest'
import { deniedEnvironment, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { region } from './region.js'

test('every column', async ({ harness }) => {
  const rows = await harness.rows(region)
  expect(rows).toHaveLength(29)
  expect(rows.find(({ name }) => name === 'us-east-1')).toEqual({
    name: 'us-east-1',
    opt_in_status: 'opt-in-not-required',
    title: 'us-east-1',
    akas: '["arn:aws::us-east-1:810361751552"]',
    region: 'us-east-1',
    steampipe_available: true,
    steampipe_default: true,
    partition: 'aws',
    account_id: '810361751552',
  })
  expect(rows.find(({ name }) => name === 'af-south-1')).toMatchObject({
    opt_in_status: 'not-opted-in',
    steampipe_available: false,
    steampipe_default: false,
  })
})

test('what the connection asks', async ({ harness }) => {
  const connection = harness.connect({ regions: ['eu-south-*', 'us-west-2'], default_region: 'us-west-2' })
  const rows = await harness.rows(region, {
    connection,
    columns: ['name', 'steampipe_available', 'steampipe_default'],
  })
  const names = (flag: 'steampipe_available' | 'steampipe_default') =>
    rows.filter((row) => row[flag]).map(({ name }) => name)
  expect(names('steampipe_available').sort()).toEqual(['eu-south-1', 'us-west-2'])
  expect(names('steampipe_default')).toEqual(['us-west-2'])
})

test('one call, and who calls only where a column needs it', async ({ harness }) => {
  await harness.rows(region, { columns: ['name', 'opt_in_status', 'region', 'steampipe_available'] })
  expect(harness.operations()).toEqual(['DescribeRegions'])
  await harness.rows(region, { columns: ['akas'] })
  expect(harness.operations()).toEqual(['DescribeRegions', 'GetCallerIdentity', 'DescribeRegions'])
})

test('another account has no rows here', async ({ harness }) => {
  expect(await harness.rows(region, { columns: ['name'], quals: { account_id: equals('1') } })).toEqual([])
  expect(harness.operations()).toEqual(['GetCallerIdentity'])
})

test('a failure is tried again, a refusal told', async ({ harness }) => {
  harness.sandbox.faults.add({ kind: 'error', operation: 'DescribeRegions', times: 1 })
  expect(await harness.rows(region, { columns: ['name'] })).toHaveLength(29)
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(region, { connection, columns: ['name'] }))
  expect(error).toMatchObject({ sqlState: 'HV000', detail: expect.stringContaining('ec2:DescribeRegions') })
})

testSteampipe(region, {
  columns: [
    'name text',
    'opt_in_status text',
    'title text',
    'akas jsonb',
    'region text',
    'steampipe_available boolean',
    'steampipe_default boolean',
    'partition text',
    'account_id text',
  ],
  keys: { account_id: 'optional = <> ~~ ~~* !~~ !~~*' },
})
