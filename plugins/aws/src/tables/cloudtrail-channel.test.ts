import { errorOf } from '@millrace/plugin-sdk/testing'
import { expect } from 'vitest'
import { deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudtrailChannel } from './cloudtrail-channel.js'

const arn = 'arn:aws:cloudtrail:us-east-1:810361751552:channel/7d1f0e52-3b44-4c0f-9a7e-2f6c1b8d9e31'

test('every column, listed and by ARN', async ({ harness }) => {
  const rows = await harness.rows(cloudtrailChannel)
  expect(rows).toEqual([
    {
      name: 'devto-audit',
      arn,
      apply_to_all_regions: false,
      source: 'Custom',
      advanced_event_selectors: '[]',
      ingestion_status: expect.any(String),
      destinations: expect.any(String),
      source_config: expect.any(String),
      akas: JSON.stringify([arn]),
      title: 'devto-audit',
      partition: 'aws',
      region: 'us-east-1',
      account_id: '810361751552',
    },
  ])
  const [row] = rows
  expect(JSON.parse(row?.ingestion_status ?? '')).toEqual({
    LatestIngestionSuccessTime: '2022-07-06T20:28:09.000Z',
    LatestIngestionSuccessEventID: '2b6f9a10-11aa-4c7d-8f22-0d9c3e5b7a18',
    LatestIngestionAttemptTime: '2022-07-06T20:33:09.000Z',
    LatestIngestionAttemptEventID: '9e3d5c77-68f1-4a0b-b9d4-7c1e2f3a4b5c',
    LatestIngestionErrorCode: 'InvalidEventData',
  })
  expect(JSON.parse(row?.destinations ?? '')).toMatchObject([{ Type: 'EVENT_DATA_STORE' }])
  expect(JSON.parse(row?.source_config ?? '')).toEqual({
    ApplyToAllRegions: false,
    AdvancedEventSelectors: [],
  })
  harness.sandbox.calls.clear()
  expect(await harness.rows(cloudtrailChannel, { quals: { arn: equals(arn) } })).toEqual(rows)
  expect(harness.operations()).toEqual(['GetCallerIdentity', 'GetChannel'])
})

test('channels are asked one by one only where a column needs it', async ({ harness }) => {
  await harness.rows(cloudtrailChannel, { columns: ['name', 'arn', 'akas', 'region'] })
  expect(harness.operations()).toEqual(['ListChannels'])
  await harness.rows(cloudtrailChannel, { columns: ['source'] })
  expect(harness.operations().slice(1)).toEqual(['ListChannels', 'GetChannel'])
})

test('the same rows by an ARN as among all', async ({ harness }) => {
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const columns = ['arn'] as const
  const all = await harness.rows(cloudtrailChannel, { connection, columns: [...columns] })
  for (const value of [arn, arn.replace('7d1f', '8d1f'), arn.replace('us-east', 'eu-west'), 'x', '']) {
    const quals = { arn: equals(value) }
    const found = await harness.rows(cloudtrailChannel, { connection, columns: [...columns], quals })
    expect(found.map((row) => row.arn)).toEqual(kept(all, quals).map((row) => row.arn))
  }
})

test('pages, a page that fails once, a region without Lake', async ({ harness }) => {
  const { lake } = harness.sandbox
  for (let i = 0; i < 1001; i++) {
    lake.channels.push({ region: 'us-east-1', id: `c${i}`, description: { Name: `c${i}` } })
  }
  lake.regionsWithout.add('eu-west-1')
  harness.sandbox.faults.add({ kind: 'error', operation: 'ListChannels', region: 'us-east-1', times: 1 })
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  expect(await harness.rows(cloudtrailChannel, { connection, columns: ['name'] })).toHaveLength(1002)
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(cloudtrailChannel, { connection, columns: ['name'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('cloudtrail:ListChannels'),
  })
})

testSteampipe(cloudtrailChannel, {
  columns: [
    'name text',
    'arn text',
    'apply_to_all_regions boolean',
    'source text',
    'advanced_event_selectors jsonb',
    'ingestion_status jsonb',
    'destinations jsonb',
    'source_config jsonb',
    'akas jsonb',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: { arn: 'optional =', region: 'optional =', account_id: 'optional = <> ~~ ~~* !~~ !~~*' },
})
