/** The keys that the sandbox knows. None of them opens anything else. */

export interface SandboxCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A key that may call everything. */
export const sandboxCredentials: SandboxCredentials = {
  accessKeyId: 'AKIASANDBOXSANDBOX00',
  secretAccessKey: 'not-a-secret/sandbox/sandbox/sandbox/0000',
}

/** A known key that may call nothing except GetCallerIdentity. */
export const deniedCredentials: SandboxCredentials = {
  accessKeyId: 'AKIASANDBOXDENIED000',
  secretAccessKey: 'not-a-secret/denied/denied/denied/denied0',
}

/** A key that may call everything in {@link otherAccountId}, whose stores are empty at first. */
export const otherCredentials: SandboxCredentials = {
  accessKeyId: 'AKIASANDBOXOTHER0000',
  secretAccessKey: 'not-a-secret/other/other/other/other/0000',
}

/** A session token that has expired; any other session token is unknown. */
export const expiredSessionToken = 'sandbox-expired-session-token'

/** The account of the article. */
export const articleAccountId = '810361751552'

export const otherAccountId = '210987654321'

/** Roles that {@link sandboxCredentials} may assume. */
export const sandboxRoles = {
  /** A role in the other account. */
  reader: `arn:aws:iam::${otherAccountId}:role/sandbox-reader`,
  /** A role in the other account, for callers that know its external ID. */
  guarded: `arn:aws:iam::${otherAccountId}:role/sandbox-guarded`,
}
export const sandboxExternalId = 'sandbox-external-id'

/** The web identity for which {@link sandboxRoles}' reader is given without a key. */
export const sandboxWebIdentityToken = 'sandbox-web-identity-token'

/** An ipstack token whose plan has everything (Professional Plus). */
export const ipstackToken = 'sandbox-token'

/** An ipstack token of the free plan: single lookups of the main fields only. */
export const ipstackFreeToken = 'sandbox-free-token'

/** An AbuseIPDB key of the largest plan. */
export const abuseipdbKey = 'sandbox-abuseipdb-key'

/** An AbuseIPDB key of a free account. */
export const abuseipdbFreeKey = 'sandbox-abuseipdb-free-key'

/** The token of the inventory. */
export const inventoryToken = 'sandbox-inventory-token'

/** A Shodan key of a member. */
export const shodanKey = 'sandbox-shodan-key'

/** A Shodan key of a free account. */
export const shodanFreeKey = 'sandbox-shodan-free-key'
