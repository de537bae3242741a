import { CloudTrailClient, DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { deniedCredentials, expiredSessionToken, sandboxCredentials } from '../credentials.js'
import { type Sandbox, startSandbox } from '../sandbox.js'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
afterEach(() => {
  vi.unstubAllEnvs()
})

interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

function settings(credentials: Identity = sandboxCredentials, region = 'us-east-1') {
  return { endpoint: sandbox.url, region, credentials, maxAttempts: 1 }
}

const inGroup = { logGroupName: 'cloudtrail-cwg-devto' }

type Ask = (credentials?: Identity, region?: string) => Promise<unknown>

/** One call to each service. */
const asks: Readonly<Record<string, Ask>> = {
  logs: (...as) => new CloudWatchLogsClient(settings(...as)).send(new FilterLogEventsCommand(inGroup)),
  cloudtrail: (...as) => new CloudTrailClient(settings(...as)).send(new DescribeTrailsCommand({})),
  sts: (...as) => new STSClient(settings(...as)).send(new GetCallerIdentityCommand({})),
  ec2: (...as) => new EC2Client(settings(...as)).send(new DescribeRegionsCommand({})),
}

const names = Object.keys(asks)

/** The name of the error that a call ends with. */
async function refusalOf(service: string, ...as: Parameters<Ask>): Promise<string> {
  return (asks[service] as Ask)(...as).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
}

test("the SDK's ordinary environment is all that clients need", async () => {
  for (const [name, value] of Object.entries(sandbox.environment)) vi.stubEnv(name, value || undefined)
  const client = new STSClient({})
  expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '810361751552',
    Arn: 'arn:aws:iam::810361751552:user/sandbox',
  })
  client.destroy()
})

describe.each(names)('%s', (service) => {
  test('takes what the known key has signed, in any region of the account', async () => {
    expect(await refusalOf(service)).toBe('accepted')
    if (service !== 'logs')
      expect(await refusalOf(service, sandboxCredentials, 'eu-south-1')).toBe('accepted')
  })

  const wrong: Record<string, [Identity, Record<string, string>]> = {
    'an unknown key': [
      { ...sandboxCredentials, accessKeyId: 'AKIAUNKNOWN' },
      { json: 'UnrecognizedClientException', sts: 'InvalidClientTokenId', ec2: 'AuthFailure' },
    ],
    'a wrong secret': [
      { ...sandboxCredentials, secretAccessKey: 'guessed' },
      { json: 'InvalidSignatureException', sts: 'SignatureDoesNotMatch', ec2: 'AuthFailure' },
    ],
    'an expired session': [
      { ...sandboxCredentials, sessionToken: expiredSessionToken },
      { json: 'ExpiredTokenException', sts: 'ExpiredToken', ec2: 'RequestExpired' },
    ],
    'an unknown session': [
      { ...sandboxCredentials, sessionToken: 'made-up' },
      { json: 'UnrecognizedClientException', sts: 'InvalidClientTokenId', ec2: 'AuthFailure' },
    ],
    'a key without permissions': [
      deniedCredentials,
      { json: 'AccessDeniedException', sts: 'accepted', ec2: 'UnauthorizedOperation' },
    ],
  }

  test.each(Object.entries(wrong))('%s', async (_, [credentials, errors]) => {
    expect(await refusalOf(service, credentials)).toBe(errors[service] ?? errors.json)
  })

  test('a region that the account has not enabled does not know its key', async () => {
    const expected =
      { sts: 'InvalidClientTokenId', ec2: 'AuthFailure' }[service] ?? 'UnrecognizedClientException'
    expect(await refusalOf(service, sandboxCredentials, 'af-south-1')).toBe(expected)
  })
})

describe('requests that no SDK would make', () => {
  const target = 'Logs_20140328.FilterLogEvents'

  async function post(headers: Record<string, string>, body: string | undefined = JSON.stringify(inGroup)) {
    const response = await fetch(sandbox.url, { method: 'POST', headers, body })
    return { status: response.status, text: await response.text() }
  }

  test('without a signature', async () => {
    const answer = await post({ 'x-amz-target': target })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text).__type).toBe('MissingAuthenticationTokenException')
    const query = await post(
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Action=GetCallerIdentity&Version=2011-06-15',
    )
    expect(query.status).toBe(403)
    expect(query.text).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  test.each([
    'Basic c2FuZGJveDp4',
    'AWS4-HMAC-SHA256 Credential=AKIASANDBOXSANDBOX00/20240101/us-east-1/logs/aws4_request',
    `AWS4-HMAC-SHA256 Credential=AKIASANDBOXSANDBOX00/20240101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  ])('with the authorization %s', async (authorization) => {
    const answer = await post({ 'x-amz-target': target, authorization })
    expect(JSON.parse(answer.text).__type).toBe('IncompleteSignatureException')
  })

  test('signed, and then changed or kept too long', async () => {
    const signed = await signedRequest()
    expect((await post(signed.headers, signed.body)).status).toBe(200)
    const changed = await post(signed.headers, signed.body.replace('devto', 'other'))
    expect(JSON.parse(changed.text).__type).toBe('InvalidSignatureException')
    const { 'x-amz-date': _, ...undated } = signed.headers
    expect(JSON.parse((await post(undated, signed.body)).text).__type).toBe('IncompleteSignatureException')
    const old = await signedRequest(-10 * 60_000)
    const late = await post(old.headers, old.body)
    expect(JSON.parse(late.text)).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringContaining('expired'),
    })
  })

  /** A request of the SDK, taken from it just before it is sent. */
  async function signedRequest(clockOffset = 0) {
    let seen: { headers: Record<string, string>; body: string } | undefined
    const client = new CloudWatchLogsClient({ ...settings(), systemClockOffset: clockOffset })
    client.middlewareStack.add(
      () => async (args) => {
        const { headers, body } = args.request as { headers: Record<string, string>; body: Uint8Array }
        seen = { headers: { ...headers }, body: new TextDecoder().decode(body) }
        throw new Error('seen')
      },
      { step: 'deserialize', priority: 'low' },
    )
    await client.send(new FilterLogEventsCommand(inGroup)).catch(() => {})
    if (seen === undefined) throw new Error('the request was not seen')
    const { host: _host, 'content-length': _length, ...headers } = seen.headers
    return { headers, body: seen.body }
  }

  test('to operations that there are not', async () => {
    const answer = await post({ 'x-amz-target': 'Logs_20140328.NoSuchOperation' })
    expect(answer.status).toBe(400)
    const other = await post({ 'x-amz-target': 'Nobody_1.Nothing' })
    expect(JSON.parse(other.text).__type).toBe('UnknownOperationException')
  })
})
