/**
 * Where a connection's credentials come from: its settings, else wherever AWS's own tools find them.
 */
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { AwsConfig } from './config.js'
import {
  type CredentialProvider,
  type CredentialServices,
  type Credentials,
  chainedCredentials,
} from './credential-chain.js'
import type { Environment } from './environment.js'

/** Said where no credentials are found. */
export const credentialPlaces =
  "Looked for them in: the connection's settings (access_key and secret_key, or profile), the environment " +
  '(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE), the files ~/.aws/credentials and ' +
  '~/.aws/config, AWS IAM Identity Center, web identity tokens, and the container and instance metadata services.'

export function credentialsOf(
  config: AwsConfig,
  environment: Environment,
  services: CredentialServices,
): CredentialProvider {
  const own = ownCredentials(config, environment, services)
  const roleArn = config.role_arn
  if (roleArn === undefined) return remembering(own)
  return remembering(async () => {
    const assume = fromTemporaryCredentials({
      masterCredentials: own,
      params: {
        RoleArn: roleArn,
        RoleSessionName: config.role_session_name ?? 'millrace',
        ExternalId: config.external_id,
      },
      clientConfig: await services.sts(),
    })
    return assume()
  })
}

function ownCredentials(
  config: AwsConfig,
  environment: Environment,
  services: CredentialServices,
): CredentialProvider {
  if (config.access_key !== undefined && config.secret_key !== undefined) {
    const fixed = staticCredentials(config.access_key, config.secret_key, config.session_token)
    return async () => fixed
  }
  const profile = config.profile ?? environment.AWS_PROFILE
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret } = environment
  if (!profile && accessKeyId && secret) {
    const fixed = staticCredentials(accessKeyId, secret, environment.AWS_SESSION_TOKEN)
    return async () => fixed
  }
  return chainedCredentials(profile || undefined, environment, services)
}

function staticCredentials(accessKeyId: string, secretAccessKey: string, sessionToken?: string): Credentials {
  return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey }
}

/** Credentials are renewed this long before they expire. */
const renewalMargin = 5 * 60_000

/** All clients of a connection share what was found, so that files and metadata services are asked once. */
function remembering(provider: CredentialProvider): CredentialProvider {
  let flight: Promise<Credentials> | undefined
  const start = () => {
    const started = provider()
    flight = started
    started.catch(() => {
      if (flight === started) flight = undefined
    })
    return started
  }
  return async () => {
    const current = flight ?? start()
    const found = await current
    const expires = found.expiration?.getTime() ?? Number.POSITIVE_INFINITY
    if (expires - Date.now() > renewalMargin) return found
    return flight === undefined || flight === current ? start() : flight
  }
}
