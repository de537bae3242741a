/** What goes wrong with the APIs is told as an error of PostgreSQL's; the session goes on. */
import { once } from 'node:events'
import { errorOf } from '@millrace/server/testing/error-of'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const events = `select source_ip_address from aws_cloudtrail_trail_event where log_group_name = 'cloudtrail-cwg-devto'`
const city = `select city from ipstack_ip where ip = '89.248.165.99'`

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness({ settings: { aws: { max_error_retry_attempts: 2 } } })
  client = await harness.connect()
})

afterAll(() => harness?.stop())

afterEach(async () => {
  harness.sandbox.faults.clear()
  expect((await client.query(city)).rows, 'the session goes on').toEqual([{ city: 'Diemen' }])
})

test('a log group that there is not', async () => {
  const error = await errorOf(client.query(events.replace('cloudtrail-cwg-devto', 'no-such-group')))
  expect(error.code).toBe('HV000')
  expect(error.message).toContain('aws_cloudtrail_trail_event')
  expect(error.message).toContain('FilterLogEvents')
  expect(error.detail).toContain('The specified log group does not exist.')
  expect(error.hint).toBeTruthy()
})

test('an API that fails, after it was asked again', async () => {
  harness.sandbox.calls.clear()
  harness.sandbox.faults.add({ kind: 'error', service: 'logs' })
  const error = await errorOf(client.query(events))
  expect(error.code).toBe('HV000')
  expect(error.message).toMatch(/^aws_cloudtrail_trail_event: FilterLogEvents: .* \(asked 2 times\)$/)
  expect(harness.sandbox.calls.count({ service: 'logs' })).toBe(2)
})

test('an API that fails once', async () => {
  harness.sandbox.faults.add({ kind: 'error', service: 'logs', times: 1 })
  expect((await client.query(events)).rows.length).toBeGreaterThan(6)
})

test('an API that throttles', async () => {
  harness.sandbox.faults.add({ kind: 'throttle', service: 'logs' })
  expect((await errorOf(client.query(events))).detail).toContain('Rate exceeded')
})

test('an API that cuts its answers off', async () => {
  harness.sandbox.faults.add({ kind: 'cut', service: 'ipstack' })
  const error = await errorOf(client.query(city))
  // Not of class 08: pools would take the connection to Millrace for broken.
  expect(error.code).toBe('HV00N')
  expect(error.message).toContain('ipstack_ip')
})

test('a failure within a transaction ends the transaction, as any error does', async () => {
  harness.sandbox.faults.add({ kind: 'error', service: 'logs' })
  await client.query('begin')
  expect((await errorOf(client.query(events))).code).toBe('HV000')
  expect((await errorOf(client.query('select 1'))).code).toBe('25P02')
  await client.query('rollback')
})

test('a query that is cancelled while an API hangs', async () => {
  harness.sandbox.faults.add({ kind: 'hang', service: 'logs' })
  const called = harness.sandbox.calls.next(({ service }) => service === 'logs')
  const asking = errorOf(client.query(events))
  const call = await called
  const { processID, secretKey } = Object(client)
  const { connection } = Object(new pg.Client({ connectionString: harness.url }))
  const canceled = once(connection, 'end')
  connection.on('connect', () => connection.cancel(processID, secretKey))
  connection.connect(Number(new URL(harness.url).port), '127.0.0.1')
  await canceled
  expect((await asking).code).toBe('57014')
  await harness.sandbox.calls.idle()
  expect(call.aborted).toBe(true)
})

describe('credentials', () => {
  async function within<Result>(
    options: Parameters<typeof startServiceHarness>[0],
    run: (harness: ServiceHarness) => Promise<Result>,
  ) {
    const other = await startServiceHarness(options)
    try {
      return await run(other)
    } finally {
      await other.stop()
    }
  }

  test('a wrong token is told in the words of ipstack, and is not shown', async () => {
    const token = 'mistyped-token-1234'
    await within({ environment: { IPSTACK_TOKEN: token } }, async (other) => {
      const error = await errorOf((await other.connect()).query(city))
      expect(error.code).toBe('HV000')
      expect(error.detail).toContain('You have not supplied a valid API Access Key.')
      expect(error.hint).toMatch(/token/i)
      expect(JSON.stringify(Object.values(error))).not.toContain(token)
    })
  })

  test('no token at all: where it was looked for', async () => {
    await within({ environment: { IPSTACK_TOKEN: '' } }, async (other) => {
      const error = await errorOf((await other.connect()).query(city))
      expect(`${error.detail} ${error.hint}`).toContain('IPSTACK_TOKEN')
    })
  })

  test('no AWS credentials: the places where they were looked for', async () => {
    await within({ environment: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } }, async (other) => {
      const error = await errorOf((await other.connect()).query(events))
      expect(error.code).toMatch(/^HV000$/)
      expect(`${error.detail} ${error.hint}`).toContain('AWS_ACCESS_KEY_ID')
      expect(`${error.detail} ${error.hint}`).toContain('~/.aws/credentials')
    })
  })

  test('wrong AWS credentials', async () => {
    await within({ environment: { AWS_SECRET_ACCESS_KEY: 'mistyped' } }, async (other) => {
      const error = await errorOf((await other.connect()).query(events))
      expect(error.code).toBe('HV000')
      expect(error.detail).toContain('signature')
      expect(JSON.stringify(Object.values(error))).not.toContain('mistyped')
    })
  })
})
