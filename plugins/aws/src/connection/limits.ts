/**
 * What AWS bears of an account. Each quota is one of a region.
 */
import type { ApiLimits } from '@millrace/plugin-sdk/plugin'
import type { AwsConfig } from '../settings/config.js'
import { attemptsOf, type Environment, endpointOf } from '../settings/environment.js'

/** Longer than clients wait, so that it is they who say what happened. */
const callTimeout = 130_000

/** CloudTrail user guide, "Quotas in AWS CloudTrail": calls to get, describe and list, and LookupEvents. */
const cloudTrailRates = {
  DescribeTrails: 10,
  GetTrailStatus: 10,
  GetEventSelectors: 10,
  GetInsightSelectors: 10,
  ListTags: 10,
  ListEventDataStores: 10,
  GetEventDataStore: 10,
  ListChannels: 10,
  GetChannel: 10,
  ListImports: 10,
  GetImport: 10,
  ListQueries: 10,
  DescribeQuery: 10,
  LookupEvents: 2,
}

/**
 * CloudWatch Logs user guide, "CloudWatch Logs quotas", of 2023; DescribeLogStreams as the API reference has it now.
 * An account's own may be higher: the connection's `rate_limits` then say so.
 */
const logsRates = { FilterLogEvents: 5, DescribeLogGroups: 5, DescribeLogStreams: 25 }

/** A service at an address of the user's own is none of AWS's, and has no quotas that AWS states. */
export function awsLimits(config: AwsConfig, environment: Environment): ApiLimits {
  const isAwsOwn = (service: 'CLOUDTRAIL' | 'CLOUDWATCH_LOGS') =>
    endpointOf(service, config, environment) === undefined
  return {
    account: credentialsName(config, environment),
    attempts: attemptsOf(config, environment),
    callTimeout,
    rates: {
      ...(isAwsOwn('CLOUDTRAIL') ? cloudTrailRates : {}),
      ...(isAwsOwn('CLOUDWATCH_LOGS') ? logsRates : {}),
    },
  }
}

/** Equal only where account and addresses are: a stand-in for AWS has nothing to do with an account of AWS's own. */
export function accountName(id: string, config: AwsConfig, environment: Environment): string {
  return JSON.stringify([id, endpointsOf(config, environment)])
}

/** Equal only where the credentials are the same, and with them the account, as long as that is not known. */
function credentialsName(config: AwsConfig, environment: Environment): string {
  const { access_key, profile, role_arn } = config
  const own = access_key ?? profile ?? environment.AWS_PROFILE ?? environment.AWS_ACCESS_KEY_ID
  return JSON.stringify([access_key !== undefined, own, role_arn, endpointsOf(config, environment)])
}

function endpointsOf(config: AwsConfig, environment: Environment): (string | undefined)[] {
  return (['CLOUDTRAIL', 'CLOUDWATCH_LOGS', 'EC2'] as const).map((service) =>
    endpointOf(service, config, environment),
  )
}
