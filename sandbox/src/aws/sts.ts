/** AWS Security Token Service: who the caller is, and roles that it may assume. */
import { z } from 'zod'
import { sandboxExternalId, sandboxRoles, sandboxWebIdentityToken } from '../credentials.js'
import type { AccessKeys } from './access-keys.js'
import { AwsError } from './aws-error.js'
import type { AwsContext, AwsService, Serialized } from './aws-service.js'
import { readInput } from './read-input.js'

const assumeRoleInput = z.object({
  RoleArn: z.string(),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  ExternalId: z.string().optional(),
})

const webIdentityInput = assumeRoleInput.extend({ WebIdentityToken: z.string() })

/** The length of sessions, in milliseconds. */
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
      AssumeRoleWithWebIdentity: (input) => assumeRoleWithWebIdentity(input, keys),
    },
    unsigned: ['AssumeRoleWithWebIdentity'],
  }
}

function assumeRole(raw: unknown, { userArn }: AwsContext, keys: AccessKeys): Serialized {
  const { RoleArn: arn, RoleSessionName: session, ExternalId: externalId } = readInput(assumeRoleInput, raw)
  const isAllowed =
    arn === sandboxRoles.reader || (arn === sandboxRoles.guarded && externalId === sandboxExternalId)
  if (!isAllowed) {
    const message = `User: ${userArn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`
    throw new AwsError('AccessDenied', message, 403)
  }
  return sessionOf(arn, session, keys)
}

function assumeRoleWithWebIdentity(raw: unknown, keys: AccessKeys): Serialized {
  const { RoleArn: arn, RoleSessionName: session, WebIdentityToken: token } = readInput(webIdentityInput, raw)
  if (token !== sandboxWebIdentityToken) {
    throw new AwsError('InvalidIdentityToken', 'The web identity token could not be validated')
  }
  if (arn === sandboxRoles.reader) return sessionOf(arn, session, keys)
  throw new AwsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403)
}

function sessionOf(arn: string, session: string, keys: AccessKeys): Serialized {
  const [accountId = '', name = ''] = arn.replace(/^arn:aws:iam::/, '').split(':role/')
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
