/** What decides, beside the account, which rows a connection sees. */
import type { AwsConfig } from '../settings/config.js'
import type { Environment } from '../settings/environment.js'

/** Variables that lead to other regions, endpoints or credentials; `AWS_ENDPOINT_URL_S3` and its like too. */
const decisive =
  /^AWS_(REGION|DEFAULT_REGION|PROFILE|ROLE_ARN|ENDPOINT_URL.*|IGNORE_CONFIGURED_ENDPOINT_URLS|USE_.*)$/

/** May hold secrets, as the settings may. */
export function identityOf(config: AwsConfig, environment: Environment): string {
  const variables = Object.entries(environment).filter(([name, value]) => decisive.test(name) && value)
  return JSON.stringify([config, variables.sort(([one], [other]) => (one < other ? -1 : 1))])
}
