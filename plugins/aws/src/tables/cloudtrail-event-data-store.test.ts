import { errorOf } from '@millrace/plugin-sdk/testing'
import { expect } from 'vitest'
import { deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudtrailEventDataStore } from './cloudtrail-event-data-store.js'

const arn = 'arn:aws:cloudtrail:us-east-1:810361751552:eventdatastore/ee54f254-e519-4d51-8c3c-1f0a9e2d7b60'

test('every column, listed and by ARN', async ({ harness }) => {
  const row = {
    name: 'devto-management',
    arn,
    status: 'ENABLED',
    billing_mode: 'FIXED_RETENTION_PRICING',
    federation_role_arn: undefined,
    federation_status: 'DISABLED',
    kms_key_id: undefined,
    created_timestamp: new Date('2022-07-05T20:38:09Z'),
    multi_region_enabled: true,
    organization_enabled: false,
    retention_period: 2557,
    termination_protection_enabled: true,
    updated_timestamp: new Date('2022-07-05T20:38:51.500Z'),
    advanced_event_selectors:
      '[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}],"Name":"Management events"}]',
    akas: JSON.stringify([arn]),
    title: 'devto-management',
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  }
  const rows = await harness.rows(cloudtrailEventDataStore)
  expect(rows).toHaveLength(2)
  expect(rows[0]).toEqual(row)
  harness.sandbox.calls.clear()
  expect(await harness.rows(cloudtrailEventDataStore, { quals: { arn: equals(arn) } })).toEqual([row])
  expect(harness.operations()).toEqual(['GetCallerIdentity', 'GetEventDataStore'])
})

test('stores are asked one by one only where a column needs it', async ({ harness }) => {
  await harness.rows(cloudtrailEventDataStore, { columns: ['name', 'arn', 'title', 'region'] })
  expect(harness.operations()).toEqual(['ListEventDataStores'])
  await harness.rows(cloudtrailEventDataStore, { columns: ['name', 'status'] })
  expect(harness.operations().slice(2)).toEqual(['GetEventDataStore', 'GetEventDataStore'])
})

test.for([
  arn,
  arn.replace('ee54', 'ff54'),
  arn.replace('us-east-1', 'eu-west-1'),
  arn.replace('810361751552', '111122223333'),
  'arn:aws:s3:::bucket',
  'ee54f254-e519-4d51-8c3c-1f0a9e2d7b60',
  '',
])('the same rows by arn = %j as among all', async (value, { harness }) => {
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const columns = ['arn', 'name'] as const
  const all = await harness.rows(cloudtrailEventDataStore, { connection, columns: [...columns] })
  const quals = { arn: equals(value) }
  const found = await harness.rows(cloudtrailEventDataStore, { connection, columns: [...columns], quals })
  expect(found.map((row) => row.name)).toEqual(kept(all, quals).map((row) => row.name))
})

test('a region without Lake has none; pages; a page that fails once', async ({ harness }) => {
  const { lake } = harness.sandbox
  const [first] = lake.stores
  if (first === undefined) throw new Error('the sandbox has no event data store')
  for (let i = 0; i < 1200; i++) lake.stores.push({ ...first, id: `store-${i}` })
  lake.regionsWithout.add('eu-west-1')
  harness.sandbox.faults.add({
    kind: 'throttle',
    operation: 'ListEventDataStores',
    region: 'us-east-1',
    after: 1,
    times: 1,
  })
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const rows = await harness.rows(cloudtrailEventDataStore, { connection, columns: ['arn'] })
  expect(new Set(rows.map((row) => row.arn)).size).toBe(1202)
  harness.sandbox.calls.clear()
  await harness.rows(cloudtrailEventDataStore, { columns: ['arn'], limit: 3 })
  expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { MaxResults: 3 } }])
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(cloudtrailEventDataStore, { connection, columns: ['name'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('cloudtrail:ListEventDataStores'),
  })
})

testSteampipe(cloudtrailEventDataStore, {
  columns: [
    'name text',
    'arn text',
    'status text',
    'billing_mode text',
    'federation_role_arn text',
    'federation_status text',
    'kms_key_id text',
    'created_timestamp timestamp with time zone',
    'multi_region_enabled boolean',
    'organization_enabled boolean',
    'retention_period bigint',
    'termination_protection_enabled boolean',
    'updated_timestamp timestamp with time zone',
    'advanced_event_selectors jsonb',
    'akas jsonb',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: { arn: 'optional =', region: 'optional =', account_id: 'optional = <> ~~ ~~* !~~ !~~*' },
})
