import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
let client: CloudWatchLogsClient

beforeEach(async () => {
  sandbox = await startSandbox()
  client = clientIn('us-east-1')
})
afterEach(async () => {
  client.destroy()
  await sandbox.stop()
})

function clientIn(region: string): CloudWatchLogsClient {
  return new CloudWatchLogsClient({
    endpoint: sandbox.url,
    region,
    credentials: sandboxCredentials,
    maxAttempts: 1,
  })
}

const group = 'cloudtrail-cwg-devto'
type Input = Partial<FilterLogEventsCommandInput>
const ask = (input: Input = {}, to = client) =>
  to.send(new FilterLogEventsCommand({ logGroupName: group, ...input }))

async function pagesOf(input: Input = {}): Promise<FilteredLogEvent[][]> {
  const pages: FilteredLogEvent[][] = []
  let nextToken: string | undefined
  do {
    const answer = await ask({ ...input, nextToken })
    pages.push(answer.events ?? [])
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  return pages
}

const eventsOf = async (input?: Input) => (await pagesOf(input)).flat()
const timesOf = async (input?: Input) => (await eventsOf(input)).map(({ timestamp }) => timestamp)

/** Events one millisecond apart, from 1000 on. */
function put(logGroup: string, messages: readonly string[], logStreamName = 'events') {
  const events = messages.map((message, i) => ({ message, timestamp: 1000 + i, logStreamName }))
  sandbox.logs.addEvents('us-east-1', logGroup, events)
}

describe('pages', () => {
  test('an event arrives as it was put, with its stream, times and id', async () => {
    put('g', ['{"a":"\\u0000\\ud800 ü 😀"}\n'], 'one')
    const answer = await ask({ logGroupName: 'g' })
    expect(answer.events).toEqual([
      {
        logStreamName: 'one',
        timestamp: 1000,
        message: '{"a":"\\u0000\\ud800 ü 😀"}\n',
        ingestionTime: 1000,
        eventId: expect.stringMatching(/^\d{56}$/),
      },
    ])
    expect(answer.searchedLogStreams).toEqual([])
    expect(answer.nextToken).toBeUndefined()
  })

  test('limit bounds a page, not the whole', async () => {
    put('g', ['a', 'b', 'c', 'd', 'e'])
    const pages = await pagesOf({ logGroupName: 'g', limit: 2 })
    expect(pages.map((page) => page.map(({ message }) => message))).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    // No page follows a last one that is just full.
    expect(await pagesOf({ logGroupName: 'g', limit: 5 })).toHaveLength(1)
  })

  test('at most 10,000 events stand on a page', async () => {
    put(
      'g',
      Array.from({ length: 10_001 }, () => 'x'),
    )
    const pages = await pagesOf({ logGroupName: 'g' })
    expect(pages.map((page) => page.length)).toEqual([10_000, 1])
  })

  test('at most 1 MiB stands on a page, but always one event', async () => {
    const big = 'x'.repeat(600_000)
    put('g', [big, big, big, 'y'.repeat(1_200_000)])
    const pages = await pagesOf({ logGroupName: 'g' })
    expect(pages.map((page) => page.length)).toEqual([1, 1, 1, 1])
  })

  test('events of all streams and sources come in the order of their time', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 500, startTime: 0, intervalMs: 7, streams: 3, seed: 1 })
    sandbox.generateEvents({ logGroup: 'g', count: 500, startTime: 100, intervalMs: 5, seed: 2 })
    const times = await timesOf({ logGroupName: 'g', limit: 33 })
    expect(times).toHaveLength(1000)
    expect(times).toEqual([...times].sort((a = 0, b = 0) => a - b))
    const ids = new Set((await eventsOf({ logGroupName: 'g' })).map(({ message }) => message))
    expect(ids.size).toBe(1000)
  })

  test('pages may be empty, before events, after them and among them', async () => {
    sandbox.paging.emptyPagesBefore = 2
    sandbox.paging.emptyPageAtEnd = true
    put('g', ['a', 'b'])
    const pages = await pagesOf({ logGroupName: 'g', limit: 1 })
    expect(pages.map((page) => page.length)).toEqual([0, 0, 1, 0, 0, 1, 0])
  })

  test('a page that finds nothing among what it looks at is empty and not the last', async () => {
    sandbox.paging.scanLimit = 10
    put(
      'g',
      Array.from({ length: 35 }, (_, i) => `{"n":${i}}`),
    )
    const pages = await pagesOf({ logGroupName: 'g', filterPattern: '{ $.n = 33 }' })
    expect(pages.map((page) => page.length)).toEqual([0, 0, 0, 1])
  })

  test('finished pages are kept where that is asked for, until something changes', async () => {
    sandbox.paging.cacheBytes = 1_000_000
    put('g', ['a', 'b', 'c'])
    const first = await pagesOf({ logGroupName: 'g', limit: 2 })
    expect(await pagesOf({ logGroupName: 'g', limit: 2 })).toEqual(first)
    put('g', ['d'])
    expect(await eventsOf({ logGroupName: 'g', limit: 2 })).toHaveLength(4)
  })
})

