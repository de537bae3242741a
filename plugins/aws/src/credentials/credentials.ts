/** Where a connection's credentials come from: its settings, or else wherever AWS's own tools find them. */
import { ApiError } from '@millrace/plugin-sdk'
import type { AwsConfig } from '../settings/config.js'
import type { Environment } from '../settings/environment.js'
import type { CredentialProvider, CredentialServices, Credentials } from './credential-chain.js'
import { accountOfRole } from './role-arn.js'
import { accountOfProfile, profilesOf } from './shared-files.js'

/** The list of places for the error where no credentials are found. */
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
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
    const assume = fromTemporaryCredentials({
      masterCredentials: own,
      params: {
        RoleArn: roleArn,
        RoleSessionName: config.role_session_name ?? 'millrace',
        ExternalId: config.external_id,
      },
      clientConfig: await services.sts(),
    })
    return { ...(await assume()), accountId: accountOfRole(roleArn) }
  })
}

/** The account that the credentials will belong to, as far as that is known before they are looked for. */
export async function accountOfSettings(
  config: AwsConfig,
  environment: Environment,
): Promise<string | undefined> {
  if (config.role_arn !== undefined) return accountOfRole(config.role_arn)
  if (staticCredentials(config, environment) !== undefined) return undefined
  return accountOfProfile(config.profile, environment)
}

function ownCredentials(
  config: AwsConfig,
  environment: Environment,
  services: CredentialServices,
): CredentialProvider {
  const fixed = staticCredentials(config, environment)
  if (fixed !== undefined) return async () => fixed
  const profile = (config.profile ?? environment.AWS_PROFILE) || undefined
  let chain: Promise<CredentialProvider> | undefined
  const chained: CredentialProvider = async () => {
    chain ??= loadChain(profile, environment, services)
    return (await chain)()
  }
  if (profile === undefined) return chained
  return async () => {
    // A profile named in the settings is the one that is meant; no other credentials may take its place.
    if (config.profile !== undefined) await checkProfile(profile, 'profile', environment)
    try {
      return await chained()
    } catch (error) {
      await checkProfile(profile, 'AWS_PROFILE', environment)
      throw error
    }
  }
}

/** The SDK's part for it is large, and connections with keys of their own need none of it. */
async function loadChain(
  profile: string | undefined,
  environment: Environment,
  services: CredentialServices,
): Promise<CredentialProvider> {
  const { chainedCredentials } = await import('./credential-chain.js')
  return chainedCredentials(profile, environment, services)
}

/**
 * @param namedBy the setting or variable
 * @throws ApiError where the files have no such profile
 */
async function checkProfile(profile: string, namedBy: string, environment: Environment): Promise<void> {
  const { names, files } = await profilesOf(environment)
  if (names.includes(profile)) return
  throw new ApiError(`there is no profile "${profile}"`, {
    detail: `Looked for it in ${files.join(' and ')}, which have ${names.length > 0 ? names.join(', ') : 'none'}.`,
    hint: `Change ${namedBy}, or make the profile with: aws configure --profile ${profile}`,
  })
}

/** The credentials of the settings, or of the environment where no profile is named. */
/** Those that settings or variables name, which stay the same. */
export function staticCredentials(config: AwsConfig, environment: Environment): Credentials | undefined {
  const { access_key, secret_key, session_token, profile = environment.AWS_PROFILE } = config
  if (access_key !== undefined && secret_key !== undefined) {
    return credentialsFrom(access_key, secret_key, session_token)
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret } = environment
  if (profile || !accessKeyId || !secret) return undefined
  return credentialsFrom(accessKeyId, secret, environment.AWS_SESSION_TOKEN)
}

function credentialsFrom(accessKeyId: string, secretAccessKey: string, sessionToken?: string): Credentials {
  return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey }
}

/** How long before they expire credentials are renewed, in milliseconds. */
const renewalMargin = 5 * 60_000

/**
 * Remembers what was found, so that all clients of a connection share it, and files and metadata services are asked
 * once.
 */
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
