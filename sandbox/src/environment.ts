/** The environment in which AWS's SDKs and the plugins ask only the sandbox. */
import { devNull } from 'node:os'
import { abuseipdbPath } from './abuseipdb/abuseipdb-api.js'
import { abuseipdbKey, ipstackToken, sandboxCredentials, shodanKey } from './credentials.js'
import { articleRegion } from './data/article-trail.js'
import { ipstackPath } from './ipstack/ipstack-api.js'
import { shodanExploitsPath, shodanPath } from './shodan/shodan-api.js'

/**
 * Variables by name. One that is empty must not be set, or be empty: it would lead elsewhere.
 * @param url the sandbox's own
 */
export function environmentOf(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: sandboxCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandboxCredentials.secretAccessKey,
    AWS_REGION: articleRegion,
    AWS_DEFAULT_REGION: articleRegion,
    // Files in the user's home may name other endpoints, or FIPS, which the SDK does not combine with one.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    AWS_ENDPOINT_URL_CLOUDTRAIL: '',
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: '',
    AWS_ENDPOINT_URL_EC2: '',
    AWS_ENDPOINT_URL_GUARDDUTY: '',
    AWS_ENDPOINT_URL_IAM: '',
    AWS_ENDPOINT_URL_ORGANIZATIONS: '',
    AWS_ENDPOINT_URL_S3: '',
    AWS_ENDPOINT_URL_STS: '',
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '',
    IPSTACK_TOKEN: ipstackToken,
    IPSTACK_ENDPOINT: `${url}${ipstackPath}`,
    ABUSEIPDB_API_KEY: abuseipdbKey,
    ABUSEIPDB_ENDPOINT: `${url}${abuseipdbPath}`,
    SHODAN_API_KEY: shodanKey,
    SHODAN_ENDPOINT: `${url}${shodanPath}`,
    SHODAN_EXPLOITS_ENDPOINT: `${url}${shodanExploitsPath}`,
  }
}
