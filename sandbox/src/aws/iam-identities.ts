/** IAM's operations on users and roles. */
import { AwsError } from './aws-error.js'
import type { AwsContext, AwsOperation, Serialized } from './aws-service.js'
import { type FormInput, formInput, type IamPages } from './iam-pages.js'
import type { IdentityStore, Role, User } from './identity-store.js'
import { type XmlValue, xmlMembers } from './xml-members.js'

type Operation = (input: FormInput, context: AwsContext) => Serialized

export function identityOperations(
  store: IdentityStore,
  pages: IamPages,
): Readonly<Record<string, AwsOperation>> {
  const ofUser = (input: FormInput) => findUser(store, input.UserName)
  const ofRole = (input: FormInput) => findRole(store, input.RoleName)
  const operations: Record<string, Operation> = {
    ListUsers: (input, context) =>
      pages.list(
        'Users',
        input,
        below(input, store.users).map((user) => listedUser(user, context)),
      ),
    GetUser: (input, context) => {
      const user = ofUser(input)
      return answer({ User: { ...listedUser(user, context), ...furtherMembers(user) } })
    },
    GetLoginProfile: (input) => {
      const { UserName, loginProfile } = ofUser(input)
      if (loginProfile === undefined) throw noSuchEntity(`Login Profile for User ${UserName}`)
      return answer({ LoginProfile: { UserName, ...loginProfile } })
    },
    ListMFADevices: (input) => {
      const { UserName, mfaDevices = [] } = ofUser(input)
      return pages.list(
        'MFADevices',
        input,
        mfaDevices.map((device) => ({ UserName, ...device })),
      )
    },
    ListGroupsForUser: (input, { accountId }) =>
      pages.list(
        'Groups',
        input,
        (ofUser(input).groups ?? []).map((GroupName) => ({
          Path: '/',
          GroupName,
          GroupId: `AGPA${GroupName.toUpperCase()}SANDBOXSANDBOX`.slice(0, 21),
          Arn: `arn:aws:iam::${accountId}:group/${GroupName}`,
          CreateDate: new Date('2022-06-01T08:00:00Z'),
        })),
      ),
    ListUserPolicies: (input) =>
      pages.list('PolicyNames', input, Object.keys(ofUser(input).inlinePolicies ?? {})),
    GetUserPolicy: (input) => {
      const { UserName, inlinePolicies = {} } = ofUser(input)
      return answer({ UserName, ...policyMembers(inlinePolicies, input.PolicyName) })
    },
    ListAttachedUserPolicies: (input) =>
      pages.list('AttachedPolicies', input, attached(ofUser(input).attachedPolicies)),
    ListAccessKeys: (input) => {
      const { UserName, accessKeys = [] } = ofUser(input)
      const shown = accessKeys.map(({ AccessKeyId, Status, CreateDate }) => ({
        UserName,
        AccessKeyId,
        Status,
        CreateDate,
      }))
      return pages.list('AccessKeyMetadata', input, shown)
    },
    GetAccessKeyLastUsed: ({ AccessKeyId = '' }, { userArn }) => {
      const found = store.users.flatMap(({ UserName, accessKeys = [] }) =>
        accessKeys.flatMap((key) => (key.AccessKeyId === AccessKeyId ? [{ UserName, ...key }] : [])),
      )[0]
      if (found === undefined) {
        throw new AwsError(
          'AccessDenied',
          `User: ${userArn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key ${AccessKeyId}`,
          403,
        )
      }
      const lastUsed = found.lastUsed ?? { ServiceName: 'N/A', Region: 'N/A' }
      return answer({ UserName: found.UserName, AccessKeyLastUsed: lastUsed })
    },
    ListRoles: (input, context) =>
      pages.list(
        'Roles',
        input,
        below(input, store.roles).map((role) => listedRole(role, context)),
      ),
    GetRole: (input, context) => {
      const role = ofRole(input)
      const RoleLastUsed = role.RoleLastUsed ?? {}
      return answer({ Role: { ...listedRole(role, context), ...furtherMembers(role), RoleLastUsed } })
    },
    ListInstanceProfilesForRole: (input, { accountId }) =>
      pages.list(
        'InstanceProfiles',
        input,
        (ofRole(input).instanceProfiles ?? []).map((name) => ({
          Path: '/',
          InstanceProfileName: name,
          InstanceProfileId: `AIPA${name.toUpperCase()}SANDBOXSANDBOX`.slice(0, 21),
          Arn: `arn:aws:iam::${accountId}:instance-profile/${name}`,
          CreateDate: new Date('2022-06-01T08:00:00Z'),
          Roles: [],
        })),
      ),
    ListRolePolicies: (input) =>
      pages.list('PolicyNames', input, Object.keys(ofRole(input).inlinePolicies ?? {})),
    GetRolePolicy: (input) => {
      const { RoleName, inlinePolicies = {} } = ofRole(input)
      return answer({ RoleName, ...policyMembers(inlinePolicies, input.PolicyName) })
    },
    ListAttachedRolePolicies: (input) =>
      pages.list('AttachedPolicies', input, attached(ofRole(input).attachedPolicies)),
  }
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]): [string, AwsOperation] => [
      name,
      (raw, context) => run(formInput.parse(raw), context),
    ]),
  )
}

