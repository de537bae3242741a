/**
 * The configuration files that AWS's tools share: ~/.aws/config and ~/.aws/credentials, or those that the
 * environment names.
 */
import type { Environment } from '../settings/environment.js'
import { accountOfRole } from './role-arn.js'

/** Loaded when files are first looked into. */
const sdkFiles = () => import('@smithy/core/config')

/** The files, in the form that the SDK's functions take. */
interface SharedFiles {
  readonly filepath?: string
  readonly configFilepath?: string
}

export function sharedFilesOf(environment: Environment): SharedFiles {
  const { AWS_SHARED_CREDENTIALS_FILE: filepath, AWS_CONFIG_FILE: configFilepath } = environment
  return { ...(filepath ? { filepath } : {}), ...(configFilepath ? { configFilepath } : {}) }
}

/**
 * The account that the files name for a profile, before its credentials have been found; undefined where they do not.
 * It follows the order in which the SDK looks for credentials: a role that is assumed with others' comes before keys,
 * these before the role of a web identity and a process; single sign-on is last.
 */
export async function accountOfProfile(
  profile: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const { parseKnownFiles } = await sdkFiles()
  const profiles = await parseKnownFiles(sharedFilesOf(environment))
  const settings = profiles[profileName(profile, environment)] ?? {}
  const { role_arn: role, source_profile: source, credential_source: place } = settings
  if (role !== undefined && (source === undefined) !== (place === undefined)) return accountOfRole(role)
  if (settings.aws_access_key_id !== undefined) return undefined
  if (role !== undefined && settings.web_identity_token_file !== undefined) return accountOfRole(role)
  return settings.credential_process === undefined ? settings.sso_account_id : undefined
}

/** The names of all profiles in the files, and where those are. */
export async function profilesOf(
  environment: Environment,
): Promise<{ readonly names: readonly string[]; readonly files: readonly string[] }> {
  const { filepath = '~/.aws/credentials', configFilepath = '~/.aws/config' } = sharedFilesOf(environment)
  const { parseKnownFiles } = await sdkFiles()
  const profiles = await parseKnownFiles(sharedFilesOf(environment))
  return { names: Object.keys(profiles), files: [configFilepath, filepath] }
}

/** The region that the files name for a profile; undefined where there is none, or no such file. */
export async function regionOfProfile(
  profile: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const { loadSharedConfigFiles } = await sdkFiles()
  const { configFile, credentialsFile } = await loadSharedConfigFiles(sharedFilesOf(environment))
  const name = profileName(profile, environment)
  return credentialsFile[name]?.region ?? configFile[name]?.region
}

function profileName(profile: string | undefined, environment: Environment): string {
  return profile ?? (environment.AWS_PROFILE || 'default')
}
