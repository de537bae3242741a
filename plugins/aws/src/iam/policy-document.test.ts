import { expect, test } from 'vitest'
import { canonicalPolicy, policyOf } from './policy-document.js'

test('documents are decoded, whether encoded or not; what is none is nothing', () => {
  expect(policyOf(encodeURIComponent('{"Id":"a+b %"}'))).toEqual({ Id: 'a+b %' })
  expect(policyOf('{"Id":"100%"}')).toEqual({ Id: '100%' })
  expect(policyOf('%7B')).toBeUndefined()
  expect(policyOf(undefined)).toBeUndefined()
  expect(canonicalPolicy(undefined)).toBeUndefined()
  expect(canonicalPolicy([])).toBeUndefined()
})

test('one form for all ways to write it', () => {
  expect(
    canonicalPolicy({
      Id: 'Kept',
      Statement: {
        Sid: 'Kept',
        Effect: 'Deny',
        NotPrincipal: '*',
        NotAction: ['S3:*', 's3:*', 'IAM:Get*'],
        NotResource: ['b', 'B', 'a', 'b'],
        Condition: { NumericLessThan: { 'AWS:Age': [30, '30', 2] } },
      },
    }),
  ).toEqual({
    Id: 'Kept',
    Version: '',
    Statement: [
      {
        Sid: 'Kept',
        Effect: 'Deny',
        NotPrincipal: { AWS: ['*'] },
        NotAction: ['iam:get*', 's3:*'],
        NotResource: ['B', 'a', 'b'],
        Condition: { NumericLessThan: { 'aws:age': ['2', '30'] } },
      },
    ],
  })
})

test('principals of several kinds; what has no such form stays', () => {
  const statement = { Principal: { Service: 'b', AWS: ['z', 'a', 'z'] }, Condition: 'odd' }
  expect(canonicalPolicy({ Version: 'v', Statement: [statement, 'odd'] })).toEqual({
    Version: 'v',
    Statement: [{ Principal: { Service: ['b'], AWS: ['a', 'z'] }, Condition: 'odd' }],
  })
})
