/** Answers that are none of AWS's, to calls of each of its protocols: an error that says so, never rows. */
import { collectRows, errorOf } from '@millrace/plugin-sdk/testing'
import { describe, expect } from 'vitest'
import { account } from '../tables/account.js'
import { cloudtrailTrail } from '../tables/cloudtrail-trail.js'
import { cloudwatchLogEvent } from '../tables/cloudwatch-log-event.js'
import { cloudwatchLogGroup } from '../tables/cloudwatch-log-group.js'
import { s3Object } from '../tables/s3-object.js'
import { vpcEip } from '../tables/vpc-eip.js'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { RawAnswer, Refusal, type StubAws } from '../testing/stub-aws.js'

const html = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>'
const once = (stub: StubAws, connection = stub.connect()) => ({ connection, attempts: 1 })

/** A scan of each protocol, and of each way in which answers are read. */
const scans: Readonly<Record<string, (stub: StubAws) => Promise<unknown>>> = {
  DescribeTrails: (stub) => collectRows(cloudtrailTrail, { ...once(stub), columns: ['name'] }),
  FilterLogEvents: (stub) =>
    collectRows(cloudwatchLogEvent, {
      ...once(stub),
      columns: ['message'],
      quals: { log_group_name: equals('g') },
    }),
  DescribeOrganization: (stub) => collectRows(account, { ...once(stub), columns: ['organization_id'] }),
  DescribeAddresses: (stub) => collectRows(vpcEip, { ...once(stub), columns: ['public_ip'] }),
  ListAccountAliases: (stub) => collectRows(account, { ...once(stub), columns: ['account_aliases'] }),
  ListObjectsV2: (stub) =>
    collectRows(s3Object, { ...once(stub), columns: ['key'], quals: { bucket_name: equals('b') } }),
  GetCallerIdentity: (stub) => collectRows(account, { ...once(stub), columns: ['account_id'] }),
}

async function errorOfCall(stub: StubAws, call: string, answer: RawAnswer) {
  stub.answers = { [call]: () => answer }
  const { sqlState, message, detail, hint, retry } = await errorOf(scans[call]?.(stub) ?? Promise.resolve())
  return { sqlState, message, detail, hint, retry }
}

const words = '<!DOCTYPE html> <html><head><title>Sign in</title></head><body>Please sign in</body></html>'

describe.each(Object.keys(scans))('%s', (call) => {
  test('a page of HTML', async ({ stub }) => {
    expect(await errorOfCall(stub, call, new RawAnswer(html))).toMatchObject({
      sqlState: 'HV000',
      message: "the answer in us-east-1 is not one of AWS's",
      detail: `HTTP 200, text/html: ${words}`,
      hint: expect.stringContaining('endpoint_url'),
      retry: undefined,
    })
    expect(await errorOfCall(stub, call, new RawAnswer(html, 'text/html', 403))).toMatchObject({
      message: "the answer in us-east-1 is not one of AWS's",
      detail: `HTTP 403, text/html: ${words}`,
    })
  })

  test('a gateway’s 502', async ({ stub }) => {
    expect(await errorOfCall(stub, call, new RawAnswer(html, 'text/html', 502))).toMatchObject({
      message: 'AWS failed in us-east-1',
      detail: `HTTP 502, text/html: ${words}`,
      retry: 'transient',
    })
  })

  test('nothing at all', async ({ stub }) => {
    expect(await errorOfCall(stub, call, new RawAnswer('', 'application/json'))).toMatchObject({
      message: 'the answer in us-east-1 is cut short or garbled',
      detail: 'HTTP 200, application/json, without content',
      retry: 'unanswered',
    })
  })

  test.for(['null', '[]', '42', '"text"'])('JSON of another kind: %s', async (json, { stub }) => {
    expect(await errorOfCall(stub, call, new RawAnswer(json, 'application/json'))).toMatchObject({
      message: "the answer in us-east-1 is not one of AWS's",
      detail: `HTTP 200, application/json: ${json}`,
    })
  })

  test('a call that an emulator lacks', async ({ stub }) => {
    stub.answers = { [call]: () => new Refusal('InternalFailure', 'API action not implemented', 501) }
    const error = await errorOf(scans[call]?.(stub) ?? Promise.resolve())
    expect(error).toMatchObject({
      sqlState: 'HV000',
      message: 'this call is not known in us-east-1',
      detail: expect.stringContaining('API action not implemented'),
      hint: expect.stringContaining('emulator'),
      retry: undefined,
    })
    expect(await errorOfCall(stub, call, new RawAnswer('Not implemented', 'text/plain', 501))).toMatchObject({
      message: 'this call is not known in us-east-1',
      detail: 'HTTP 501, text/plain: Not implemented',
      retry: undefined,
    })
  })
})

