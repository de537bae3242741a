import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetInsightSelectorsCommand,
  GetTrailStatusCommand,
  ListTagsCommand,
} from '@aws-sdk/client-cloudtrail'
import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sandboxCredentials } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
let home: CloudTrailClient
let away: CloudTrailClient

beforeAll(async () => {
  sandbox = await startSandbox()
  sandbox.trails.add({
    name: 'everywhere',
    homeRegion: 'eu-west-1',
    isMultiRegion: true,
    description: { HasInsightSelectors: true },
    status: { IsLogging: false, StopLoggingTime: 1657139889.25 },
    advancedEventSelectors: [{ Name: 'x', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }] }],
    insightSelectors: [{ InsightType: 'ApiCallRateInsight' }],
    tags: {},
  })
  home = new CloudTrailClient(settings('us-east-1'))
  away = new CloudTrailClient(settings('eu-west-1'))
})
afterAll(async () => {
  home.destroy()
  away.destroy()
  await sandbox.stop()
})

const settings = (region: string) => ({
  endpoint: sandbox.url,
  region,
  credentials: sandboxCredentials,
  maxAttempts: 1,
})

const articleArn = 'arn:aws:cloudtrail:us-east-1:810361751552:trail/cloudtrail-for-devto'
const otherArn = 'arn:aws:cloudtrail:eu-west-1:810361751552:trail/everywhere'

async function names(client: CloudTrailClient, input: object = {}) {
  const { trailList = [] } = await client.send(new DescribeTrailsCommand(input))
  return trailList.map(({ Name }) => Name)
}

async function errorName(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error) => error.name,
  )
}

test("the article's trail, as the article shows it", async () => {
  const { trailList } = await home.send(
    new DescribeTrailsCommand({ trailNameList: ['cloudtrail-for-devto'] }),
  )
  expect(trailList).toEqual([
    expect.objectContaining({
      Name: 'cloudtrail-for-devto',
      TrailARN: articleArn,
      HomeRegion: 'us-east-1',
      IsMultiRegionTrail: false,
      CloudWatchLogsLogGroupArn: 'arn:aws:logs:us-east-1:810361751552:cloudtrail-cwg-devto',
    }),
  ])
  const status = await home.send(new GetTrailStatusCommand({ Name: articleArn }))
  expect(status.LatestDeliveryTime).toEqual(new Date('2022-07-06T20:38:09Z'))
})

test('copies of multi-region trails stand in every region', async () => {
  expect(await names(home)).toEqual(['cloudtrail-for-devto', 'everywhere'])
  expect(await names(home, { includeShadowTrails: false })).toEqual(['cloudtrail-for-devto'])
  expect(await names(away)).toEqual(['everywhere'])
})

test('a name is looked for in its own region, an ARN anywhere', async () => {
  expect(await names(home, { trailNameList: ['everywhere'] })).toEqual([])
  expect(await names(home, { trailNameList: [otherArn] })).toEqual(['everywhere'])
  expect(await errorName(home.send(new GetTrailStatusCommand({ Name: 'everywhere' })))).toBe(
    'TrailNotFoundException',
  )
  expect(await home.send(new GetTrailStatusCommand({ Name: otherArn }))).toMatchObject({
    IsLogging: false,
    StopLoggingTime: new Date('2022-07-06T20:38:09.250Z'),
  })
  expect(await errorName(names(home, { trailNameList: ['x..y'] }))).toBe('InvalidTrailNameException')
  expect(await errorName(names(home, { trailNameList: ['arn:aws:s3:::b'] }))).toBe(
    'CloudTrailARNInvalidException',
  )
})

test('selectors; Insights may be off', async () => {
  const own = await home.send(new GetEventSelectorsCommand({ TrailName: articleArn }))
  expect(own.EventSelectors).toMatchObject([{ ReadWriteType: 'All', IncludeManagementEvents: true }])
  expect(own.AdvancedEventSelectors).toBeUndefined()
  const other = await away.send(new GetEventSelectorsCommand({ TrailName: 'everywhere' }))
  expect(other.AdvancedEventSelectors).toHaveLength(1)
  expect(await errorName(home.send(new GetInsightSelectorsCommand({ TrailName: articleArn })))).toBe(
    'InsightNotEnabledException',
  )
  const insights = await away.send(new GetInsightSelectorsCommand({ TrailName: otherArn }))
  expect(insights.InsightSelectors).toEqual([{ InsightType: 'ApiCallRateInsight' }])
})

test('tags, of up to twenty trails of the region', async () => {
  const { ResourceTagList } = await home.send(new ListTagsCommand({ ResourceIdList: [articleArn] }))
  expect(ResourceTagList).toEqual([
    {
      ResourceId: articleArn,
      TagsList: [
        { Key: 'Purpose', Value: 'devto' },
        { Key: 'Owner', Value: 'articles' },
      ],
    },
  ])
  const ask = (...ResourceIdList: string[]) => errorName(home.send(new ListTagsCommand({ ResourceIdList })))
  expect(await ask(otherArn)).toBe('ResourceNotFoundException')
  expect(await ask(...Array.from({ length: 21 }, () => articleArn))).toBe('ValidationException')
})

test('regions, also those that the account has not enabled where that is asked for', async () => {
  const client = new EC2Client(settings('us-east-1'))
  const ask = async (input: object) => (await client.send(new DescribeRegionsCommand(input))).Regions ?? []
  const enabled = await ask({})
  expect(enabled.map(({ RegionName }) => RegionName)).toContain('eu-south-1')
  expect(enabled.every(({ OptInStatus }) => OptInStatus !== 'not-opted-in')).toBe(true)
  const all = await ask({ AllRegions: true })
  expect(all).toContainEqual(
    expect.objectContaining({ RegionName: 'af-south-1', OptInStatus: 'not-opted-in' }),
  )
  expect(await ask({ RegionNames: ['us-west-2'] })).toMatchObject([{ RegionName: 'us-west-2' }])
  client.destroy()
})
