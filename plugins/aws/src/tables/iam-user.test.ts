import { describe, expect } from 'vitest'
import { equals, kept } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { iamUser, type UserColumns } from './iam-user.js'

const arnOf = (name: string, path = '/') => `arn:aws:iam::810361751552:user${path}${name}`

test('every column', async ({ harness }) => {
  const rows = await harness.rows(iamUser)
  expect(rows.map(({ name }) => name)).toEqual(['jon', 'deploy-ci', 'sandbox', 'denied'])
  expect(rows[0]).toEqual({
    name: 'jon',
    user_id: 'AIDAJONSANDBOXSANDBOX',
    path: '/',
    arn: arnOf('jon'),
    create_date: new Date('2022-06-30T09:12:44Z'),
    password_last_used: new Date('2022-07-06T18:04:09Z'),
    permissions_boundary_arn: undefined,
    permissions_boundary_type: undefined,
    mfa_enabled: true,
    login_profile: '{"UserName":"jon","CreateDate":"2022-06-30T09:12:44.000Z","PasswordResetRequired":false}',
    mfa_devices:
      '[{"UserName":"jon","SerialNumber":"arn:aws:iam::810361751552:mfa/jon","EnableDate":"2022-06-30T09:20:00.000Z"}]',
    groups: expect.stringContaining('"GroupName":"editors"'),
    inline_policies: null,
    inline_policies_std: null,
    attached_policy_arns: '["arn:aws:iam::aws:policy/ReadOnlyAccess"]',
    tags_src: '[{"Key":"Team","Value":"articles"}]',
    tags: '{"Team":"articles"}',
    title: 'jon',
    akas: `["${arnOf('jon')}"]`,
    partition: 'aws',
    region: 'global',
    account_id: '810361751552',
  })
  const [, machine] = rows
  expect(machine).toMatchObject({
    permissions_boundary_arn: 'arn:aws:iam::810361751552:policy/machines',
    mfa_enabled: false,
    mfa_devices: '[]',
    login_profile: null,
    attached_policy_arns: null,
    groups: '[]',
    tags: null,
  })
  const policies = JSON.parse(machine?.inline_policies ?? '')
  expect(policies[0].PolicyDocument.Statement.Action).toEqual([
    's3:PutObject',
    'S3:GetObject',
    's3:PutObject',
  ])
  expect(JSON.parse(machine?.inline_policies_std ?? '')).toEqual([
    {
      PolicyName: 'deploy',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['s3:getobject', 's3:putobject'],
            Resource: ['arn:aws:s3:::devto-public-assets/*'],
            Condition: { Bool: { 'aws:securetransport': ['true'] } },
          },
        ],
      },
    },
  ])
})

const cases: [(keyof UserColumns)[], string[]][] = [
  [['name', 'arn', 'region'], []],
  [['account_id'], ['GetCallerIdentity']],
  [['tags', 'permissions_boundary_arn'], Array(4).fill('GetUser')],
  [['mfa_enabled'], Array(4).fill('ListMFADevices')],
  [['inline_policies_std'], [...Array(4).fill('ListUserPolicies'), 'GetUserPolicy']],
]
test.for(cases)('columns decide which calls are made: %j', async ([columns, calls], { harness }) => {
  await harness.rows(iamUser, { columns })
  expect(harness.operations().sort()).toEqual(['ListUsers', ...calls].sort())
})

