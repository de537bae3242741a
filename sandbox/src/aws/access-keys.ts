/** The access keys that the sandbox knows, including those of assumed roles. */
import { randomBytes } from 'node:crypto'
import type { SandboxCredentials } from '../credentials.js'

/** The account and the rights behind a key. */
export interface Identity {
  readonly accountId: string
  readonly arn: string
  readonly userId: string
  /** Whether it may call nothing except GetCallerIdentity. */
  readonly isDenied: boolean
}

export interface TemporaryCredentials extends SandboxCredentials {
  readonly sessionToken: string
}

export interface AccessKey extends SandboxCredentials {
  /** The session token of a temporary key. */
  readonly sessionToken?: string
  readonly identity: Identity
}

export class AccessKeys {
  readonly #keys = new Map<string, AccessKey>()

  add(key: AccessKey): void {
    this.#keys.set(key.accessKeyId, key)
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#keys.get(accessKeyId)
  }

  /** Makes a temporary key. */
  issue(identity: Identity): AccessKey & TemporaryCredentials {
    const key = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(60).toString('base64'),
      identity,
    }
    this.add(key)
    return key
  }
}
