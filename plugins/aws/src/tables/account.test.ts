import { errorOf } from '@millrace/plugin-sdk/testing'
import { expect } from 'vitest'
import { type AwsHarness, deniedEnvironment, equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { type AccountColumns, account } from './account.js'

test('every column', async ({ harness }) => {
  expect(await harness.rows(account)).toEqual([
    {
      account_aliases: '["devto-articles"]',
      arn: 'arn:aws:::810361751552',
      organization_id: 'o-a1b2c3d4e5',
      organization_arn: 'arn:aws:organizations::810361751552:organization/o-a1b2c3d4e5',
      organization_feature_set: 'ALL',
      organization_master_account_arn:
        'arn:aws:organizations::810361751552:account/o-a1b2c3d4e5/810361751552',
      organization_master_account_email: 'aws@articles.example',
      organization_master_account_id: '810361751552',
      organization_available_policy_types: '[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}]',
      title: 'devto-articles',
      akas: '["arn:aws:::810361751552"]',
      partition: 'aws',
      region: 'global',
      account_id: '810361751552',
    },
  ])
})

const cases: [(keyof AccountColumns)[], string[]][] = [
  [['region'], []],
  [['account_id', 'arn', 'akas', 'partition'], ['GetCallerIdentity']],
  [['account_aliases'], ['ListAccountAliases']],
  [['title'], ['GetCallerIdentity', 'ListAccountAliases']],
  [['organization_id', 'organization_arn'], ['DescribeOrganization']],
]
test.for(cases)('columns decide which calls are made: %j', async ([columns, calls], { harness }) => {
  expect(await harness.rows(account, { columns })).toHaveLength(1)
  expect(harness.operations()).toEqual(calls)
})

test('an account with nothing of that', async ({ harness }) => {
  harness.sandbox.account.aliases = []
  harness.sandbox.account.organization = undefined
  const [row] = await harness.rows(account)
  expect(row).toMatchObject({ account_aliases: '[]', title: '810361751552' })
  expect(row).not.toHaveProperty('organization_id')
})

test('pages of aliases', async ({ harness }) => {
  harness.sandbox.account.aliases = Array.from({ length: 250 }, (_, i) => `alias-${i}`)
  const [row] = await harness.rows(account, { columns: ['account_aliases'] })
  expect(JSON.parse(row?.account_aliases ?? '')).toEqual(harness.sandbox.account.aliases)
  expect(harness.operations()).toHaveLength(3)
})

test('the number of the account decides', async ({ harness }) => {
  const rowsOf = (harness: AwsHarness, id: string) =>
    harness.rows(account, { columns: ['title'], quals: { account_id: equals(id) } })
  expect(await rowsOf(harness, '1')).toEqual([])
  expect(harness.operations()).toEqual(['GetCallerIdentity'])
  expect(await rowsOf(harness, '810361751552')).toHaveLength(1)
})

test('a failure is tried again, refusals are told', async ({ harness }) => {
  harness.sandbox.faults.add({ kind: 'throttle', operation: 'DescribeOrganization', times: 1 })
  harness.sandbox.faults.add({ kind: 'error', operation: 'ListAccountAliases', times: 1 })
  expect(await harness.rows(account, { columns: ['organization_id', 'title'] })).toHaveLength(1)
  const connection = harness.connect({}, deniedEnvironment)
  const error = await errorOf(harness.rows(account, { connection, columns: ['account_aliases'] }))
  expect(error).toMatchObject({
    sqlState: 'HV000',
    detail: expect.stringContaining('iam:ListAccountAliases'),
  })
})

test('a key that may not ask for the organization sees the rest', async ({ harness }) => {
  const connection = harness.connect({}, deniedEnvironment)
  const [row] = await harness.rows(account, { connection, columns: ['organization_id', 'account_id'] })
  expect(row).toMatchObject({ account_id: '810361751552' })
  expect(row).not.toHaveProperty('organization_id')
})

testSteampipe(account, {
  columns: [
    'account_aliases jsonb',
    'arn text',
    'organization_id text',
    'organization_arn text',
    'organization_feature_set text',
    'organization_master_account_arn text',
    'organization_master_account_email text',
    'organization_master_account_id text',
    'organization_available_policy_types jsonb',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: { account_id: 'optional = <> ~~ ~~* !~~ !~~*' },
})
