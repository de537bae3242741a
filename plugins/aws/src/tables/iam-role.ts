/**
 * aws_iam_role: the roles of an account, by IAM's ListRoles; one of them by GetRole.
 */
import type { Role } from '@aws-sdk/client-iam'
import { bigint, jsonb, type Row, type Scan, text, timestamptz } from '@millrace/plugin-sdk'
import { pageSize } from '../calls/token-pages.js'
import {
  accountKey,
  type IdentityValues,
  identityColumns,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull, listOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { boundaryAndTags } from '../iam/boundary-and-tags.js'
import { byArn, globalRegion, iamCall, iamItems, iamPages, isIamName } from '../iam/iam-call.js'
import { pathKey, pathPrefixOf } from '../iam/path-prefix.js'
import { attachedPolicyArns, inlinePoliciesOf } from '../iam/policies-of.js'
import { canonicalPolicy, policyOf } from '../iam/policy-document.js'
import { callsOf } from '../services/aws-service.js'
import { iam } from '../services/iam.js'

const columns = {
  name: text('The name of the role.'),
  arn: text('The ARN of the role.'),
  role_id: text('The identifier of the role, which no later role of the same name has.'),
  assume_role_policy_document: text(
    'The policy that says who may assume the role, encoded for URLs as IAM gives it.',
  ),
  create_date: timestamptz('When the role was made.'),
  description: text('What the role is for, in the words of who made it.'),
  instance_profile_arns: jsonb(
    'The ARNs of instance profiles with the role, as a list; NULL where there are none.',
  ),
  max_session_duration: bigint('For how many seconds a session of the role can last.'),
  path: text('The path of the role, with slashes at both ends.'),
  permissions_boundary_arn: text('The policy that limits what other policies can allow the role.'),
  permissions_boundary_type: text('What kind of limit this is.'),
  role_last_used_date: timestamptz('When the role was last used, within the last 400 days.'),
  role_last_used_region: text('The region in which it was last used.'),
  tags_src: jsonb("The role's tags as a list of objects with Key and Value."),
  inline_policies: jsonb(
    'Policies that are part of the role: a list of names and documents; NULL where there are none.',
  ),
  inline_policies_std: jsonb('The same in one form: lists, sorted, actions in lower case.'),
  attached_policy_arns: jsonb(
    'The ARNs of policies that are attached to the role, as a list; NULL where there are none.',
  ),
  assume_role_policy: jsonb('The policy that says who may assume the role.'),
  assume_role_policy_std: jsonb('The same in one form: lists, sorted, actions in lower case.'),
  title: text('A title for the role: its name.'),
  tags: jsonb("The role's tags as one object."),
  akas: jsonb('Globally unique names of the role: a list of its ARN.'),
  partition: identityColumns.partition,
  region: text('Always global.'),
  account_id: identityColumns.account_id,
}

type RoleColumns = typeof columns

type RoleScan = Scan<AwsConnection, RoleColumns>
type RoleRow = Row<RoleColumns>

const mostRolesPerPage = 1000

export const iamRole = defineTable({
  name: 'aws_iam_role',
  description:
    'Roles of IAM. A condition on name or arn asks for that one alone, one on path for those below it.',
  columns,
  calls: callsOf(
    iam,
    'ListRoles',
    'GetRole',
    'ListInstanceProfilesForRole',
    'ListRolePolicies',
    'GetRolePolicy',
    'ListAttachedRolePolicies',
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
      MaxItems: pageSize(scan.limit, mostRolesPerPage),
    }
    const pages = iamPages(
      scan,
      'ListRoles',
      (client, page, options) => client.listRoles({ ...asked, ...page }, options),
      ({ Roles }) => Roles,
    )
    for await (const roles of pages) yield roles.map((role) => listedColumns(role, identity))
  },
  get: {
    name: { list: getRoleRow },
    arn: { list: byArn('role', getRoleRow) },
  },
  hydrate: {
    role: {
      columns: [
        'permissions_boundary_arn',
        'permissions_boundary_type',
        'role_last_used_date',
        'role_last_used_region',
        'tags_src',
        'tags',
      ],
      async fetch({ name }, scan) {
        const role = await getRole(name, scan)
        return role === undefined ? {} : furtherColumns(role)
      },
    },
    instanceProfiles: {
      columns: ['instance_profile_arns'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        const profiles = await iamItems(
          scan,
          'ListInstanceProfilesForRole',
          (client, page, options) => client.listInstanceProfilesForRole({ RoleName: name, ...page }, options),
          ({ InstanceProfiles }) => InstanceProfiles,
        )
        return { instance_profile_arns: listOrNull(profiles.map(({ Arn }) => Arn)) }
      },
    },
    inlinePolicies: {
      columns: ['inline_policies', 'inline_policies_std'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        return inlinePoliciesOf(
          scan,
          {
            name: 'ListRolePolicies',
            send: (client, page, options) => client.listRolePolicies({ RoleName: name, ...page }, options),
          },
          {
            name: 'GetRolePolicy',
            send: (client, PolicyName, options) =>
              client.getRolePolicy({ RoleName: name, PolicyName }, options),
          },
        )
      },
    },
    attachedPolicies: {
      columns: ['attached_policy_arns'],
      async fetch({ name }, scan) {
        if (typeof name !== 'string') return {}
        const arns = await attachedPolicyArns(scan, {
          name: 'ListAttachedRolePolicies',
          send: (client, page, options) =>
            client.listAttachedRolePolicies({ RoleName: name, ...page }, options),
        })
        return { attached_policy_arns: arns }
      },
    },
  },
  examples: [
    {
      title: 'Roles that other accounts may assume',
      sql: `select r.name, principal
from aws_iam_role r,
  jsonb_array_elements(r.assume_role_policy_std -> 'Statement') as s,
  jsonb_array_elements_text(s -> 'Principal' -> 'AWS') as principal
where s ->> 'Effect' = 'Allow' and principal not like '%' || r.account_id || '%'`,
    },
    {
      title: 'Roles that nobody has used for half a year',
      sql: `select name, role_last_used_date
from aws_iam_role
where role_last_used_date is null or role_last_used_date < now() - interval '6 months'`,
    },
    {
      title: 'Which roles did things, and with which rights',
      sql: `select r.name, r.attached_policy_arns, count(*)
from aws_cloudtrail_trail_event e
join aws_iam_role r on r.arn = e.user_identity -> 'sessionContext' -> 'sessionIssuer' ->> 'arn'
where e.log_group_name = 'cloudtrail-cwg-devto' and e.user_type = 'AssumedRole'
group by r.name, r.attached_policy_arns`,
    },
  ],
})

