/** aws_cloudtrail_trail over the real SDK client, against answers that each test makes up. */
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import {
  type Answers,
  Refusal,
  type StubAws,
  type StubCall,
  stubAccount,
  stubIdentity,
} from '../testing/stub-aws.js'
import { cloudtrailTrail } from './cloudtrail-trail.js'

describe('aws_cloudtrail_trail', () => {
  const arn = (region: string, name: string, owner = stubAccount) =>
    `arn:aws:cloudtrail:${region}:${owner}:trail/${name}`
  const everywhere = {
    Name: 'everywhere',
    TrailARN: arn('us-east-1', 'everywhere'),
    HomeRegion: 'us-east-1',
    IsMultiRegionTrail: true,
  }
  const local = {
    Name: 'local',
    TrailARN: arn('eu-west-1', 'local'),
    HomeRegion: 'eu-west-1',
    HasInsightSelectors: true,
  }
  const others = {
    Name: 'others',
    TrailARN: arn('us-east-1', 'others', '999999999999'),
    HomeRegion: 'us-east-1',
    IsOrganizationTrail: true,
  }
  const trails: Answers = {
    GetCallerIdentity: stubIdentity,
    DescribeTrails: ({ region }) => ({
      trailList: region === 'eu-west-1' ? [everywhere, local, others] : [everywhere, others],
    }),
    GetTrailStatus: () => ({ IsLogging: true, LatestDeliveryTime: 1657139889 }),
    GetEventSelectors: () => ({ EventSelectors: [{ ReadWriteType: 'All' }] }),
    GetInsightSelectors: () => new Refusal('InsightNotEnabledException'),
    ListTags: ({ input }) => ({
      ResourceTagList: (input.ResourceIdList as string[]).map((id) => ({
        ResourceId: id,
        TagsList: id.endsWith('local') ? [] : [{ Key: 'k', Value: 'v' }, { Key: 'empty' }],
      })),
    }),
  }
  const regions = ['us-east-1', 'eu-west-1']

  test('without columns of other calls, each region is asked once', async ({ stub }) => {
    stub.answers = trails
    const rows = await collectRows(cloudtrailTrail, {
      connection: stub.connect({ regions }),
      columns: ['name', 'region', 'home_region', 'akas', 'title'],
    })
    expect(rows).toHaveLength(5)
    expect(rows).toContainEqual(
      expect.objectContaining({
        name: 'local',
        region: 'eu-west-1',
        title: 'local',
        akas: `["${local.TrailARN}"]`,
      }),
    )
    expect(stub.callNames()).toEqual(['DescribeTrails', 'DescribeTrails'])
  })

  test('details are asked once for each trail, at home', async ({ stub }) => {
    stub.answers = trails
    const rows = await collectRows(cloudtrailTrail, { connection: stub.connect({ regions }) })
    const by = (name: string, region: string) =>
      rows.find((row) => row.name === name && row.region === region)
    for (const region of regions) {
      expect(by('everywhere', region)).toMatchObject({
        is_logging: true,
        latest_delivery_time: new Date('2022-07-06T20:38:09Z'),
        event_selectors: '[{"ReadWriteType":"All"}]',
        tags_src: '[{"Key":"k","Value":"v"},{"Key":"empty"}]',
        tags: '{"k":"v","empty":""}',
        account_id: stubAccount,
        partition: 'aws',
      })
      expect(by('others', region)?.is_logging).toBeUndefined()
      expect(by('others', region)?.tags).toBeUndefined()
    }
    expect(by('local', 'eu-west-1')).toMatchObject({ tags_src: '[]', tags: '{}' })
    expect(by('local', 'eu-west-1')?.insight_selectors).toBeUndefined()
    const count = (stub: StubAws, name: string) => stub.callNames().filter((each) => each === name).length
    expect(count(stub, 'GetTrailStatus')).toBe(2)
    expect(count(stub, 'GetEventSelectors')).toBe(2)
    expect(count(stub, 'GetInsightSelectors')).toBe(2)
    expect(count(stub, 'ListTags')).toBe(2)
    expect(count(stub, 'GetCallerIdentity')).toBe(1)
    for (const { name, region, input } of stub.calls) {
      if (name === 'GetTrailStatus') expect(input.Name).toContain(`:${region}:`)
    }
  })

  test('tags are asked for twenty trails at once; one that is gone hides no other', async ({ stub }) => {
    const many = Array.from({ length: 25 }, (_, i) => ({
      Name: `t${i}`,
      TrailARN: arn('us-east-1', `t${i}`),
      HomeRegion: 'us-east-1',
    }))
    stub.answers = {
      DescribeTrails: () => ({ trailList: many }),
      ListTags: ({ input }) => {
        const ids = input.ResourceIdList as string[]
        if (ids.some((id) => id.endsWith('/t24'))) return new Refusal('ResourceNotFoundException')
        return {
          ResourceTagList: ids.map((id) => ({ ResourceId: id, TagsList: [{ Key: 'id', Value: id }] })),
        }
      },
    }
    const rows = await collectRows(cloudtrailTrail, { connection: stub.connect(), columns: ['tags'] })
    expect(rows.filter((row) => row.tags === `{"id":"${row.arn}"}`)).toHaveLength(24)
    expect(
      stub.calls
        .filter(({ name }) => name === 'ListTags')
        .map(({ input }) => (input.ResourceIdList as []).length),
    ).toEqual([20, 5, 1, 1, 1, 1, 1])
  })

  describe('a trail of another account that is shown here', () => {
    const foreign = {
      ...others,
      Name: 'foreign',
      TrailARN: arn('us-east-1', 'foreign', '999999999999'),
      IsOrganizationTrail: false,
    }
    const columns = ['name', 'is_logging', 'event_selectors', 'insight_selectors', 'tags'] as const
    /** Answers that refuse all further calls about a trail, by its name. */
    const refusing = (name: string, code: string): Answers => {
      const unless = (call: string) => (given: StubCall) =>
        JSON.stringify(given.input).includes(`/${name}"`) ? new Refusal(code) : trails[call]?.(given)
      const calls = ['GetTrailStatus', 'GetEventSelectors', 'GetInsightSelectors', 'ListTags']
      const own = { ...everywhere, HasInsightSelectors: true }
      return {
        ...trails,
        DescribeTrails: () => ({ trailList: [own, foreign] }),
        ...Object.fromEntries(calls.map((call) => [call, unless(call)])),
      }
    }

    test.for(['CloudTrailARNInvalidException', 'AccessDeniedException', 'TrailNotFoundException'])(
      'has NULLs where its owner’s answer is %s; the other trails have theirs',
      async (code, { stub }) => {
        stub.answers = refusing('foreign', code)
        const rows = await collectRows(cloudtrailTrail, { connection: stub.connect(), columns: [...columns] })
        const [own, other] = rows
        expect(own).toMatchObject({ is_logging: true, tags: '{"k":"v","empty":""}' })
        expect(other?.name).toBe('foreign')
        for (const column of columns.slice(1)) expect(other?.[column] ?? null).toBeNull()
      },
    )

    test('is no excuse for an error of the caller’s own', async ({ stub }) => {
      stub.answers = refusing('everywhere', 'AccessDeniedException')
      const scan = collectRows(cloudtrailTrail, { connection: stub.connect(), columns: [...columns] })
      expect((await errorOf(scan)).message).toBe('AWS denied access in us-east-1')
    })
  })

  test('conditions on name, ARN, region and stubAccount narrow rows and calls', async ({ stub }) => {
    stub.answers = trails
    const count = async (stub: StubAws, quals: object) =>
      (
        await collectRows(cloudtrailTrail, {
          connection: stub.connect({ regions }),
          columns: ['is_logging'],
          quals,
        })
      ).length
    expect(await count(stub, { name: [{ operator: '=', values: ['local', 'absent'] }] })).toBe(1)
    expect(stub.callNames().filter((name) => name === 'GetTrailStatus')).toHaveLength(1)
    expect(await count(stub, { arn: [{ operator: '=', values: [everywhere.TrailARN] }] })).toBe(2)
    expect(await count(stub, { region: [{ operator: '=', values: ['eu-west-1'] }] })).toBe(3)
    stub.calls.length = 0
    expect(await count(stub, { account_id: [{ operator: '=', values: ['1'] }] })).toBe(0)
    expect(stub.callNames()).toEqual(['GetCallerIdentity'])
  })
})

