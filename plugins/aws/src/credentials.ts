/**
 * Where a connection's credentials come from: its settings, else wherever AWS's own tools find them.
 */
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { AwsConfig } from './config.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

export type CredentialProvider = () => Promise<Credentials>

/** Said where no credentials are found. */
export const credentialPlaces =
  "Looked for them in: the connection's settings (access_key and secret_key, or profile), the environment " +
  '(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE), the files ~/.aws/credentials and ' +
  '~/.aws/config, AWS IAM Identity Center, web identity tokens, and the container and instance metadata services.'

/** Where STS is asked when a role is taken on. */
export interface StsLocation {
  readonly region: string
  readonly endpoint?: string
}

/** @param stsLocation asked only when a role is to be taken on */
export function credentialsOf(
  config: AwsConfig,
  environment: Environment,
  stsLocation: () => Promise<StsLocation>,
): CredentialProvider {
  const own = ownCredentials(config, environment)
  const roleArn = config.role_arn
  if (roleArn === undefined) return remembering(own)
  return remembering(async () => {
    const assume = fromTemporaryCredentials({
      masterCredentials: own,
      params: { RoleArn: roleArn, RoleSessionName: 'millrace' },
      clientConfig: await stsLocation(),
    })
    return assume()
  })
}

function ownCredentials(config: AwsConfig, environment: Environment): CredentialProvider {
  if (config.access_key !== undefined && config.secret_key !== undefined) {
    const fixed = staticCredentials(config.access_key, config.secret_key, config.session_token)
    return async () => fixed
  }
  const profile = config.profile ?? environment.AWS_PROFILE
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret } = environment
  // The chain below reads the process's environment; this is its first step for an environment given to us.
  if (!profile && accessKeyId && secret) {
    const fixed = staticCredentials(accessKeyId, secret, environment.AWS_SESSION_TOKEN)
    return async () => fixed
  }
  return fromNodeProviderChain(profile ? { profile } : {})
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
