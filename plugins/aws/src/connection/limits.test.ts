import { describe, expect, test } from 'vitest'
import { toApiError } from '../calls/aws-error.js'
import { awsConfig } from '../settings/config.js'
import { cloudtrailLookupEvent } from '../tables/cloudtrail-lookup-event.js'
import { cloudtrailTrail } from '../tables/cloudtrail-trail.js'
import { cloudwatchLogEvent } from '../tables/cloudwatch-log-event.js'
import { awsLimits } from './limits.js'

const limitsOf = (settings: object, environment: Record<string, string> = {}) =>
  awsLimits(awsConfig.parse(settings), environment, [
    cloudtrailTrail,
    cloudtrailLookupEvent,
    cloudwatchLogEvent,
  ])

describe('rates', () => {
  test('are those that AWS states', () => {
    expect(limitsOf({}).rates).toMatchObject({ FilterLogEvents: 5, LookupEvents: 2, DescribeTrails: 10 })
  })

  test('are none of a service at an address of the user', () => {
    expect(limitsOf({ endpoint_url: 'http://127.0.0.1:1' }).rates).toEqual({})
    const { rates } = limitsOf({}, { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://127.0.0.1:1' })
    expect(Object.keys(rates ?? {})).toContain('LookupEvents')
    expect(Object.keys(rates ?? {})).not.toContain('FilterLogEvents')
  })
})

test('connections with other credentials are other accounts', () => {
  const accounts = [
    {},
    { profile: 'a' },
    { profile: 'b' },
    { profile: 'a', role_arn: 'arn:aws:iam::1:role/r' },
  ]
  expect(new Set(accounts.map((settings) => limitsOf(settings).account)).size).toBe(4)
  expect(limitsOf({ profile: 'a', regions: ['eu-*'] }).account).toBe(limitsOf({ profile: 'a' }).account)
})

test.each([
  [{ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }, 'throttled'],
  [{ name: 'InternalFailure', $metadata: { httpStatusCode: 503 } }, 'transient'],
  [
    { name: 'SignatureDoesNotMatch', $metadata: { httpStatusCode: 403, clockSkewCorrected: true } },
    'transient',
  ],
  [{ name: 'SignatureDoesNotMatch', $metadata: { httpStatusCode: 403 } }, undefined],
  [{ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }, undefined],
  [{ name: 'Error', code: 'ECONNRESET' }, 'transient'],
  [{ name: 'Error', code: 'ECONNREFUSED' }, 'unanswered'],
  [{ name: 'TimeoutError' }, 'unanswered'],
])('%j may be made again: %s', (fields, retry) => {
  expect(toApiError(Object.assign(new Error('said'), fields), 'us-east-1').retry).toBe(retry)
})

test('Retry-After is passed on', () => {
  const headers = { 'retry-after': '3' }
  const error = Object.assign(new Error('said'), { name: 'ThrottlingException', $response: { headers } })
  expect(toApiError(error, 'us-east-1').retryAfter).toBe(3000)
})