testSteampipe(cloudtrailTrail, {
  columns: [
    'name text',
    'arn text',
    'home_region text',
    'is_multi_region_trail boolean',
    'log_file_validation_enabled boolean',
    'is_logging boolean',
    'log_group_arn text',
    'cloudwatch_logs_role_arn text',
    'has_custom_event_selectors boolean',
    'has_insight_selectors boolean',
    'include_global_service_events boolean',
    'is_organization_trail boolean',
    'kms_key_id text',
    's3_bucket_name text',
    's3_key_prefix text',
    'sns_topic_arn text',
    'latest_cloudwatch_logs_delivery_error text',
    'latest_cloudwatch_logs_delivery_time timestamp with time zone',
    'latest_delivery_error text',
    'latest_delivery_time timestamp with time zone',
    'latest_digest_delivery_error text',
    'latest_digest_delivery_time timestamp with time zone',
    'latest_notification_error text',
    'latest_notification_time timestamp with time zone',
    'start_logging_time timestamp with time zone',
    'stop_logging_time timestamp with time zone',
    'advanced_event_selectors jsonb',
    'event_selectors jsonb',
    'insight_selectors jsonb',
    'tags_src jsonb',
    'tags jsonb',
    'akas jsonb',
    'title text',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    name: 'optional =',
    arn: 'optional =',
    region: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
