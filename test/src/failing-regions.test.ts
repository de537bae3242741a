/** Regions of AWS that fail, from a client to the APIs' stand-ins: queries go on where the connection says so. */
import { otherCredentials } from '@millrace/sandbox/credentials'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const regions = ['us-east-1', 'eu-west-1', 'us-west-2']

let harness: ServiceHarness
let client: pg.Client
let other: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness({
    settings: { aws: { regions } },
    moreAws: {
      lenient: { regions, on_region_failure: 'notice', max_error_retry_attempts: 2 },
      second: {
        regions: ['us-east-1'],
        access_key: otherCredentials.accessKeyId,
        secret_key: otherCredentials.secretAccessKey,
      },
    },
    aggregators: { everyone: ['lenient', 'second'] },
    cache: { ttl: 60_000, maxBytes: 100_000_000 },
  })
  for (const region of regions) {
    harness.sandbox.logs.addEvents(region, 'shared', [
      { message: JSON.stringify({ eventName: `in ${region}` }), timestamp: 1000 },
    ])
  }
  harness.sandbox.otherAccount.logs.addEvents('us-east-1', 'shared', [
    { message: '{"eventName":"elsewhere"}', timestamp: 1000 },
  ])
  client = await harness.connect()
  other = await harness.connect()
})
afterAll(() => harness?.stop())

beforeEach(async () => {
  await client.query('select millrace.cache_clear()')
  harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'eu-west-1' })
})
afterEach(() => {
  harness.sandbox.faults.clear()
  harness.sandbox.calls.clear()
})

const from = (schema: string) => `from ${schema}.aws_cloudtrail_trail_event where log_group_name = 'shared'`
const select = (schema: string) => `select event_name ${from(schema)} order by 1`

const denied = 'aws_cloudtrail_trail_event: FilterLogEvents: AWS denied access in eu-west-1'
const missing = expect.stringMatching(
  `^rows of region eu-west-1 are missing: connection "lenient": ${denied} [(]AccessDeniedException.*[)]$`,
)
const others = ['in us-east-1', 'in us-west-2']

async function outcomeOf(
  query: string | pg.QueryConfig,
  of: pg.Client = client,
): Promise<{ values: unknown[]; notices: string[] }> {
  const notices: string[] = []
  const onNotice = ({ message }: { message?: string | undefined }) => notices.push(message ?? '')
  of.on('notice', onNotice)
  try {
    const { rows } = await of.query(query)
    return { values: rows.map((row) => Object.values(row)[0]), notices }
  } finally {
    of.off('notice', onNotice)
  }
}

const calls = () => harness.sandbox.calls.count({ operation: 'FilterLogEvents' })

test('fails the query unless the connection says otherwise', async () => {
  await expect(client.query(select('aws'))).rejects.toMatchObject({ code: 'HV000', message: denied })
})

describe('where the connection says to go on', () => {
  test.each([
    ['a simple query', select('lenient')],
    ['an extended query', { text: `${from('lenient')} and event_name <> $1`, values: ['x'] }],
    ['a named statement', { name: 'n', text: `${from('lenient')} and event_name <> $1`, values: ['x'] }],
  ])('%s is told, each time, until the region answers again', async (_, query) => {
    const asked =
      typeof query === 'string' ? query : { ...query, text: `select event_name ${query.text} order by 1` }
    for (const __ of [1, 2]) expect(await outcomeOf(asked)).toEqual({ values: others, notices: [missing] })
    expect(calls()).toBe(6)
    harness.sandbox.faults.clear()
    const whole = { values: ['in eu-west-1', ...others], notices: [] }
    expect(await outcomeOf(asked)).toEqual(whole)
    expect(await outcomeOf(asked, other)).toEqual(whole)
    expect(calls()).toBe(9)
  })

  test('the error is that of the last of several tries', async () => {
    harness.sandbox.faults.clear()
    harness.sandbox.faults.add({ kind: 'error', region: 'eu-west-1', service: 'logs' })
    expect(await outcomeOf(select('lenient'))).toEqual({
      values: others,
      notices: [expect.stringContaining('AWS failed in eu-west-1 (asked 2 times)')],
    })
    expect(calls()).toBe(4)
  })

  test('an aggregator’s client is told the connection', async () => {
    expect(await outcomeOf(select('everyone'))).toEqual({
      values: ['elsewhere', ...others],
      notices: [missing],
    })
  })

  test('a table that is named twice is missed once', async () => {
    const twice = `select a.event_name ${from('lenient')}`.replace(
      ' where',
      ` a join lenient.aws_cloudtrail_trail_event b using (log_group_name, event_name) where`,
    )
    expect((await outcomeOf(`${twice} order by 1`)).notices).toEqual([missing])
  })

  test('a session that waits for the same rows is told, too', async () => {
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, service: 'logs' })
    const both = await Promise.all([outcomeOf(select('lenient')), outcomeOf(select('lenient'), other)])
    expect(both).toEqual([1, 2].map(() => ({ values: others, notices: [missing] })))
    expect(calls()).toBe(3)
  })

  test('a query that all regions fail, fails', async () => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException' })
    await expect(client.query(select('lenient'))).rejects.toMatchObject({ code: 'HV000' })
    await expect(
      client.query(`${select('lenient').replace('order', "and region = 'eu-west-1' order")}`),
    ).rejects.toMatchObject({ message: denied })
  })
})

describe('what nobody would be told of fails', () => {
  const failure = { message: expect.stringContaining(denied) }

  test('the rows of a materialized view, when it is made and when it is refreshed', async () => {
    await expect(
      client.query(`create materialized view kept_events as ${select('lenient')}`),
    ).rejects.toMatchObject(failure)
    harness.sandbox.faults.clear()
    await client.query(`create materialized view kept_events as ${select('lenient')}`)
    await client.query('select millrace.cache_clear()')
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'eu-west-1' })
    await expect(client.query('refresh materialized view kept_events')).rejects.toMatchObject(failure)
    expect((await outcomeOf('select count(*)::int from kept_events')).values).toEqual([3])
  })

  test('a function, also while it waits for the rows of a session that goes on', async () => {
    await client.query(`create function events_of() returns setof text language plpgsql as
      $$ begin return query ${select('lenient')}; end $$`)
    await expect(client.query('select * from events_of()')).rejects.toMatchObject(failure)
    harness.sandbox.faults.add({ kind: 'latency', milliseconds: 300, service: 'logs' })
    const going = outcomeOf(select('lenient'), other)
    await expect(client.query('select * from events_of()')).rejects.toMatchObject(failure)
    expect(await going).toEqual({ values: others, notices: [missing] })
  })
})

test('EXPLAIN ANALYZE and millrace.scan show what is missing', async () => {
  const explained = await outcomeOf(`explain analyze ${select('lenient')}`)
  expect(explained.notices).toEqual([missing])
  const made = explained.values.map((line) => String(line).trim()).filter((line) => line.startsWith('Made'))
  expect(made).toEqual([expect.stringMatching(`; rows of region eu-west-1 are missing: .*${denied}`)])
  const { rows } = await client.query(`explain (analyze, format json) ${select('lenient')}`)
  expect(JSON.stringify(rows)).toContain(`"Error":"rows of region eu-west-1 are missing: `)
  await outcomeOf(select('lenient'))
  const recorded = await client.query(
    'select rows::int, error from millrace.scan order by statement desc limit 1',
  )
  expect(recorded.rows).toEqual([{ rows: 2, error: missing }])
})
