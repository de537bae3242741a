/**
 * aws_iam_access_key: the access keys of users, by IAM's ListAccessKeys for each of them; that of one key's owner, whom
 * GetAccessKeyLastUsed names.
 */
import type { AccessKeyMetadata } from '@aws-sdk/client-iam'
import {
  ApiError,
  eachParentRow,
  jsonb,
  knownTextOperators,
  mayFulfil,
  type ParentRequest,
  type Row,
  type Scan,
  text,
  timestamptz,
} from '@millrace/plugin-sdk'
import {
  accountKey,
  type IdentityValues,
  identityColumns,
  identityOfScan,
} from '../columns/identity-columns.js'
import { jsonOrNull } from '../columns/json-value.js'
import type { AwsConnection } from '../connection/connection.js'
import { defineTable } from '../connection/define-table.js'
import { globalRegion, iamCall, iamPages, isIamName } from '../iam/iam-call.js'
import { callsOf, callsPer } from '../services/aws-service.js'
import { iam } from '../services/iam.js'
import { iamUser, type UserColumns } from './iam-user.js'

const columns = {
  access_key_id: text('The identifier of the access key.'),
  user_name: text('The user whose key it is.'),
  status: text('Whether the key can be used: Active or Inactive.'),
  create_date: timestamptz('When the key was made.'),
  access_key_last_used_date: timestamptz('When the key was last used; NULL where it never was.'),
  access_key_last_used_service: text('The service that it was last used for; N/A where it never was.'),
  access_key_last_used_region: text('The region in which it was last used; N/A where it never was.'),
  title: text('A title for the key: its identifier.'),
  akas: jsonb('Globally unique names of the key: a list of its ARN.'),
  partition: identityColumns.partition,
  region: text('Always global.'),
  account_id: identityColumns.account_id,
}

type AccessKeyColumns = typeof columns

type AccessKeyScan = Scan<AwsConnection, AccessKeyColumns>
type AccessKeyRow = Row<AccessKeyColumns>

export const iamAccessKey = defineTable({
  name: 'aws_iam_access_key',
  description:
    'Access keys of users of IAM. A condition on user_name or access_key_id leaves other users out; without one, every user ' +
    'is asked about. Temporary keys, whose identifiers begin with ASIA, belong to sessions and are not here.',
  columns,
  calls: [...callsOf(iam, 'ListUsers', 'GetAccessKeyLastUsed'), ...callsPer('user', iam, 'ListAccessKeys')],
  keys: {
    user_name: { operators: knownTextOperators, valuesPerCall: 1, inherent: true },
    access_key_id: { operators: ['='], valuesPerCall: 1, inherent: true },
    account_id: accountKey,
  },
  list: allKeys,
  get: {
    user_name: {
      async *list(name, scan) {
        const identity = await identityOfScan(scan, scan.quals.account_id, madeOfIdentity)
        if (identity !== undefined && isIamName(name)) yield* keysOf(name, identity, scan)
      },
    },
    access_key_id: {
      async *list(id, scan) {
        // Temporary keys belong to no user, and others cannot exist (GetAccessKeyLastUsed, AccessKeyId).
        if (id.startsWith('ASIA') || !/^\w{16,128}$/.test(id)) return
        const owner = await ownerOf(id, scan)
        if (owner === undefined) return
        if (owner === 'not told') {
          yield* allKeys(scan)
          return
        }
        const identity = await identityOfScan(scan, scan.quals.account_id, madeOfIdentity)
        if (identity !== undefined) yield* keysOf(owner.name, identity, scan)
      },
    },
  },
  hydrate: {
    lastUsed: {
      columns: ['access_key_last_used_date', 'access_key_last_used_service', 'access_key_last_used_region'],
      async fetch({ access_key_id: AccessKeyId }, scan) {
        if (typeof AccessKeyId !== 'string') return {}
        const answer = await lastUsed(AccessKeyId, scan)
        return {
          access_key_last_used_date: answer?.AccessKeyLastUsed?.LastUsedDate,
          access_key_last_used_service: answer?.AccessKeyLastUsed?.ServiceName,
          access_key_last_used_region: answer?.AccessKeyLastUsed?.Region,
        }
      },
    },
  },
  examples: [
    {
      title: 'Whose keys signed the requests of a trail',
      sql: `select k.user_name, k.status, e.source_ip_address, count(*)
from aws_cloudtrail_trail_event e
join aws_iam_access_key k on k.access_key_id = e.access_key_id
where e.log_group_name = 'cloudtrail-cwg-devto'
group by k.user_name, k.status, e.source_ip_address`,
    },
    {
      title: 'Keys older than 90 days that can still be used',
      sql: `select user_name, access_key_id, create_date
from aws_iam_access_key
where status = 'Active' and create_date < now() - interval '90 days'`,
    },
    {
      title: 'What a key was last used for',
      sql: `select user_name, access_key_last_used_date, access_key_last_used_service, access_key_last_used_region
from aws_iam_access_key
where access_key_id = 'AKIASANDBOXSANDBOX02'`,
    },
  ],
})

