/** AWS Security Token Service: who the caller is, and roles that it may assume. */
import { z } from 'zod'
import { sandboxExternalId, sandboxRoles } from '../credentials.js'
import type { AccessKeys } from './access-keys.js'
import { AwsError } from './aws-error.js'
import type { AwsContext, AwsService, Serialized } from './aws-service.js'
import { readInput } from './read-input.js'

const assumeRoleInput = z.object({
  RoleArn: z.string(),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  ExternalId: z.string().optional(),
})

/** Sessions last so long, in milliseconds. */
const sessionLength = 60 * 60_000

export function stsService(keys: AccessKeys): AwsService {
  return {
    name: 'sts',
    protocol: 'query',
    identifier: '2011-06-15',
    throttlingCode: 'Throttling',
    operations: {
      GetCallerIdentity: (_input, { accountId, userArn, userId }) => ({
        text: `<Arn>${userArn}</Arn><UserId>${userId}</UserId><Account>${accountId}</Account>`,
      }),
      AssumeRole: (input, context) => assumeRole(input, context, keys),
    },
  }
}

function assumeRole(raw: unknown, { userArn }: AwsContext, keys: AccessKeys): Serialized {
  const { RoleArn: arn, RoleSessionName: session, ExternalId: externalId } = readInput(assumeRoleInput, raw)
  const [, accountId, name] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(arn) ?? []
  const isAllowed =
    arn === sandboxRoles.reader || (arn === sandboxRoles.guarded && externalId === sandboxExternalId)
  if (!isAllowed || accountId === undefined) {
    const message = `User: ${userArn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
    throw new AwsError('AccessDenied', message, 403)
  }
  const roleArn = `arn:aws:sts::${accountId}:assumed-role/${name}/${session}`
  const roleId = `AROASANDBOX:${session}`
  const key = keys.issue({ accountId, arn: roleArn, userId: roleId, isDenied: false })
  const expiration = new Date(Date.now() + sessionLength).toISOString()
  return {
    text:
      `<Credentials><AccessKeyId>${key.accessKeyId}</AccessKeyId>` +
      `<SecretAccessKey>${key.secretAccessKey}</SecretAccessKey>` +
      `<SessionToken>${key.sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>` +
      `<AssumedRoleUser><AssumedRoleId>${roleId}</AssumedRoleId><Arn>${roleArn}</Arn></AssumedRoleUser>`,
  }
}
