import { expect } from 'vitest'
import { equals } from '../testing/aws-harness.js'
import { test } from '../testing/aws-test.js'
import { testSteampipe } from '../testing/steampipe.js'
import { iamRole } from './iam-role.js'

const reader = 'arn:aws:iam::810361751552:role/steampipe-reader'

test('every column', async ({ harness }) => {
  const [row, web] = await harness.rows(iamRole)
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::810361751552:root' }, Action: 'sts:AssumeRole' },
    ],
  }
  expect(row).toEqual({
    name: 'steampipe-reader',
    arn: reader,
    role_id: 'AROASTEAMPIPEREADERSA',
    assume_role_policy_document: encodeURIComponent(JSON.stringify(policy)),
    create_date: new Date('2022-06-30T09:12:44Z'),
    description: 'Reads what the article shows',
    instance_profile_arns: null,
    max_session_duration: 3600,
    path: '/',
    permissions_boundary_arn: undefined,
    permissions_boundary_type: undefined,
    role_last_used_date: new Date('2022-07-06T19:44:00Z'),
    role_last_used_region: 'us-east-1',
    tags_src: '[{"Key":"Team","Value":"articles"}]',
    inline_policies: null,
    inline_policies_std: null,
    attached_policy_arns:
      '["arn:aws:iam::aws:policy/ReadOnlyAccess","arn:aws:iam::aws:policy/SecurityAudit"]',
    assume_role_policy: JSON.stringify(policy),
    assume_role_policy_std: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: ['arn:aws:iam::810361751552:root'] },
          Action: ['sts:assumerole'],
        },
      ],
    }),
    title: 'steampipe-reader',
    tags: '{"Team":"articles"}',
    akas: `["${reader}"]`,
    partition: 'aws',
    region: 'global',
    account_id: '810361751552',
  })
  expect(web).toMatchObject({
    role_last_used_date: undefined,
    instance_profile_arns: '["arn:aws:iam::810361751552:instance-profile/web"]',
    inline_policies: expect.stringContaining('"s3:Get*"'),
    inline_policies_std: expect.stringContaining('"s3:get*"'),
    tags: null,
  })
})

test('one role is got; others are not', async ({ harness }) => {
  const columns = ['name', 'role_last_used_region'] as const
  const service =
    'arn:aws:iam::810361751552:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig'
  for (const [quals, name] of [
    [{ name: equals('web') }, 'web'],
    [{ arn: equals(reader) }, 'steampipe-reader'],
    [{ arn: equals(service) }, 'AWSServiceRoleForConfig'],
  ] as const) {
    harness.sandbox.calls.clear()
    expect(await harness.rows(iamRole, { quals, columns })).toMatchObject([{ name }])
    expect(harness.operations()).toEqual(['GetRole'])
  }
  for (const quals of [{ name: equals('nobody') }, { arn: equals(`${reader}x`) }]) {
    expect(await harness.rows(iamRole, { quals, columns })).toEqual([])
  }
})

testSteampipe(iamRole, {
  columns: [
    'name text',
    'arn text',
    'role_id text',
    'assume_role_policy_document text',
    'create_date timestamp with time zone',
    'description text',
    'instance_profile_arns jsonb',
    'max_session_duration bigint',
    'path text',
    'permissions_boundary_arn text',
    'permissions_boundary_type text',
    'role_last_used_date timestamp with time zone',
    'role_last_used_region text',
    'tags_src jsonb',
    'inline_policies jsonb',
    'inline_policies_std jsonb',
    'attached_policy_arns jsonb',
    'assume_role_policy jsonb',
    'assume_role_policy_std jsonb',
    'title text',
    'tags jsonb',
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
