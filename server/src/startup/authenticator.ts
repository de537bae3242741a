/** Decides who is let in: by password, by certificate, or by both. */
import type { Duplex } from 'node:stream'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { Logger } from 'pino'
import { ByteWriter } from '../wire/byte-writer.js'
import type { Account, Accounts } from './accounts.js'
import { presents } from './client-certificate.js'
import type { FailedLogins } from './failed-logins.js'
import type { PacketReader } from './packet-reader.js'
import { exchangeScram } from './scram.js'
import type { ScramVerifier } from './scram-verifier.js'

export interface Login {
  readonly user: string
  /** Whether it says that it is PostgreSQL, which asks for a virtual table's rows. */
  readonly isLoopback: boolean
  /** Where the client is. */
  readonly address: string
  readonly stream: Duplex
  readonly reader: PacketReader
  /** What the exchange may be bound to. */
  readonly endPoint: Buffer | undefined
}

export interface AuthenticatorOptions {
  readonly accounts: Pick<Accounts, 'find' | 'mockVerifier' | 'loopbackVerifier'>
  readonly failedLogins: FailedLogins
  readonly log: Logger
}

/** What is asked of whoever wants to be a user. */
type Demand =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'password'; readonly verifier: ScramVerifier }
  /** A password is asked for, and none is right. @property why for the log; the client does not hear it */
  | { readonly kind: 'refusal'; readonly why: string }

export class Authenticator {
  readonly #options: AuthenticatorOptions

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /**
   * Lets a client in, up to and including AuthenticationOk.
   * @throws DatabaseError 28P01 in the same words whatever is wrong
   */
  async authenticate(login: Login): Promise<void> {
    const { accounts } = this.#options
    const { user, isLoopback, stream } = login
    const demand = isLoopback ? await this.#loopbackDemand(user) : demandOf(accounts.find(user), stream)
    if (demand.kind !== 'nothing') await this.#askForPassword(login, demand)
    stream.write(authenticationOk)
  }

  async #loopbackDemand(role: string): Promise<Demand> {
    const verifier = await this.#options.accounts.loopbackVerifier(role)
    return verifier === undefined ? { kind: 'refusal', why: 'unknown user' } : { kind: 'password', verifier }
  }

  async #askForPassword(login: Login, demand: Exclude<Demand, { kind: 'nothing' }>): Promise<void> {
    const { user, address, stream, reader, endPoint } = login
    const { accounts, failedLogins, log } = this.#options
    const gone = new AbortController()
    const onClose = () => gone.abort()
    stream.once('close', onClose)
    try {
      const isRight = await exchangeScram({
        verifier: demand.kind === 'password' ? demand.verifier : accounts.mockVerifier(user),
        reader,
        write: (bytes) => stream.write(bytes),
        endPoint,
        slowDown: () => failedLogins.slowDown(address, user, gone.signal),
        judged: (right) => {
          if (!right) failedLogins.failed(address, user)
        },
      })
      if (isRight && demand.kind === 'password') return
      const reason = demand.kind === 'refusal' ? demand.why : 'wrong password'
      log.warn({ user, address, reason }, 'a login has failed')
      throw new DatabaseError(`password authentication failed for user "${user}"`, { sqlState: '28P01' })
    } finally {
      stream.off('close', onClose)
    }
  }
}

const authenticationOk = new ByteWriter().int32(0).message('R')

function demandOf(account: Account | undefined, stream: Duplex): Demand {
  if (account === undefined) return { kind: 'refusal', why: 'unknown user' }
  const { certificate, verifier } = account
  if (certificate !== undefined && !presents(stream, certificate)) {
    return { kind: 'refusal', why: 'no certificate with its name' }
  }
  if (verifier !== undefined) return { kind: 'password', verifier }
  return certificate === undefined
    ? { kind: 'refusal', why: 'neither password nor certificate' }
    : { kind: 'nothing' }
}
