import { expect, test } from 'vitest'
import { toApiError } from './aws-error.js'

test('out of file descriptors is told of this machine, not of AWS', () => {
  const error = toApiError(
    Object.assign(new Error('connect EMFILE 52.0.0.1:443 - Local'), { code: 'EMFILE' }),
    'us-east-1',
  )
  expect(error).toMatchObject({
    sqlState: '53000',
    message: 'this machine has run out of file descriptors of the process',
    hint: expect.stringContaining('ulimit'),
  })
})

test('credentials that could not be read for want of file descriptors are not "not found"', () => {
  const cause = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  const error = Object.assign(new Error('Could not load credentials', { cause }), {
    name: 'CredentialsProviderError',
  })
  expect(toApiError(error, 'us-east-1').sqlState).toBe('53000')
})

test('an answer that the SDK could not read, whose body has gone, is told by status, type and what the SDK said', () => {
  const $response = { statusCode: 200, headers: { 'content-type': 'text/html' }, body: {} }
  const error = Object.assign(new Error('unexpected content\n\n  to see the raw response, …'), { $response })
  expect(toApiError(error, 'us-east-1')).toMatchObject({
    message: "the answer in us-east-1 is not one of AWS's",
    detail: 'HTTP 200, text/html: unexpected content',
  })
})
