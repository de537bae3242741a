/**
 * The configuration files that AWS's tools share: ~/.aws/config and ~/.aws/credentials, or those that the
 * environment names.
 */
import { loadSharedConfigFiles } from '@smithy/core/config'
import type { Environment } from './environment.js'

/** As the SDK's functions take them. */
interface SharedFiles {
  readonly filepath?: string
  readonly configFilepath?: string
}

export function sharedFilesOf(environment: Environment): SharedFiles {
  const { AWS_SHARED_CREDENTIALS_FILE: filepath, AWS_CONFIG_FILE: configFilepath } = environment
  return { ...(filepath ? { filepath } : {}), ...(configFilepath ? { configFilepath } : {}) }
}

/** The region that the files name for a profile; undefined where there is none, or no such file. */
export async function regionOfProfile(
  profile: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles(sharedFilesOf(environment))
  const name = profile ?? (environment.AWS_PROFILE || 'default')
  return credentialsFile[name]?.region ?? configFile[name]?.region
}