/** Columns that are composed of account and partition. */
const madeOfIdentity: readonly (keyof AccessKeyColumns)[] = ['akas']

async function* allKeys(scan: AccessKeyScan): AsyncGenerator<readonly AccessKeyRow[]> {
  const identity = await identityOfScan(scan, scan.quals.account_id, madeOfIdentity)
  if (identity === undefined) return
  yield* eachParentRow(iamUser, scan, users, async function* ({ name }) {
    if (typeof name === 'string' && mayFulfil(scan.quals.user_name, name)) yield* keysOf(name, identity, scan)
  })
}

const users: ParentRequest<UserColumns> = { columns: ['name'], nameOf: ({ name }) => `user ${name}` }

async function* keysOf(
  UserName: string,
  identity: IdentityValues,
  { call, signal, connection }: AccessKeyScan,
): AsyncGenerator<readonly AccessKeyRow[]> {
  // A user has few keys: a limit saves no page.
  const pages = iamPages(
    { call, signal, connection },
    'ListAccessKeys',
    (client, page, options) => client.listAccessKeys({ UserName, ...page }, options),
    ({ AccessKeyMetadata }) => AccessKeyMetadata,
  )
  for await (const keys of pages) yield keys.map((key) => rowOf(key, identity))
}

/**
 * Who has a key; undefined where nobody has it. What is answered about a key of another account is not documented: where
 * access is denied, only the list can tell.
 */
async function ownerOf(id: string, scan: AccessKeyScan) {
  try {
    const name = (await lastUsed(id, scan))?.UserName
    return name === undefined ? undefined : { name }
  } catch (error) {
    if (ApiError.is(error) && error.code !== undefined && /^AccessDenied/.test(error.code)) return 'not told'
    throw error
  }
}

function lastUsed(AccessKeyId: string, scan: AccessKeyScan) {
  return iamCall(scan, 'GetAccessKeyLastUsed', (client, options) =>
    client.getAccessKeyLastUsed({ AccessKeyId }, options),
  )
}

function rowOf(key: AccessKeyMetadata, identity: IdentityValues): AccessKeyRow {
  const { AccessKeyId, UserName } = key
  const { partition, account_id } = identity
  // Not in the API's answer; the form is Steampipe's.
  const arn =
    AccessKeyId === undefined || partition === null
      ? undefined
      : `arn:${partition}:iam::${account_id}:user/${UserName}/accesskey/${AccessKeyId}`
  return {
    access_key_id: AccessKeyId,
    user_name: UserName,
    status: key.Status,
    create_date: key.CreateDate,
    title: AccessKeyId,
    akas: jsonOrNull(arn === undefined ? undefined : [arn]),
    region: globalRegion,
    ...identity,
  }
}
