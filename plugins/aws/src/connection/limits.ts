/** What AWS allows an account. Each quota is per region. */
import type { ApiLimits } from '@millrace/plugin-sdk'
import type { AwsCall } from '../services/aws-service.js'
import type { AwsConfig } from '../settings/config.js'
import { attemptsOf, type Environment, endpointOf } from '../settings/environment.js'

/** The time for a call, in milliseconds: longer than clients wait, so that they report what happened. */
const callTimeout = 130_000

/**
 * The limits of a connection. A service at an address of the user's own is not AWS's, and has no quotas that AWS
 * states.
 * @param tables whose calls are limited
 */
export function awsLimits(
  config: AwsConfig,
  environment: Environment,
  tables: readonly { readonly calls: readonly AwsCall[] }[],
): ApiLimits {
  return {
    account: credentialsName(config, environment),
    attempts: attemptsOf(config, environment),
    callTimeout,
    retryDelay: config.min_error_retry_delay,
    rates: ratesOf(
      tables.flatMap(({ calls }) => calls),
      config,
      environment,
    ),
  }
}

function ratesOf(
  calls: readonly AwsCall[],
  config: AwsConfig,
  environment: Environment,
): Readonly<Record<string, number>> {
  const rates: Record<string, number> = {}
  // Looked up once for each service: there may be a thousand connections.
  const ownAddress = new Map<AwsCall['service'], boolean>()
  for (const { name, service } of calls) {
    const isOwn = ownAddress.get(service) ?? endpointOf(service.name, config, environment) !== undefined
    ownAddress.set(service, isOwn)
    const rate = isOwn ? undefined : service.callsPerSecond?.(name)
    if (rate !== undefined) rates[name] = rate
  }
  return rates
}

/**
 * A name that is equal only where account and addresses are: a stand-in for AWS has nothing to do with an account of
 * AWS's own.
 */
export function accountName(id: string, config: AwsConfig, environment: Environment): string {
  return JSON.stringify([id, endpointsOf(config, environment)])
}

/** A name that is equal only where the credentials are the same, and so the account, as long as that is not known. */
function credentialsName(config: AwsConfig, environment: Environment): string {
  const { access_key, profile, role_arn } = config
  const own = access_key ?? profile ?? environment.AWS_PROFILE ?? environment.AWS_ACCESS_KEY_ID
  return JSON.stringify([access_key !== undefined, own, role_arn, endpointsOf(config, environment)])
}

function endpointsOf(config: AwsConfig, environment: Environment): (string | undefined)[] {
  return (['CLOUDTRAIL', 'CLOUDWATCH_LOGS', 'EC2', 'IAM', 'GUARDDUTY', 'S3'] as const).map((service) =>
    endpointOf(service, config, environment),
  )
}
