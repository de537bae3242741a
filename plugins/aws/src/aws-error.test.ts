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
