import { errorOf } from '@millrace/plugin-sdk/testing'
import { expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { cloudtrailImport } from './cloudtrail-import.js'

const id = 'b1c2d3e4-f5a6-4788-99aa-bbccddeeff00'

test('every column, listed and by identifier', async ({ harness }) => {
  const rows = await harness.rows(cloudtrailImport)
  expect(rows).toHaveLength(2)
  const [row] = rows
  expect(row).toEqual({
    import_id: id,
    created_timestamp: new Date('2022-07-06T15:04:49Z'),
    import_status: 'FAILED',
    end_event_time: new Date('2022-07-05T20:38:09Z'),
    start_event_time: new Date('2022-06-06T20:38:09Z'),
    updated_timestamp: new Date('2022-07-06T15:19:49Z'),
    destinations:
      '["arn:aws:cloudtrail:us-east-1:810361751552:eventdatastore/ee54f254-e519-4d51-8c3c-1f0a9e2d7b60"]',
    import_source: expect.any(String),
    import_statistics: expect.any(String),
    title: id,
    partition: 'aws',
    region: 'us-east-1',
    account_id: '810361751552',
  })
  expect(JSON.parse(row?.import_source ?? '')).toMatchObject({ S3BucketRegion: 'us-east-1' })
  expect(JSON.parse(row?.import_statistics ?? '')).toMatchObject({ PrefixesFound: 34, FailedEntries: 3 })
  harness.sandbox.calls.clear()
  expect(await harness.rows(cloudtrailImport, { quals: { import_id: equals(id) } })).toEqual([row])
  expect(harness.operations()).toEqual(['GetCallerIdentity', 'GetImport'])
})

test('imports are asked one by one only where a column needs it', async ({ harness }) => {
  await harness.rows(cloudtrailImport, { columns: ['import_id', 'import_status', 'destinations'] })
  expect(harness.operations()).toEqual(['ListImports'])
  await harness.rows(cloudtrailImport, { columns: ['import_source', 'import_statistics'] })
  expect(harness.operations().slice(1)).toEqual(['ListImports', 'GetImport', 'GetImport'])
})

test('the same rows by conditions as among all', async ({ harness }) => {
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const ask = (harness: AwsHarness, quals = {}) =>
    harness.rows(cloudtrailImport, { connection, columns: ['import_id', 'import_status'], quals })
  const all = await ask(harness)
  for (const ids of [undefined, id, id.replace('b', 'a'), id.toUpperCase(), 'x']) {
    for (const status of [undefined, 'FAILED', 'COMPLETED', 'STOPPED', 'failed', '']) {
      const quals = {
        ...(ids !== undefined && { import_id: equals(ids) }),
        ...(status !== undefined && { import_status: equals(status) }),
      }
      expect((await ask(harness, quals)).map((row) => row.import_id)).toEqual(
        kept(all, quals).map((row) => row.import_id),
      )
    }
  }
  harness.sandbox.calls.clear()
  await ask(harness, { import_status: equals('FAILED'), region: equals('us-east-1') })
  expect(harness.sandbox.calls.list()).toMatchObject([
    { region: 'us-east-1', parameters: { ImportStatus: 'FAILED' } },
  ])
})

test('pages, a page that fails once, a region without Lake', async ({ harness }) => {
  const { lake } = harness.sandbox
  const [first] = lake.imports
  if (first === undefined) throw new Error('the sandbox has no import')
  for (let i = 0; i < 1100; i++) {
    lake.imports.push({ ...first, description: { ...first.description, ImportId: `import-${i}` } })
  }
  lake.regionsWithout.add('eu-west-1')
  harness.sandbox.faults.add({ kind: 'throttle', region: 'us-east-1', after: 1, times: 1 })
  const connection = harness.connect({ regions: ['us-east-1', 'eu-west-1'] })
  const rows = await harness.rows(cloudtrailImport, { connection, columns: ['import_id'] })
  expect(new Set(rows.map((row) => row.import_id)).size).toBe(1102)
})

test('a refusal', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(cloudtrailImport, { connection, columns: ['import_id'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('cloudtrail:ListImports'),
  })
})

testSteampipe(cloudtrailImport, {
  columns: [
    'import_id text',
    'created_timestamp timestamp with time zone',
    'import_status text',
    'end_event_time timestamp with time zone',
    'start_event_time timestamp with time zone',
    'updated_timestamp timestamp with time zone',
    'destinations jsonb',
    'import_source jsonb',
    'import_statistics jsonb',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    import_id: 'optional =',
    import_status: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