test('an answer beyond the bound', async ({ stub }) => {
  stub.answers = {
    DescribeTrails: () => new RawAnswer(Buffer.alloc(2 * 1024 * 1024, ' '), 'application/json'),
  }
  const connection = stub.connect({}, {}, { maxAnswerBytes: 1024 * 1024 })
  expect(
    await errorOf(collectRows(cloudtrailTrail, { ...once(stub, connection), columns: ['name'] })),
  ).toMatchObject({
    message: 'the answer is larger than 1 MB',
    hint: expect.stringContaining('max_answer_mb'),
  })
})

describe('answers that are cut', () => {
  test.for([
    ['DescribeTrails', '{"trailList": [{"Name": "x'],
    ['DescribeTrails', '{"trailList": [{"Name": "x"}'],
    ['FilterLogEvents', '{"events": [{"message": "x"}'],
    [
      'DescribeAddresses',
      '<DescribeAddressesResponse><addressesSet><item><publicIp>1.2.3.4</publicIp></item>',
    ],
    ['GetCallerIdentity', '<GetCallerIdentityResponse><GetCallerIdentityResult>'],
  ] as const)('%s: %s', async ([call, body], { stub }) => {
    expect(await errorOfCall(stub, call, new RawAnswer(body, 'application/x-aws'))).toMatchObject({
      sqlState: 'HV000',
      message: 'the answer in us-east-1 is cut short or garbled',
      detail: `HTTP 200, application/x-aws, ${body.length} bytes: ${body}`,
      retry: 'unanswered',
    })
  })

  test('a call whose answer is cut once is made again', async ({ stub }) => {
    const answers = [new RawAnswer('{"trailList"', 'application/json'), { trailList: [{ Name: 'a' }] }]
    stub.answers = { DescribeTrails: () => answers.shift() }
    const rows = await collectRows(cloudtrailTrail, { connection: stub.connect(), columns: ['name'] })
    expect(rows.map(({ name }) => name)).toEqual(['a'])
  })
})

test('no secret of the request stands in the error', async ({ stub }) => {
  const connection = stub.connect({ session_token: 'the session token' })
  stub.answers = { DescribeTrails: () => new RawAnswer('{"trailList": ', 'application/json') }
  const error = await errorOf(collectRows(cloudtrailTrail, { connection, columns: ['name'], attempts: 1 }))
  expect(JSON.stringify({ ...error, message: error.message, cause: error.cause })).not.toMatch(
    /session token|Signature/,
  )
})

describe('tokens of the next page', () => {
  const events = (nextToken: string) => ({
    events: [{ logStreamName: 's', timestamp: 1, message: 'x', eventId: 'e' }],
    nextToken,
  })
  const scanEvents = (stub: StubAws, limit?: number) =>
    collectRows(cloudwatchLogEvent, {
      ...once(stub),
      columns: ['message', 'timestamp'],
      quals: { log_group_name: equals('g') },
      ...(limit === undefined ? {} : { limit, order: { column: 'timestamp', direction: 'desc' } }),
    })

  test('an empty one is none', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: () => events(''),
      DescribeLogGroups: () => ({ logGroups: [{ logGroupName: 'g' }], nextToken: '' }),
    }
    expect(await scanEvents(stub)).toHaveLength(1)
    expect(stub.calls).toHaveLength(1)
    await scanEvents(stub, 5)
    expect(stub.calls.length).toBeLessThanOrEqual(3)
    expect(await collectRows(cloudwatchLogGroup, { ...once(stub), columns: ['name'] })).toHaveLength(1)
  })

  test('one that repeats is an error that names the call', async ({ stub }) => {
    stub.answers = {
      FilterLogEvents: () => events('again'),
      DescribeLogGroups: () => ({ logGroups: [], nextToken: 'again' }),
    }
    expect((await errorOf(scanEvents(stub))).message).toBe(
      'FilterLogEvents: the token of the next page came a second time',
    )
    expect(
      (await errorOf(collectRows(cloudwatchLogGroup, { ...once(stub), columns: ['name'] }))).message,
    ).toBe('DescribeLogGroups: the token of the next page came a second time')
  })
})
