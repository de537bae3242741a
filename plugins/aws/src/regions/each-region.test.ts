/** Regions that fail, against the sandbox: each table goes on without them where its connection says so. */
import type { Columns, Row, Table } from '@millrace/plugin-sdk'
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import type { AwsConnection } from '../connection/connection.js'
import { cloudtrailChannel } from '../tables/cloudtrail-channel.js'
import { cloudtrailEventDataStore } from '../tables/cloudtrail-event-data-store.js'
import { cloudtrailImport } from '../tables/cloudtrail-import.js'
import { cloudtrailLookupEvent } from '../tables/cloudtrail-lookup-event.js'
import { cloudtrailQuery } from '../tables/cloudtrail-query.js'
import { cloudtrailTrail } from '../tables/cloudtrail-trail.js'
import { cloudtrailTrailEvent } from '../tables/cloudtrail-trail-event.js'
import { cloudwatchLogEvent } from '../tables/cloudwatch-log-event.js'
import { cloudwatchLogGroup } from '../tables/cloudwatch-log-group.js'
import { cloudwatchLogStream } from '../tables/cloudwatch-log-stream.js'
import { vpcEip } from '../tables/vpc-eip.js'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'

const regions = ['us-east-1', 'eu-west-1', 'us-west-2']
const lenient = { regions, on_region_failure: 'notice' }
const group = { log_group_name: equals('cloudtrail-cwg-devto') }

/** Rows of a scan, and what it went on without. */
async function scan<TableColumns extends Columns>(
  table: Table<AwsConnection, TableColumns>,
  quals: object,
  connection: AwsConnection,
): Promise<{ rows: Row<TableColumns>[]; leftOut: string[] }> {
  const leftOut: string[] = []
  const rows = await collectRows(table, {
    connection,
    quals,
    columns: ['region'],
    attempts: 1,
    onLeftOut: (part, { message, detail }) => leftOut.push(`${part}: ${message}: ${detail}`),
  })
  return { rows, leftOut }
}

// A list of tables of all shapes cannot name their columns.
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyTable = Table<AwsConnection, any>

describe('a region that fails', () => {
  const tables: [string, AnyTable, object][] = [
    ['aws_cloudtrail_channel', cloudtrailChannel, {}],
    ['aws_cloudtrail_event_data_store', cloudtrailEventDataStore, {}],
    ['aws_cloudtrail_import', cloudtrailImport, {}],
    ['aws_cloudtrail_lookup_event', cloudtrailLookupEvent, {}],
    ['aws_cloudtrail_query', cloudtrailQuery, {}],
    ['aws_cloudtrail_trail', cloudtrailTrail, {}],
    ['aws_cloudtrail_trail_event', cloudtrailTrailEvent, group],
    ['aws_cloudwatch_log_event', cloudwatchLogEvent, group],
    ['aws_cloudwatch_log_group', cloudwatchLogGroup, {}],
    ['aws_cloudwatch_log_stream', cloudwatchLogStream, {}],
    ['aws_cloudwatch_log_stream of one group', cloudwatchLogStream, group],
    ['aws_vpc_eip', vpcEip, {}],
  ]

  test.for(tables)('%s', async ([_, table, quals], { harness }) => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'eu-west-1' })
    const { rows, leftOut } = await scan(table, quals, harness.connect(lenient))
    expect(new Set(rows.map(({ region }) => region))).toEqual(new Set(['us-east-1']))
    expect(leftOut).toEqual([
      expect.stringMatching(/^region eu-west-1: AWS denied access in eu-west-1: AccessDeniedException/),
    ])

    const error = await errorOf(scan(table, quals, harness.connect({ regions })))
    expect(error.message).toBe('AWS denied access in eu-west-1')
  })

  test('is left out when it cannot be reached, too, and rows that came before stay', async ({ harness }) => {
    for (let i = 0; i < 60; i++) harness.sandbox.logs.createGroup('eu-west-1', `x/${i}`)
    for (let i = 0; i < 60; i++) harness.sandbox.logs.createGroup('us-west-2', `x/${i}`)
    // The first page of fifty comes.
    harness.sandbox.faults.add({ kind: 'cut', region: 'eu-west-1', after: 1 })
    const { rows, leftOut } = await scan(cloudwatchLogGroup, {}, harness.connect(lenient))
    expect(rows.filter(({ region }) => region === 'eu-west-1')).toHaveLength(50)
    expect(rows.filter(({ region }) => region === 'us-west-2')).toHaveLength(60)
    expect(leftOut).toEqual([expect.stringMatching(/^region eu-west-1: AWS could not be reached/)])
  })
})

describe('the scan fails', () => {
  test('if all regions do', async ({ harness }) => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException' })
    const error = await errorOf(scan(vpcEip, {}, harness.connect(lenient)))
    expect(error.message).toMatch(/^AWS denied access/)
  })

  test('if the only one that is asked for does', async ({ harness }) => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'eu-west-1' })
    const quals = { region: equals('eu-west-1') }
    expect((await errorOf(scan(vpcEip, quals, harness.connect(lenient)))).message).toMatch(
      /^AWS denied access/,
    )
  })

  test('if no other has the log group', async ({ harness }) => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'us-east-1' })
    const error = await errorOf(scan(cloudtrailTrailEvent, group, harness.connect(lenient)))
    expect(error.message).toBe('AWS denied access in us-east-1')
  })

  test('if it is cancelled', async ({ harness }) => {
    harness.sandbox.faults.add({ kind: 'hang', region: 'eu-west-1' })
    const cancel = new AbortController()
    const leftOut: string[] = []
    const reading = errorOf(
      collectRows(vpcEip, {
        connection: harness.connect(lenient),
        columns: ['region'],
        signal: cancel.signal,
        onLeftOut: (part) => leftOut.push(part),
      }),
    )
    await harness.sandbox.calls.until((calls) => calls.list().some(({ region }) => region === 'eu-west-1'))
    cancel.abort()
    expect((await reading).sqlState).toBe('57014')
    expect(leftOut).toEqual([])
  })
})
