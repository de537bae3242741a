import { describe, expect } from 'vitest'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { iamAccessKey } from './iam-access-key.js'

const key = 'AKIASANDBOXSANDBOX02'

test('every column', async ({ harness }) => {
  const rows = await harness.rows(iamAccessKey)
  expect(rows).toHaveLength(4)
  expect(rows.find(({ access_key_id }) => access_key_id === key)).toEqual({
    access_key_id: key,
    user_name: 'deploy-ci',
    status: 'Active',
    create_date: new Date('2022-06-30T09:12:44Z'),
    access_key_last_used_date: new Date('2022-07-06T19:20:00Z'),
    access_key_last_used_service: 'ec2',
    access_key_last_used_region: 'us-east-1',
    title: key,
    akas: `["arn:aws:iam::810361751552:user/deploy-ci/accesskey/${key}"]`,
    partition: 'aws',
    region: 'global',
    account_id: '810361751552',
  })
  expect(rows.find(({ status }) => status === 'Inactive')).toMatchObject({
    access_key_last_used_date: undefined,
    access_key_last_used_service: 'N/A',
  })
})

const columns = ['access_key_id', 'user_name'] as const

describe('calls', () => {
  test('each user is asked about, and nothing else', async ({ harness }) => {
    await harness.rows(iamAccessKey, { columns })
    expect(harness.operations()).toEqual(['ListUsers', ...Array(4).fill('ListAccessKeys')])
  })

  test("a named user's keys take one call", async ({ harness }) => {
    const rows = await harness.rows(iamAccessKey, { columns, quals: { user_name: equals('deploy-ci') } })
    expect(rows).toHaveLength(2)
    for (const name of ['nobody', '', 'a b']) {
      expect(await harness.rows(iamAccessKey, { columns, quals: { user_name: equals(name) } })).toEqual([])
    }
    expect(harness.operations()).toEqual(['ListAccessKeys', 'ListAccessKeys'])
  })

  test('a pattern leaves users out before they are asked about', async ({ harness }) => {
    const quals = { user_name: [{ operator: '~~', value: 'deploy-%' }] } as const
    expect(await harness.rows(iamAccessKey, { columns, quals })).toHaveLength(2)
    expect(harness.operations()).toEqual(['ListUsers', 'ListAccessKeys'])
  })

  test('the owner of a key is found by the key', async ({ harness }) => {
    const quals = { access_key_id: equals(key) }
    expect(await harness.rows(iamAccessKey, { columns, quals })).toMatchObject([
      { access_key_id: key, user_name: 'deploy-ci' },
    ])
    expect(harness.operations()).toEqual(['GetAccessKeyLastUsed', 'ListAccessKeys'])
  })

  test('keys of sessions, and what is no key, are not asked about', async ({ harness }) => {
    for (const id of ['ASIASANDBOXSANDBOX01', '', 'AKIA', 'AKIASANDBOX SANDBOX0']) {
      const quals = { access_key_id: equals(id) }
      expect(await harness.rows(iamAccessKey, { columns, quals })).toEqual([])
    }
    expect(harness.operations()).toEqual([])
  })

  test('where access to a key is denied, the list decides', async ({ harness }) => {
    const quals = { access_key_id: equals('AKIAOFANOTHERACCOUNT') }
    expect(await harness.rows(iamAccessKey, { columns, quals })).toEqual([])
    expect(harness.operations()).toContain('ListUsers')
    harness.sandbox.faults.add({
      kind: 'error',
      operation: 'GetAccessKeyLastUsed',
      code: 'AccessDenied',
      status: 403,
    })
    const own = { access_key_id: equals(key) }
    expect(await harness.rows(iamAccessKey, { columns, quals: own })).toMatchObject([
      { access_key_id: key, user_name: 'deploy-ci' },
    ])
  })
})

testSteampipe(iamAccessKey, {
  columns: [
    'access_key_id text',
    'user_name text',
    'status text',
    'create_date timestamp with time zone',
    'access_key_last_used_date timestamp with time zone',
    'access_key_last_used_service text',
    'access_key_last_used_region text',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    user_name: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
