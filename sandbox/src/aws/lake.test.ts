import {
  CloudTrailClient,
  DescribeQueryCommand,
  GetChannelCommand,
  GetEventDataStoreCommand,
  GetImportCommand,
  ListChannelsCommand,
  ListEventDataStoresCommand,
  ListImportsCommand,
  ListQueriesCommand,
} from '@aws-sdk/client-cloudtrail'
import { expect } from 'vitest'
import { clientTest } from '../testing/client-test.js'

const test = clientTest(CloudTrailClient)

const store = 'ee54f254-e519-4d51-8c3c-1f0a9e2d7b60'
const inactive = '0c9b7f9e-5d3a-4c55-9a51-6f3f7b2a1d04'
const arn = (id: string) => `arn:aws:cloudtrail:us-east-1:810361751552:eventdatastore/${id}`
const queries = (client: CloudTrailClient, input: object) =>
  client.send(new ListQueriesCommand({ EventDataStore: arn(store), ...input } as object as never))

test('stores page by page; one by its ARN or its end', async ({ client }) => {
  const first = await client.send(new ListEventDataStoresCommand({ MaxResults: 1 }))
  expect(first.EventDataStores).toEqual([{ EventDataStoreArn: arn(store), Name: 'devto-management' }])
  const second = await client.send(
    new ListEventDataStoresCommand({ MaxResults: 1, NextToken: first.NextToken }),
  )
  expect(second.EventDataStores).toMatchObject([{ EventDataStoreArn: arn(inactive) }])
  expect(second.NextToken).toBeUndefined()
  for (const EventDataStore of [store, arn(store)]) {
    const found = await client.send(new GetEventDataStoreCommand({ EventDataStore }))
    expect(found).toMatchObject({ Name: 'devto-management', RetentionPeriod: 2557 })
  }
})

test('channels, imports by status, queries by status and time', async ({ client }) => {
  const { Channels = [] } = await client.send(new ListChannelsCommand({}))
  const [channel] = Channels
  expect(await client.send(new GetChannelCommand({ Channel: channel?.ChannelArn }))).toMatchObject({
    Source: 'Custom',
  })
  const { Imports = [] } = await client.send(new ListImportsCommand({ ImportStatus: 'COMPLETED' }))
  expect(Imports).toHaveLength(1)
  const got = await client.send(new GetImportCommand({ ImportId: Imports[0]?.ImportId }))
  expect(got.ImportStatistics).toMatchObject({ FailedEntries: 0 })
  const { Queries = [] } = await queries(client, { QueryStatus: 'FAILED' })
  expect(Queries).toMatchObject([{ CreationTime: new Date('2022-07-06T19:31:29Z') }])
  const none = await queries(client, { StartTime: new Date('2022-07-07'), EndTime: new Date('2022-07-08') })
  expect(none.Queries).toEqual([])
})

test.for<[string, (client: CloudTrailClient) => Promise<unknown>]>([
  [
    'EventDataStoreNotFoundException',
    (client) => client.send(new GetEventDataStoreCommand({ EventDataStore: arn('none') })),
  ],
  [
    'EventDataStoreARNInvalidException',
    (client) => client.send(new GetEventDataStoreCommand({ EventDataStore: 'a b c' })),
  ],
  ['ChannelNotFoundException', (client) => client.send(new GetChannelCommand({ Channel: 'none' }))],
  ['InvalidParameterException', (client) => client.send(new GetImportCommand({ ImportId: 'none' }))],
  ['ImportNotFoundException', (client) => client.send(new GetImportCommand({ ImportId: inactive }))],
  ['InactiveEventDataStoreException', (client) => queries(client, { EventDataStore: arn(inactive) })],
  ['InvalidQueryStatusException', (client) => queries(client, { QueryStatus: 'SLOW' })],
  [
    'InvalidDateRangeException',
    (client) => queries(client, { StartTime: new Date(2000), EndTime: new Date(2000) }),
  ],
  ['InvalidMaxResultsException', (client) => queries(client, { MaxResults: 1001 })],
  ['InvalidNextTokenException', (client) => queries(client, { NextToken: 'x.y' })],
  ['QueryIdNotFoundException', (client) => client.send(new DescribeQueryCommand({ QueryId: inactive }))],
])('%s', async ([name, ask], { client }) => {
  await expect(ask(client)).rejects.toMatchObject({ name })
})
