import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { expect } from 'vitest'
import { articleDelivery } from '../data/article-trail.js'
import { clientTest } from '../testing/client-test.js'

const test = clientTest(CloudTrailClient)

const lookup = (client: CloudTrailClient, input: object) => client.send(new LookupEventsCommand(input))
const by = (AttributeKey: string, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
})

test("the article's events, the newest first, page by page", async ({ client }) => {
  const first = await lookup(client, { MaxResults: 20 })
  const second = await lookup(client, { MaxResults: 20, NextToken: first.NextToken })
  const times = [...(first.Events ?? []), ...(second.Events ?? [])].map(({ EventTime }) => Number(EventTime))
  expect(times).toHaveLength(36)
  expect(times).toEqual([...times].sort((a, b) => b - a))
  expect(second.NextToken).toBeUndefined()
})

test('by each attribute; bounds of time are inclusive', async ({ client }) => {
  const names = async (client: CloudTrailClient, input: object) =>
    (await lookup(client, input)).Events?.map(({ EventName }) => EventName)
  expect(await names(client, by('Username', 'root'))).toEqual(['GetSessionToken'])
  expect(await names(client, by('EventName', 'ConsoleLogin'))).toEqual(['ConsoleLogin'])
  expect(await names(client, by('ResourceName', 'devto-public-assets'))).toEqual(['GetBucketAcl'])
  const [event] = (await lookup(client, by('EventName', 'ConsoleLogin'))).Events ?? []
  expect(await names(client, { StartTime: event?.EventTime, EndTime: event?.EventTime })).toEqual([
    'ConsoleLogin',
  ])
  expect(await names(client, { EventCategory: 'insight' })).toEqual([])
})

test('older events than those of 90 days are not kept', async ({ sandbox, client }) => {
  const [event] = (await lookup(client, by('EventName', 'ConsoleLogin'))).Events ?? []
  const old = new Date(articleDelivery - 91 * 24 * 3600 * 1000).toISOString()
  const record = { ...JSON.parse(event?.CloudTrailEvent ?? ''), eventTime: old, eventName: 'Old' }
  sandbox.history.add('us-east-1', JSON.stringify(record))
  expect((await lookup(client, by('EventName', 'Old'))).Events).toEqual([])
})

test.for<[string, object]>([
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
] as const)('%s', async ([name, input], { client }) => {
  await expect(lookup(client, input)).rejects.toMatchObject({ name })
})
