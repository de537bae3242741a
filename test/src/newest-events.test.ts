/** The newest events of a log group, asked as people ask for them: the right rows, by few calls. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const trail = 'aws_cloudtrail_trail_event'
const messages = 'aws_cloudwatch_log_event'
const group = 'newest'
const start = Date.UTC(2025, 5, 1)

let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  harness = await startServiceHarness()
  const { sandbox } = harness
  sandbox.generateEvents({ logGroup: group, count: 12_000, startTime: start, intervalMs: 400, seed: 3 })
  // Long ago, newest of all, and several at one time.
  const message = (n: number) =>
    JSON.stringify({ eventID: `own-${n}`, eventName: 'Own', readOnly: n % 2 === 0 })
  const times = [Date.UTC(2020, 0, 1), Date.UTC(2023, 11, 31), start + 2e6, start + 2e6, start + 2e6 + 1]
  sandbox.logs.addEvents(
    'us-east-1',
    group,
    times.map((timestamp, n) => ({ message: message(n), timestamp, logStreamName: 'own' })),
  )
  client = await harness.connect()
  const where = `where log_group_name = '${group}'`
  await client.query(`create table copied_trail as select * from ${trail} ${where}`)
  await client.query(`create table copied_messages as select * from ${messages} ${where}`)
})
afterAll(() => harness?.stop())
beforeEach(() => harness.sandbox.calls.clear())

async function sameOver(statement: string, parameters: readonly unknown[] = []): Promise<number> {
  const copied = statement.replaceAll(trail, 'copied_trail').replaceAll(messages, 'copied_messages')
  const run = (text: string) => client.query({ text, values: [...parameters], rowMode: 'array' })
  const { rows: right } = await run(copied)
  harness.sandbox.calls.clear()
  const { rows } = await run(statement)
  expect(right.length).toBeGreaterThan(0)
  expect(rows).toEqual(right)
  return harness.sandbox.calls.count()
}

const from = `from ${trail} where log_group_name = '${group}'`

describe('one call', () => {
  test.each([
    `select timestamp, event_id ${from} order by timestamp desc, event_id limit 20`,
    `select timestamp, event_id ${from} order by 1 desc nulls last, 2 limit 20 offset 5`,
    `select timestamp as at, event_id ${from} order by at, event_id limit 20`,
    `select event_id ${from} order by timestamp_ms desc, event_id limit 3`,
    `select timestamp, event_id ${from} and timestamp > '2025-06-01' order by timestamp desc, event_id limit 2`,
    `select event_id ${from} and event_name = 'Own' order by timestamp_ms, event_id limit 1`,
    `select event_id ${from} and region = 'us-east-1' order by timestamp desc, event_id limit 3`,
    `select count(*) from (select 1 ${from} order by timestamp desc fetch first 2 rows with ties) x`,
    `select message from ${messages} where log_group_name = '${group}' order by timestamp desc, message limit 3`,
  ])('%s', async (statement) => {
    expect(await sameOver(statement)).toBe(1)
  })

  test('with a limit that is a parameter', async () => {
    const statement = `select event_id ${from} and log_group_name = $1 order by timestamp desc, event_id limit $2`
    expect(await sameOver(statement, [group, 4])).toBe(1)
  })
})

describe('more calls, and the same rows', () => {
  test.each([
    // Newest first ends at 2024.
    `select event_id ${from} and event_name = 'Own' order by timestamp desc, event_id limit 4`,
    `select event_id ${from} and event_name = 'Own' order by timestamp desc, event_id limit 100`,
    `select event_id ${from} and timestamp < '2024-01-01' order by timestamp desc, event_id limit 1`,
    `select event_id ${from} order by timestamp desc, event_id limit 11000`,
    `select event_id ${from} and not read_only order by timestamp desc, event_id limit 7`,
    `select event_id ${from} and error_code is not null order by timestamp desc, event_id limit 7`,
    `select event_id ${from} and event_name like 'O%' order by timestamp desc, event_id limit 4`,
    `select event_id ${from} and recipient_account_id is null order by timestamp desc, event_id limit 2`,
  ])('%s', async (statement) => {
    expect(await sameOver(statement)).toBeGreaterThan(0)
  })
})

describe('where the API answers with empty pages first, no more than twice the calls of reading it all', () => {
  const article = 'cloudtrail-cwg-devto'
  beforeEach(() => Object.assign(harness.sandbox.paging, { emptyPagesBefore: 3 }))
  afterEach(() => Object.assign(harness.sandbox.paging, { emptyPagesBefore: 0 }))

  test.each([
    ['', 'order by timestamp desc limit 2'],
    ['', 'order by timestamp desc limit 20'],
    ['', 'order by timestamp limit 2'],
    ['', 'limit 2'],
    ["and event_name = 'RunInstances'", 'limit 20'],
    ["and event_name = 'RunInstances'", 'order by timestamp desc limit 20'],
  ])('%s %s', async (condition, order) => {
    const query = `select event_id from ${trail} where log_group_name = '${article}' ${condition}`
    await client.query(query)
    const plain = harness.sandbox.calls.count()
    harness.sandbox.calls.clear()
    await client.query(`${query} ${order}`)
    expect(plain).toBe(4)
    expect(harness.sandbox.calls.count()).toBeLessThanOrEqual(2 * plain)
  })
})