describe('what is asked for', () => {
  test('both bounds of time are inclusive, in milliseconds', async () => {
    put('g', ['a', 'b', 'c', 'd'])
    const times = (input: Input) => timesOf({ logGroupName: 'g', ...input })
    expect(await times({ startTime: 1001 })).toEqual([1001, 1002, 1003])
    expect(await times({ endTime: 1002 })).toEqual([1000, 1001, 1002])
    expect(await times({ startTime: 1001, endTime: 1001 })).toEqual([1001])
    expect(await times({ startTime: 1002, endTime: 1001 })).toEqual([])
    sandbox.paging.includesEndTime = false
    expect(await times({ endTime: 1002 })).toEqual([1000, 1001])
    expect(await times({ startTime: 1001, endTime: 1001 })).toEqual([])
    expect(await times({ startTime: 1004 })).toEqual([])
  })

  test('streams, by name or by prefix', async () => {
    put('g', ['a'], 'app-1')
    put('g', ['b'], 'app-2')
    put('g', ['c'], 'web')
    const messages = async (input: Input) =>
      (await eventsOf({ logGroupName: 'g', ...input })).map(({ message }) => message).sort()
    expect(await messages({ logStreamNames: ['app-1', 'web'] })).toEqual(['a', 'c'])
    expect(await messages({ logStreamNamePrefix: 'app' })).toEqual(['a', 'b'])
    expect(await messages({ logStreamNamePrefix: 'none' })).toEqual([])
  })

  test('a filter pattern', async () => {
    const from = await eventsOf({ filterPattern: '{ $.sourceIPAddress = "104.53.*" }' })
    expect(from.map(({ message }) => JSON.parse(message ?? '').eventName)).toEqual(['ConsoleLogin'])
  })

  test('newest first, where the start is late enough', async () => {
    sandbox.generateEvents({ logGroup: 'g', count: 100, startTime: Date.UTC(2024, 5, 1) })
    const forwards = await timesOf({ logGroupName: 'g' })
    const backwards = { logGroupName: 'g', startFromHead: false, startTime: Date.UTC(2024, 0, 1), limit: 7 }
    expect(await timesOf(backwards)).toEqual([...forwards].reverse())
    await expect(ask({ ...backwards, startTime: Date.UTC(2024, 0, 1) - 1 })).rejects.toHaveProperty(
      'name',
      'InvalidParameterException',
    )
  })

  test('the group by name, identifier or ARN', async () => {
    const arn = `arn:aws:logs:us-east-1:810361751552:log-group:${group}`
    const events = await eventsOf()
    expect(events.length).toBeGreaterThan(6)
    for (const logGroupIdentifier of [group, arn]) {
      expect(await eventsOf({ logGroupName: undefined, logGroupIdentifier })).toEqual(events)
    }
    const elsewhere = { logGroupName: undefined, logGroupIdentifier: arn.replace('us-east-1', 'eu-west-1') }
    await expect(ask(elsewhere)).rejects.toHaveProperty('name', 'ResourceNotFoundException')
  })
})

describe('refused', () => {
  const invalid = 'InvalidParameterException'
  test.each<[string, Input]>([
    ['a pattern of more than 1024 characters', { filterPattern: `{ $.a = "${'x'.repeat(1013)}" }` }],
    ['a pattern that is not closed', { filterPattern: '{ $.a = "x"' }],
    ['a pattern that is none', { filterPattern: '{ $.a == 1 }' }],
    ['a limit of 0', { limit: 0 }],
    ['a limit above 10,000', { limit: 10_001 }],
    ['a negative time', { startTime: -1 }],
    ['names and a prefix of streams', { logStreamNames: ['a'], logStreamNamePrefix: 'a' }],
    ['no names', { logStreamNames: [] }],
    ['101 names', { logStreamNames: Array.from({ length: 101 }, (_, i) => `s${i}`) }],
    ['a name that no stream can have', { logStreamNames: ['a:b'] }],
    ['no group', { logGroupName: undefined }],
    ['two groups', { logGroupIdentifier: group }],
    ['a name that no group can have', { logGroupName: 'a b' }],
    ['a token of somewhere else', { nextToken: 'made-up' }],
    ['an empty token', { nextToken: '' }],
  ])('%s', async (_, input) => {
    await expect(ask(input)).rejects.toHaveProperty('name', invalid)
  })

  test('a pattern of 1024 characters is taken', async () => {
    expect((await ask({ filterPattern: `{ $.a = "${'x'.repeat(1012)}" }` })).events).toEqual([])
  })

  test('a token with another question, or with another filter', async () => {
    const { nextToken } = await ask({ limit: 1 })
    expect(nextToken).toBeDefined()
    expect((await ask({ limit: 1, nextToken })).events).toHaveLength(1)
    await expect(ask({ limit: 2, nextToken })).rejects.toHaveProperty('name', invalid)
    await expect(ask({ limit: 1, startTime: 1, nextToken })).rejects.toHaveProperty('name', invalid)
    await expect(ask({ limit: 1, nextToken: `${nextToken}x` })).rejects.toHaveProperty('name', invalid)
  })

  test('groups and streams that there are not', async () => {
    await expect(ask({ logGroupName: 'no-such-group' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log group does not exist.',
    })
    const other = clientIn('eu-west-1')
    await expect(ask({}, other)).rejects.toHaveProperty('name', 'ResourceNotFoundException')
    other.destroy()
    await expect(ask({ logStreamNames: ['no-such-stream'] })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    })
    expect((await ask({ logGroupName: 'sandbox/empty' })).events).toEqual([])
  })
})

test('100,000 generated events cost nothing until they are read', async () => {
  const request = { logGroup: 'g', count: 100_000, seed: 7, distinctAddresses: 500 }
  const { lastTimestamp } = sandbox.generateEvents(request)
  sandbox.generateEvents({ ...request, logGroup: 'same' })
  const last = { logGroupName: 'g', startTime: lastTimestamp ?? 0 }
  const events = await eventsOf(last)
  expect(events).toHaveLength(1)
  expect(await eventsOf({ ...last, logGroupName: 'same' })).toEqual(events)
})
