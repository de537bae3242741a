/**
 * What a connection takes from the environment, by the names that all AWS tools share.
 */
import type { AwsConfig } from './config.js'

/** The process's environment, or a stand-in for it. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The URL at which a service is asked; undefined for AWS's own.
 * @param service by the name that the SDK's settings give it (AWS_ENDPOINT_URL_<NAME>)
 */
export function endpointOf(service: string, config: AwsConfig, environment: Environment): string | undefined {
  if (config.endpoint_url !== undefined) return config.endpoint_url
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return undefined
  return environment[`AWS_ENDPOINT_URL_${service}`] || environment.AWS_ENDPOINT_URL || undefined
}

const defaultAttempts = 9

export function attemptsOf(config: AwsConfig, environment: Environment): number {
  if (config.max_error_retry_attempts !== undefined) return config.max_error_retry_attempts
  const configured = Number(environment.AWS_MAX_ATTEMPTS)
  return Number.isInteger(configured) && configured > 0 ? configured : defaultAttempts
}

export function regionOf(environment: Environment): string | undefined {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined
}
