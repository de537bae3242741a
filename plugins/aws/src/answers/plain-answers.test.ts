/** Answers of FilterLogEvents, which the SDK does not go through member by member: they are as it would give them. */
import type { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { expect } from 'vitest'
import { cloudWatchLogs } from '../services/cloudwatch-logs.js'
import { test as awsTest } from '../testing/aws-test.js'
import { Refusal } from '../testing/stub-aws.js'

const test = awsTest.extend('client', ({ stub }) => stub.connect().client(cloudWatchLogs, 'us-east-1'))

const ask = (client: CloudWatchLogs) => client.filterLogEvents({ logGroupName: 'g' })

test('events, with texts of any alphabet, and what the answer tells of the request', async ({
  stub,
  client,
}) => {
  const events = ['plain', 'Grüße', '日本 🌊', '\\u0000 "quoted"'].map((message, number) => ({
    eventId: `e${number}`,
    timestamp: 1_700_000_000_000 + number,
    message,
  }))
  stub.answers = { FilterLogEvents: () => ({ events, nextToken: 't', searchedLogStreams: [] }) }
  const { $metadata, ...answer } = await ask(client)
  expect(answer).toEqual({ events, nextToken: 't', searchedLogStreams: [] })
  expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: 'request-1' })
})

test('null is as good as absent', async ({ stub, client }) => {
  const event = { eventId: 'e', timestamp: null, message: null, ingestionTime: 7 }
  stub.answers = { FilterLogEvents: () => ({ events: [event], nextToken: null }) }
  const { $metadata, ...answer } = await ask(client)
  expect(answer).toStrictEqual({ events: [{ eventId: 'e', ingestionTime: 7 }] })
})

test('refusals are the errors of the SDK', async ({ stub, client }) => {
  stub.answers = {
    FilterLogEvents: () =>
      new Refusal('ResourceNotFoundException', 'The specified log group does not exist.'),
  }
  await expect(ask(client)).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
    $metadata: { httpStatusCode: 400, requestId: 'request-1' },
  })
})

test('an answer that breaks off is an error', async ({ stub, client }) => {
  stub.answers = { FilterLogEvents: () => '{"events":[{"eventId":"e"' }
  await expect(ask(client)).rejects.toMatchObject({ name: 'ForeignAnswerError', foreignness: 'cut' })
})

test('other calls are left to the SDK', async ({ stub, client }) => {
  stub.answers = { DescribeLogGroups: () => ({ logGroups: [{ logGroupName: 'g', arn: null }] }) }
  const { logGroups } = await client.describeLogGroups({})
  expect(logGroups).toStrictEqual([{ logGroupName: 'g' }])
})