function answer(members: { readonly [name: string]: XmlValue }): Serialized {
  return { text: xmlMembers(members, 'member') }
}

function noSuchEntity(what: string): AwsError {
  return new AwsError('NoSuchEntity', `The ${what} cannot be found.`, 404)
}

/** Names are not distinguished by case. */
function findUser({ users }: IdentityStore, name = ''): User {
  const user = users.find(({ UserName }) => UserName.toLowerCase() === name.toLowerCase())
  if (user === undefined) throw noSuchEntity(`user with name ${name}`)
  return user
}

function findRole({ roles }: IdentityStore, name = ''): Role {
  const role = roles.find(({ RoleName }) => RoleName.toLowerCase() === name.toLowerCase())
  if (role === undefined) throw noSuchEntity(`role with name ${name}`)
  return role
}

function below<Item extends { readonly Path: string }>(
  { PathPrefix = '/' }: FormInput,
  items: readonly Item[],
): readonly Item[] {
  if (!/^\/(?:[!-\x7f]{1,510}\/)?$/.test(PathPrefix)) {
    throw new AwsError('ValidationError', 'The specified value for pathPrefix is invalid.')
  }
  return items.filter(({ Path }) => Path.startsWith(PathPrefix))
}

function listedUser(
  { Path, UserName, UserId, CreateDate, PasswordLastUsed }: User,
  { accountId }: AwsContext,
) {
  const Arn = `arn:aws:iam::${accountId}:user${Path}${UserName}`
  return { Path, UserName, UserId, Arn, CreateDate, PasswordLastUsed }
}

function listedRole(role: Role, { accountId }: AwsContext) {
  const { Path, RoleName, RoleId, CreateDate, Description, MaxSessionDuration } = role
  return {
    Path,
    RoleName,
    RoleId,
    Arn: `arn:aws:iam::${accountId}:role${Path}${RoleName}`,
    CreateDate,
    AssumeRolePolicyDocument: encoded(role.assumeRolePolicy),
    Description,
    MaxSessionDuration,
  }
}

/** What only the operations for one of them show. */
function furtherMembers({ PermissionsBoundary, Tags }: User | Role): { readonly [name: string]: XmlValue } {
  return {
    PermissionsBoundary: PermissionsBoundary === undefined ? undefined : { ...PermissionsBoundary },
    Tags: Tags?.map((tag) => ({ ...tag })),
  }
}

function attached(arns: readonly string[] = []): { readonly [name: string]: XmlValue }[] {
  return arns.map((PolicyArn) => ({ PolicyName: PolicyArn.split('/').at(-1), PolicyArn }))
}

function policyMembers(policies: Readonly<Record<string, object>>, name = '') {
  const policy = Object.hasOwn(policies, name) ? policies[name] : undefined
  if (policy === undefined) throw noSuchEntity(`policy with name ${name}`)
  return { PolicyName: name, PolicyDocument: encoded(policy) }
}

function encoded(policy: object): string {
  return encodeURIComponent(JSON.stringify(policy))
}
