import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  GetDataProtectionPolicyCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
let client: CloudWatchLogsClient

beforeEach(async () => {
  sandbox = await startSandbox()
  client = new CloudWatchLogsClient({
    endpoint: sandbox.url,
    region: 'us-east-1',
    credentials: sandboxCredentials,
    maxAttempts: 1,
  })
})
afterEach(async () => {
  client.destroy()
  await sandbox.stop()
})

async function errorName(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error) => error.name,
  )
}

const groups = (input: object) => client.send(new DescribeLogGroupsCommand(input))
const streams = (input: object) =>
  client.send(new DescribeLogStreamsCommand({ logGroupName: 'g', ...input } as object))

describe('DescribeLogGroups', () => {
  test('pages in the order of names, with tokens for the same question only', async () => {
    const first = await groups({ limit: 3 })
    expect(first.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual([
      'cloudtrail-cwg-devto',
      'cloudtrail-ipv6',
      'sandbox/empty',
    ])
    const { nextToken } = first
    const second = await groups({ limit: 3, nextToken })
    expect(second.logGroups).toHaveLength(2)
    expect(second.nextToken).toBeUndefined()
    expect(await errorName(groups({ limit: 2, nextToken }))).toBe('InvalidParameterException')
  })

  test('a prefix, a pattern, not both; a pattern tells less', async () => {
    expect((await groups({ logGroupNamePrefix: 'sandbox/' })).logGroups).toHaveLength(2)
    const { logGroups } = await groups({ logGroupNamePattern: 'cwg' })
    expect(logGroups).toEqual([
      {
        logGroupName: 'cloudtrail-cwg-devto',
        creationTime: expect.any(Number),
        arn: 'arn:aws:logs:us-east-1:810361751552:log-group:cloudtrail-cwg-devto:*',
      },
    ])
    for (const input of [
      { logGroupNamePrefix: 'a', logGroupNamePattern: 'a' },
      { logGroupNamePrefix: 'a b' },
      { logGroupNamePrefix: '' },
      { limit: 51 },
      { limit: 0 },
    ]) {
      expect(await errorName(groups(input))).toBe('InvalidParameterException')
    }
  })
})

describe('DescribeLogStreams', () => {
  beforeEach(() => {
    sandbox.logs.addEvents('us-east-1', 'g', [
      { logStreamName: 'b', timestamp: 10, message: '', ingestionTime: 11 },
      { logStreamName: 'a', timestamp: 20, message: '', ingestionTime: 21 },
      { logStreamName: 'a', timestamp: 30, message: '', ingestionTime: 31 },
    ])
    sandbox.logs.createGroup('us-east-1', 'g', ['c'])
  })

  const names = async (input: object) =>
    (await streams(input)).logStreams?.map(({ logStreamName }) => logStreamName)

  test('orders and times', async () => {
    const { logStreams } = await streams({})
    expect(logStreams).toMatchObject([
      { logStreamName: 'a', firstEventTimestamp: 20, lastEventTimestamp: 30, lastIngestionTime: 31 },
      { logStreamName: 'b', arn: 'arn:aws:logs:us-east-1:810361751552:log-group:g:log-stream:b' },
      { logStreamName: 'c' },
    ])
    expect(logStreams?.[2]?.lastEventTimestamp).toBeUndefined()
    expect(await names({ descending: true })).toEqual(['c', 'b', 'a'])
    expect(await names({ orderBy: 'LastEventTime' })).toEqual(['c', 'b', 'a'])
    expect(await names({ logStreamNamePrefix: 'b' })).toEqual(['b'])
  })

  test('refusals', async () => {
    expect(await errorName(streams({ orderBy: 'Size' }))).toBe('InvalidParameterException')
    expect(await errorName(streams({ orderBy: 'LastEventTime', logStreamNamePrefix: 'a' }))).toBe(
      'InvalidParameterException',
    )
    expect(await errorName(streams({ logGroupName: 'none' }))).toBe('ResourceNotFoundException')
  })
})

test('policies and tags, of groups that there are', async () => {
  const policy = (logGroupIdentifier: string) =>
    client.send(new GetDataProtectionPolicyCommand({ logGroupIdentifier }))
  expect((await policy('cloudtrail-cwg-devto')).policyDocument).toContain('mask-addresses')
  expect((await policy('sandbox/empty')).policyDocument).toBeUndefined()
  expect(await errorName(policy('none'))).toBe('ResourceNotFoundException')
  const tags = (name: string) =>
    client.send(
      new ListTagsForResourceCommand({
        resourceArn: `arn:aws:logs:us-east-1:810361751552:log-group:${name}`,
      }),
    )
  expect((await tags('cloudtrail-cwg-devto')).tags).toEqual({ Purpose: 'devto', Owner: 'articles' })
  expect(await errorName(tags('none'))).toBe('ResourceNotFoundException')
  expect(await errorName(tags('cloudtrail-cwg-devto:*'))).toBe('InvalidParameterException')
})
