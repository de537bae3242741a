/** Errors of an API that a connection's settings say to go on without: NULL for columns, no rows for lists, and a NOTICE. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness({
    settings: { aws: { max_error_retry_attempts: 2 } },
    moreAws: {
      by_code: { regions: ['us-east-1', 'eu-west-1'], max_error_retry_attempts: 2 },
      by_message: { max_error_retry_attempts: 2 },
    },
    ignored: {
      by_code: { codes: ['AccessDenied*', 'Throttling?xception'] },
      by_message: { messages: ['^AccessDenied\\w*: .*said (the|this) test'] },
      ipstack: { codes: ['104'] },
    },
    aggregators: { everyone: ['by_code'] },
    cache: { ttl: 60_000, maxBytes: 100_000_000 },
  })
  client = await harness.connect()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  await client.query('select millrace.cache_clear()')
  harness.sandbox.calls.clear()
})
afterEach(() => harness.sandbox.faults.clear())

async function outcomeOf(query: string): Promise<{ rows: unknown[]; notices: string[] }> {
  const notices: string[] = []
  const onNotice = ({ message }: { message?: string | undefined }) => notices.push(message ?? '')
  client.on('notice', onNotice)
  try {
    return { rows: (await client.query(query)).rows, notices }
  } finally {
    client.off('notice', onNotice)
  }
}

const refuse = (operation: string, region?: string, code = 'AccessDeniedException') =>
  harness.sandbox.faults.add({
    kind: 'error',
    code,
    status: 400,
    message: 'said the test',
    operation,
    ...(region === undefined ? {} : { region }),
  })

const told = (what: string, connection: string, table: string, call: string) =>
  expect.stringMatching(
    `^${what} are missing: connection "${connection}": ${table}: ${call}: .*said the test`,
  )

describe('a call for columns', () => {
  const trails = (schema: string) =>
    `select name, is_logging, tags from ${schema}.aws_cloudtrail_trail where region = home_region`

  test('fails the query, unless the settings say otherwise', async () => {
    refuse('GetTrailStatus')
    await expect(client.query(trails('aws'))).rejects.toMatchObject({ code: 'HV000' })
  })

  test.each(['by_code', 'by_message'])('leaves NULL, and is told: %s', async (schema) => {
    refuse('GetTrailStatus')
    const { rows, notices } = await outcomeOf(trails(schema))
    expect(rows).toEqual([{ name: 'cloudtrail-for-devto', is_logging: null, tags: expect.any(Object) }])
    expect(notices).toEqual([told('values of is_logging', schema, 'aws_cloudtrail_trail', 'GetTrailStatus')])
  })

  test('is made anew by the next statement, and rows without it are not kept', async () => {
    refuse('GetTrailStatus')
    for (const _ of [1, 2]) expect((await outcomeOf(trails('by_code'))).notices).toHaveLength(1)
    harness.sandbox.faults.clear()
    const { rows, notices } = await outcomeOf(trails('by_code'))
    expect(rows).toMatchObject([{ is_logging: true }])
    expect(notices).toEqual([])
  })

  test('is told under a LIMIT, too, and through an aggregator', async () => {
    refuse('GetTrailStatus')
    const limited = 'select is_logging from by_code.aws_cloudtrail_trail limit 1'
    expect(await outcomeOf(limited)).toMatchObject({
      rows: [{ is_logging: null }],
      notices: [expect.any(String)],
    })
    expect((await outcomeOf(limited.replace('by_code', 'everyone'))).notices).toHaveLength(1)
  })

  test('fails with other errors', async () => {
    refuse('GetTrailStatus', undefined, 'InvalidTrailNameException')
    for (const schema of ['by_code', 'by_message']) {
      await expect(client.query(trails(schema))).rejects.toMatchObject({ code: 'HV000' })
    }
  })

  test('fails where nobody would be told', async () => {
    refuse('GetTrailStatus')
    await expect(client.query(`create materialized view kept as ${trails('by_code')}`)).rejects.toMatchObject(
      { message: expect.stringContaining('GetTrailStatus') },
    )
  })
})

describe('a list', () => {
  test('has the rows of the other regions', async () => {
    refuse('DescribeAddresses', 'eu-west-1', 'AccessDenied')
    const { rows, notices } = await outcomeOf('select distinct region from by_code.aws_vpc_eip')
    expect(rows).toEqual([{ region: 'us-east-1' }])
    expect(notices).toEqual([told('rows of region eu-west-1', 'by_code', 'aws_vpc_eip', 'DescribeAddresses')])
  })

  test('has no rows where all of it is refused', async () => {
    refuse('DescribeAddresses', undefined, 'AccessDenied')
    const { rows, notices } = await outcomeOf('select region from by_code.aws_vpc_eip')
    expect(rows).toEqual([])
    expect(notices).toHaveLength(2)
  })

  test('of one of several keys leaves the others’ rows', async () => {
    const { faults, logs } = harness.sandbox
    for (const group of ['one', 'other']) {
      logs.addEvents('us-east-1', group, [{ message: group, timestamp: 1000 }])
    }
    faults.add({
      kind: 'error',
      code: 'AccessDenied',
      status: 400,
      message: 'said the test',
      operation: 'FilterLogEvents',
      times: 1,
    })
    const { rows, notices } = await outcomeOf(
      "select message from by_message.aws_cloudwatch_log_event where log_group_name in ('one', 'other')",
    )
    expect(rows).toHaveLength(1)
    expect(notices).toHaveLength(1)
  })

  test('of another plugin, too', async () => {
    const city = "select city from ipstack_ip where ip = '104.53.216.85'"
    harness.sandbox.faults.add({ kind: 'error', code: '104', service: 'ipstack' })
    expect(await outcomeOf(city)).toEqual({
      rows: [],
      notices: [
        expect.stringMatching('^rows are missing: connection "ipstack": ipstack_ip: .*lookups are used up'),
      ],
    })
    harness.sandbox.faults.clear()
    expect(await outcomeOf(city)).toEqual({ rows: [{ city: 'Windsor' }], notices: [] })
  })
})

test('an account whose organization may not be asked for gives the rest', async () => {
  refuse('DescribeOrganization')
  const { rows, notices } = await outcomeOf('select * from aws.aws_account')
  expect(rows).toMatchObject([{ account_id: '810361751552', organization_id: null, partition: 'aws' }])
  expect(notices).toEqual([
    expect.stringMatching(
      '^values of organization_id, .* are missing: .*DescribeOrganization: AWS denied access',
    ),
  ])
})
