/** Who may log in, and by what: the owner of the home, its reader, the configuration's users, and PostgreSQL on their behalf. */
import { randomBytes } from 'node:crypto'
import type { Quotas } from '@millrace/sql-engine/quota/quotas'
import { hmac, makeVerifier, mockVerifier, type ScramVerifier, usualIterations } from './scram-verifier.js'

/** What a user may have at most; it cannot choose more. */
export interface UserCeilings {
  /** Of each statement. */
  readonly quotas: Partial<Quotas>
  /** The longest that a statement may take, in milliseconds. */
  readonly statementTime?: number | undefined
  /** The most sessions at one time. */
  readonly sessions?: number | undefined
}

/** A name in a client's certificate: the subject's common name, or one of the alternative names. */
export interface CertificateName {
  readonly kind: 'cn' | 'san'
  readonly name: string
}

/** A user that may log in. */
export interface Account {
  readonly name: string
  /** What its password is checked by; undefined where it needs none. */
  readonly verifier: ScramVerifier | undefined
  /** The certificate that it needs; undefined for none. */
  readonly certificate: CertificateName | undefined
  readonly ceilings: UserCeilings
}

export const noCeilings: UserCeilings = { quotas: {} }

/** The accounts at any time. */
export class Accounts {
  readonly #mockSecret: Buffer
  readonly #loopbackSecret: Buffer
  readonly #loopbackVerifiers = new Map<string, Promise<ScramVerifier>>()
  #accounts: ReadonlyMap<string, Account> = new Map()

  /**
   * @param mockSecret decides what users that do not exist look like; stays the same for as long as users do
   * @param gatewaysSecret what all gateways over one database know, and nobody else: PostgreSQL may ask any of them
   */
  constructor(mockSecret: Buffer = randomBytes(32), gatewaysSecret: Buffer = randomBytes(32)) {
    this.#mockSecret = mockSecret
    this.#loopbackSecret = hmac(gatewaysSecret, 'loopback')
  }

  /** Replaces the others. */
  set(accounts: readonly Account[]): void {
    this.#accounts = new Map(accounts.map((account) => [account.name, account]))
  }

  find(user: string): Account | undefined {
    return this.#accounts.get(user)
  }

  /**
   * What stands for a user that does not exist, or has no password: the same whenever it is asked for, with as many iterations
   * as one of the others, so that nothing tells it from them (RFC 5802, section 9).
   */
  mockVerifier(user: string): ScramVerifier {
    const known = [...this.#accounts.values()].flatMap(({ verifier }) => verifier?.iterations ?? [])
    const place = hmac(this.#mockSecret, `iterations of ${user}`).readUInt32BE() % Math.max(known.length, 1)
    return mockVerifier(this.#mockSecret, user, known[place] ?? usualIterations)
  }

  /**
   * The password by which PostgreSQL logs in as a role, to ask for its tables. Where there is one gateway, another one each time
   * that it starts.
   */
  loopbackPassword(role: string): string {
    return hmac(this.#loopbackSecret, role).toString('base64url')
  }

  /** @returns undefined for a role that PostgreSQL does not ask for */
  async loopbackVerifier(role: string): Promise<ScramVerifier | undefined> {
    if (!this.#accounts.has(role)) return undefined
    const verifier = this.#loopbackVerifiers.get(role) ?? makeVerifier(this.loopbackPassword(role))
    this.#loopbackVerifiers.set(role, verifier)
    return verifier
  }
}
