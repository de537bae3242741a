/** A connection's settings, against answers that each test makes up. */
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { awsConfig } from '../settings/config.js'
import { cloudtrailTrail } from '../tables/cloudtrail-trail.js'
import { test } from '../testing/aws-test.js'
import { Refusal, stubAccount, stubIdentity, stubRegions } from '../testing/stub-aws.js'

/** So that they are looked for elsewhere. */
const withoutKeys = { access_key: undefined, secret_key: undefined }

describe('settings', () => {
  test('credentials, region and endpoint come from the environment given', async ({ stub }) => {
    stub.answers = { DescribeTrails: () => ({ trailList: [] }) }
    const connection = stub.connect(
      { ...withoutKeys, endpoint_url: undefined, default_region: undefined },
      {
        AWS_ACCESS_KEY_ID: 'AKIDENV',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_REGION: 'eu-west-3',
        AWS_ENDPOINT_URL_CLOUDTRAIL: stub.endpoint,
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      },
    )
    await collectRows(cloudtrailTrail, { connection, columns: ['name'] })
    expect(stub.calls).toMatchObject([{ name: 'DescribeTrails', region: 'eu-west-3' }])
  })

  test('no credentials: the error lists where they were looked for', async ({ stub }) => {
    const connection = stub.connect(withoutKeys, {
      AWS_SHARED_CREDENTIALS_FILE: '/no-such-file',
      AWS_CONFIG_FILE: '/no-such-file',
      AWS_EC2_METADATA_DISABLED: 'true',
    })
    const error = await errorOf(collectRows(cloudtrailTrail, { connection, columns: ['name'] }))
    expect(error.sqlState).toBe('HV000')
    expect(error.hint).toContain('AWS_ACCESS_KEY_ID')
    expect(error.hint).toContain('~/.aws/credentials')
    expect(stub.calls).toEqual([])
  })

  test.each([
    { access_key: 'a' },
    { session_token: 't' },
    { regions: [] },
    { regions: ['us east'] },
    { on_region_failure: 'ignore' },
    { endpoint_url: 'ftp://x' },
    { unknown: 1 },
  ])('%j is refused', (settings) => {
    expect(awsConfig.safeParse(settings).success).toBe(false)
  })

  test('a pattern that no enabled region matches is an error; without the permission, standard regions count', async ({
    stub,
  }) => {
    stub.answers = { DescribeRegions: stubRegions }
    const error = await errorOf(
      collectRows(cloudtrailTrail, { connection: stub.connect({ regions: ['mars-*'] }), columns: [] }),
    )
    expect(error.message).toContain('mars-*')
    stub.answers = {
      DescribeRegions: () => new Refusal('UnauthorizedOperation', 'no', 403),
      DescribeTrails: () => ({ trailList: [] }),
    }
    stub.calls.length = 0
    await collectRows(cloudtrailTrail, { connection: stub.connect({ regions: ['eu-west-*'] }), columns: [] })
    expect(
      stub.calls
        .slice(1)
        .map(({ region }) => region)
        .sort(),
    ).toEqual(['eu-west-1', 'eu-west-2', 'eu-west-3'])
  })

  test('a call that its query gave up does not fail another query', async ({ stub }) => {
    stub.answers = { GetCallerIdentity: stubIdentity }
    const connection = stub.connect()
    const first = new AbortController()
    const scan = (signal: AbortSignal) => ({
      signal,
      call: <Result>(_: string, run: (signal: AbortSignal) => Promise<Result>) => run(signal),
    })
    const given = connection.callerIdentity(scan(first.signal))
    const other = connection.callerIdentity(scan(new AbortController().signal))
    first.abort()
    await expect(given).rejects.toThrow()
    expect(await other).toEqual({ accountId: stubAccount, partition: 'aws' })
  })
})
