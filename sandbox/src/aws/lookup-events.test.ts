import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { articleDelivery } from '../data/article-trail.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
let client: CloudTrailClient

beforeAll(async () => {
  sandbox = await startSandbox()
  client = new CloudTrailClient({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: sandboxCredentials,
    maxAttempts: 1,
  })
})
afterAll(async () => {
  client.destroy()
  await sandbox.stop()
})

const lookup = (input: object) => client.send(new LookupEventsCommand(input))
const by = (AttributeKey: string, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
})

test("the article's events, the newest first, page by page", async () => {
  const first = await lookup({ MaxResults: 20 })
  const second = await lookup({ MaxResults: 20, NextToken: first.NextToken })
  const times = [...(first.Events ?? []), ...(second.Events ?? [])].map(({ EventTime }) => Number(EventTime))
  expect(times).toHaveLength(36)
  expect(times).toEqual([...times].sort((a, b) => b - a))
  expect(second.NextToken).toBeUndefined()
})

test('by each attribute; bounds of time are inclusive', async () => {
  const names = async (input: object) => (await lookup(input)).Events?.map(({ EventName }) => EventName)
  expect(await names(by('Username', 'root'))).toEqual(['GetSessionToken'])
  expect(await names(by('EventName', 'ConsoleLogin'))).toEqual(['ConsoleLogin'])
  expect(await names(by('ResourceName', 'devto-public-assets'))).toEqual(['GetBucketAcl'])
  const [event] = (await lookup(by('EventName', 'ConsoleLogin'))).Events ?? []
  expect(await names({ StartTime: event?.EventTime, EndTime: event?.EventTime })).toEqual(['ConsoleLogin'])
  expect(await names({ EventCategory: 'insight' })).toEqual([])
})

test('older events than those of 90 days are not kept', async () => {
  const [event] = (await lookup(by('EventName', 'ConsoleLogin'))).Events ?? []
  const old = new Date(articleDelivery - 91 * 24 * 3600 * 1000).toISOString()
  const record = { ...JSON.parse(event?.CloudTrailEvent ?? ''), eventTime: old, eventName: 'Old' }
  sandbox.history.add('us-east-1', JSON.stringify(record))
  expect((await lookup(by('EventName', 'Old'))).Events).toEqual([])
})

test.each<[string, object]>([
  ['InvalidLookupAttributesException', by('Nonsense', 'x')],
  ['InvalidLookupAttributesException', by('EventName', '_'.repeat(1001))],
  [
    'InvalidLookupAttributesException',
    { LookupAttributes: [by('EventName', 'a'), by('EventId', 'b')].flatMap((one) => one.LookupAttributes) },
  ],
  ['InvalidTimeRangeException', { StartTime: new Date(2000), EndTime: new Date(1000) }],
  ['InvalidMaxResultsException', { MaxResults: 51 }],
  ['InvalidEventCategoryException', { EventCategory: 'data' }],
  ['InvalidNextTokenException', { NextToken: 'x.y' }],
])('%s', async (name, input) => {
  await expect(lookup(input)).rejects.toMatchObject({ name })
})