describe('conditions', () => {
  test('one user is got, with all that is known of it, and not listed', async ({ harness }) => {
    const columns = ['name', 'tags'] as const
    for (const quals of [{ name: equals('jon') }, { arn: equals(arnOf('jon')) }]) {
      harness.sandbox.calls.clear()
      const rows = await harness.rows(iamUser, { quals, columns })
      expect(rows).toMatchObject([{ name: 'jon', tags: '{"Team":"articles"}' }])
      expect(harness.operations()).toEqual(['GetUser'])
    }
  })

  test('who is not there is no row, and who cannot be there is not asked for', async ({ harness }) => {
    const columns = ['name'] as const
    const rowsOf = (quals: object) => harness.rows(iamUser, { quals, columns })
    expect(await rowsOf({ name: equals('nobody') })).toEqual([])
    // The name is found, but it is not spelled so.
    expect(await rowsOf({ name: equals('JON') })).toEqual([])
    // The user has another path.
    expect(await rowsOf({ arn: equals(arnOf('jon', '/staff/')) })).toEqual([])
    expect(await rowsOf({ name: equals('jon'), arn: equals(arnOf('denied')) })).toEqual([])
    expect(harness.operations()).toEqual(Array(4).fill('GetUser'))
    harness.sandbox.calls.clear()
    for (const name of ['', 'deploy "ci"', 'a/b', 'x'.repeat(65)]) {
      expect(await rowsOf({ name: equals(name) })).toEqual([])
    }
    expect(await rowsOf({ arn: equals('arn:aws:iam::810361751552:role/jon') })).toEqual([])
    expect(await rowsOf({ arn: equals('jon') })).toEqual([])
    expect(harness.operations()).toEqual([])
  })

  test('a path is asked for as a beginning', async ({ harness }) => {
    const everything = await harness.rows(iamUser, { columns: ['name', 'path'] })
    const like = (value: string) => [{ operator: '~~', value }] as const
    const asked = [
      [equals('/machines/'), '/machines/'],
      [equals('/machines'), undefined],
      [equals('machines/'), undefined],
      [equals('/machines/', '/'), undefined],
      [like('/machines/%'), '/machines/'],
      [like('/machines/d%'), '/machines/'],
      [like('/mach%'), undefined],
      [like('%'), undefined],
    ] as const
    for (const [path, PathPrefix] of asked) {
      harness.sandbox.calls.clear()
      const rows = await harness.rows(iamUser, { quals: { path }, columns: ['name', 'path'] })
      const [call] = harness.sandbox.calls.list()
      expect(call?.parameters).toHaveProperty('MaxItems', '1000')
      expect(Object(call?.parameters).PathPrefix).toBe(PathPrefix)
      if (path[0].operator === '=') expect(kept(rows, { path })).toEqual(kept(everything, { path }))
    }
  })
})

test('pages, and no more of them than a limit needs', async ({ harness }) => {
  const [user] = harness.sandbox.identities.users
  for (let i = 0; i < 1100 && user !== undefined; i++) {
    harness.sandbox.identities.users.push({ ...user, UserName: `user-${i}` })
  }
  expect(await harness.rows(iamUser, { columns: ['name'] })).toHaveLength(1104)
  expect(harness.operations()).toEqual(['ListUsers', 'ListUsers'])
  harness.sandbox.calls.clear()
  expect(await harness.rows(iamUser, { columns: ['name'], limit: 5 })).toHaveLength(5)
  expect(harness.sandbox.calls.list()).toMatchObject([{ parameters: { MaxItems: '5' } }])
})

test('a user who is deleted while a query runs keeps its row', async ({ harness }) => {
  harness.sandbox.faults.add({
    kind: 'error',
    operation: 'GetUser',
    code: 'NoSuchEntity',
    status: 404,
    times: 1,
  })
  const rows = await harness.rows(iamUser, { columns: ['name', 'tags'] })
  expect(rows.filter(({ tags }) => tags === undefined)).toHaveLength(1)
  expect(rows).toHaveLength(4)
})

testSteampipe(iamUser, {
  columns: [
    'name text',
    'user_id text',
    'path text',
    'arn text',
    'create_date timestamp with time zone',
    'password_last_used timestamp with time zone',
    'permissions_boundary_arn text',
    'permissions_boundary_type text',
    'mfa_enabled boolean',
    'login_profile jsonb',
    'mfa_devices jsonb',
    'groups jsonb',
    'inline_policies jsonb',
    'inline_policies_std jsonb',
    'attached_policy_arns jsonb',
    'tags_src jsonb',
    'tags jsonb',
    'title text',
    'akas jsonb',
    'partition text',
    'region text',
    'account_id text',
  ],
  keys: {
    name: 'optional =',
    arn: 'optional =',
    path: 'optional =',
    account_id: 'optional = <> ~~ ~~* !~~ !~~*',
  },
})
