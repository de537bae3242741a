/**
 * aws_iam_user: the users of an account, by IAM's ListUsers; one of them by GetUser.
 */
import type { User } from '@aws-sdk/client-iam'
import { boolean, jsonb, type Row, type Scan, text, timestamptz } from '@millrace/plugin-sdk'
import { pageSize } from '../calls/token-pages.js'
import {
  accountKey,
  type IdentityValues,
  identityColumns,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { boundaryAndTags } from '../iam/boundary-and-tags.js'
import { byArn, globalRegion, iamCall, iamItems, iamPages, isIamName } from '../iam/iam-call.js'
import { pathKey, pathPrefixOf } from '../iam/path-prefix.js'
import { attachedPolicyArns, inlinePoliciesOf } from '../iam/policies-of.js'
import { callsOf } from '../services/aws-service.js'
import { iam } from '../services/iam.js'

const columns = {
  name: text('The name of the user.'),
  user_id: text('The identifier of the user, which no later user of the same name has.'),
  path: text('The path of the user, with slashes at both ends.'),
  arn: text('The ARN of the user.'),
  create_date: timestamptz('When the user was made.'),
  password_last_used: timestamptz(
    'When the password was last used; NULL where it never was, or there is none.',
  ),
  permissions_boundary_arn: text('The policy that limits what other policies can allow the user.'),
  permissions_boundary_type: text('What kind of limit this is.'),
  mfa_enabled: boolean('Whether the user has a device for multi-factor authentication.'),
  login_profile: jsonb(
    "When the user's password was made, and whether it must be changed; NULL where there is none.",
  ),
  mfa_devices: jsonb("The user's devices for multi-factor authentication, as a list."),
  groups: jsonb('The groups that the user is in, as a list.'),
  inline_policies: jsonb(
    'Policies that are part of the user: a list of names and documents; NULL where there are none.',
  ),
  inline_policies_std: jsonb('The same in one form: lists, sorted, actions in lower case.'),
  attached_policy_arns: jsonb(
    'The ARNs of policies that are attached to the user, as a list; NULL where there are none.',
  ),
  tags_src: jsonb("The user's tags as a list of objects with Key and Value."),
  tags: jsonb("The user's tags as one object."),
  title: text('A title for the user: its name.'),
  akas: jsonb('Globally unique names of the user: a list of its ARN.'),
  partition: identityColumns.partition,
  region: text('Always global.'),
  account_id: identityColumns.account_id,
}

export type UserColumns = typeof columns

type UserScan = Scan<AwsConnection, UserColumns>
type UserRow = Row<UserColumns>

const mostUsersPerPage = 1000

export const iamUser = defineTable({
  name: 'aws_iam_user',
  description:
    'Users of IAM. A condition on name or arn asks for that one alone, one on path for those below it.',
  columns,
  calls: callsOf(
    iam,
    'ListUsers',
    'GetUser',
    'GetLoginProfile',
    'ListMFADevices',
    'ListGroupsForUser',
    'ListUserPolicies',
    'GetUserPolicy',
    'ListAttachedUserPolicies',
  ),
  keys: {
    name: { operators: ['='], valuesPerCall: 1, inherent: true },
    arn: { operators: ['='], valuesPerCall: 1, inherent: true },
    path: pathKey,
    account_id: accountKey,
  },
  async *list(scan) {
    const identity = await identityOfScan(scan, scan.quals.account_id)
    if (identity === undefined) return
    const asked = {
      PathPrefix: pathPrefixOf(scan.quals.path),
      MaxItems: pageSize(scan.limit, mostUsersPerPage),
    }
    const pages = iamPages(
      scan,
      'ListUsers',
      (client, page, options) => client.listUsers({ ...asked, ...page }, options),
      ({ Users }) => Users,
    )
    for await (const users of pages) yield users.map((user) => listedColumns(user, identity))
  },
  get: {
    name: { list: getUserRow },
    arn: { list: byArn('user', getUserRow) },
  },
  hydrate: {
    user: {
      columns: ['permissions_boundary_arn', 'permissions_boundary_type', 'tags_src', 'tags'],
      async fetch({ name }, scan) {
        const user = await getUser(name, scan)
        return user === undefined ? {} : boundaryAndTags(user)
      },
    },
    loginProfile: {
      columns: ['login_profile'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        // Without a password there is no such entity.
        const answer = await iamCall(scan, 'GetLoginProfile', (client, options) =>
          client.getLoginProfile({ UserName: name }, options),
        )
        return { login_profile: jsonOrNull(answer?.LoginProfile) }
      },
    },
    mfaDevices: {
      columns: ['mfa_enabled', 'mfa_devices'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        const devices = await iamItems(
          scan,
          'ListMFADevices',
          (client, page, options) => client.listMFADevices({ UserName: name, ...page }, options),
          ({ MFADevices }) => MFADevices,
        )
        return { mfa_enabled: devices.length > 0, mfa_devices: jsonOrNull(devices) }
      },
    },
    groups: {
      columns: ['groups'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        const groups = await iamItems(
          scan,
          'ListGroupsForUser',
          (client, page, options) => client.listGroupsForUser({ UserName: name, ...page }, options),
          ({ Groups }) => Groups,
        )
        return { groups: jsonOrNull(groups) }
      },
    },
    inlinePolicies: {
      columns: ['inline_policies', 'inline_policies_std'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        return inlinePoliciesOf(
          scan,
          {
            name: 'ListUserPolicies',
            send: (client, page, options) => client.listUserPolicies({ UserName: name, ...page }, options),
          },
          {
            name: 'GetUserPolicy',
            send: (client, PolicyName, options) =>
              client.getUserPolicy({ UserName: name, PolicyName }, options),
          },
        )
      },
    },
    attachedPolicies: {
      columns: ['attached_policy_arns'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        const arns = await attachedPolicyArns(scan, {
          name: 'ListAttachedUserPolicies',
          send: (client, page, options) =>
            client.listAttachedUserPolicies({ UserName: name, ...page }, options),
        })
        return { attached_policy_arns: arns }
      },
    },
  },
  examples: [
    {
      title: 'Users who sign in with a password alone',
      sql: 'select name, password_last_used from aws_iam_user where login_profile is not null and not mfa_enabled',
    },
    {
      title: 'Who is in which group',
      sql: `select u.name, g ->> 'GroupName' as group_name
from aws_iam_user u, jsonb_array_elements(u.groups) as g`,
    },
    {
      title: 'What a user may do by policies of its own',
      sql: `select p ->> 'PolicyName' as policy, s -> 'Action' as actions, s -> 'Resource' as resources
from aws_iam_user u,
  jsonb_array_elements(u.inline_policies_std) as p,
  jsonb_array_elements(p -> 'PolicyDocument' -> 'Statement') as s
where u.name = 'deploy-ci'`,
    },
    {
      title: 'Requests of users who were made in the same week',
      sql: `select u.name, u.create_date, e.event_name, e.source_ip_address
from aws_iam_user u
join aws_cloudtrail_trail_event e on e.user_identifier = u.arn
where e.log_group_name = 'cloudtrail-cwg-devto' and u.create_date > e.timestamp - interval '7 days'`,
    },
  ],
})

async function* getUserRow(name: string, scan: UserScan): AsyncGenerator<readonly UserRow[]> {
  if (!isIamName(name)) return
  const identity = await identityOfScan(scan, scan.quals.account_id)
  if (identity === undefined) return
  const user = await getUser(name, scan)
  if (user !== undefined) yield [{ ...listedColumns(user, identity), ...boundaryAndTags(user) }]
}

async function getUser(name: string | null | undefined, scan: UserScan): Promise<User | undefined> {
  if (typeof name !== 'string') return undefined
  const answer = await iamCall(scan, 'GetUser', (client, options) =>
    client.getUser({ UserName: name }, options),
  )
  return answer?.User
}

function listedColumns(user: User, identity: IdentityValues): UserRow {
  return {
    name: user.UserName,
    user_id: user.UserId,
    path: user.Path,
    arn: user.Arn,
    create_date: user.CreateDate,
    password_last_used: user.PasswordLastUsed,
    title: user.UserName,
    akas: jsonOrNull(user.Arn === undefined ? undefined : [user.Arn]),
    region: globalRegion,
    ...identity,
  }
}