async function* getRoleRow(name: string, scan: RoleScan): AsyncGenerator<readonly RoleRow[]> {
  if (!isIamName(name)) return
  const identity = await identityOfScan(scan, scan.quals.account_id)
  if (identity === undefined) return
  const role = await getRole(name, scan)
  if (role !== undefined) yield [{ ...listedColumns(role, identity), ...furtherColumns(role) }]
}

async function getRole(name: string | null | undefined, scan: RoleScan): Promise<Role | undefined> {
  if (typeof name !== 'string') return undefined
  const answer = await iamCall(scan, 'GetRole', (client, options) =>
    client.getRole({ RoleName: name }, options),
  )
  return answer?.Role
}

function listedColumns(role: Role, identity: IdentityValues): RoleRow {
  const policy = policyOf(role.AssumeRolePolicyDocument)
  return {
    name: role.RoleName,
    arn: role.Arn,
    role_id: role.RoleId,
    assume_role_policy_document: role.AssumeRolePolicyDocument,
    create_date: role.CreateDate,
    description: role.Description,
    max_session_duration: role.MaxSessionDuration,
    path: role.Path,
    assume_role_policy: jsonOrNull(policy),
    assume_role_policy_std: jsonOrNull(canonicalPolicy(policy)),
    title: role.RoleName,
    akas: jsonOrNull(role.Arn === undefined ? undefined : [role.Arn]),
    region: globalRegion,
    ...identity,
  }
}

/** What only GetRole gives. */
function furtherColumns(role: Role): RoleRow {
  return {
    ...boundaryAndTags(role),
    role_last_used_date: role.RoleLastUsed?.LastUsedDate,
    role_last_used_region: role.RoleLastUsed?.Region,
  }
}
