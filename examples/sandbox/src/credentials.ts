/** The keys that the sandbox knows. None of them opens anything else. */

export interface SandboxCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** May call everything. */
export const sandboxCredentials: SandboxCredentials = {
  accessKeyId: 'AKIASANDBOXSANDBOX00',
  secretAccessKey: 'not-a-secret/sandbox/sandbox/sandbox/0000',
}

/** Known, but may call nothing except GetCallerIdentity. */
export const deniedCredentials: SandboxCredentials = {
  accessKeyId: 'AKIASANDBOXDENIED000',
  secretAccessKey: 'not-a-secret/denied/denied/denied/denied0',
}

/** A session token that is past its time; any other session token is unknown. */
export const expiredSessionToken = 'sandbox-expired-session-token'

/** The account of the article. */
export const articleAccountId = '810361751552'

/** An ipstack token whose plan has everything (Professional Plus). */
export const ipstackToken = 'sandbox-token'

/** An ipstack token of the free plan: single lookups of the main fields only. */
export const ipstackFreeToken = 'sandbox-free-token'
