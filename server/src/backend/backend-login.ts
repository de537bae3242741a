/**
 * Logs a session in at PostgreSQL, where that asks for a password: chapter "Start-up" of its protocol. The methods are
 * the driver's own, so that sessions get in wherever the engine does.
 */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import sasl, { type SaslSession } from 'pg/lib/crypto/sasl.js'
import crypto from 'pg/lib/crypto/utils.js'
import { ByteWriter } from '../wire/byte-writer.js'

/** Kinds of the message AuthenticationRequest. */
const requests = { ok: 0, password: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const

export class BackendLogin {
  readonly #role: string
  readonly #password: string | undefined
  readonly #send: (message: Buffer) => void
  #sasl: SaslSession | undefined
  #isProven = false

  constructor(role: string, password: string | undefined, send: (message: Buffer) => void) {
    this.#role = role
    this.#password = password
    this.#send = send
  }

  /** Answers a message of the kind AuthenticationRequest. @throws DatabaseError 28P01 when there is nothing to answer */
  async answer(message: Buffer): Promise<void> {
    const kind = message.readInt32BE(5)
    const rest = message.subarray(9)
    switch (kind) {
      case requests.ok:
        // A server that has asked for a proof, and does not give its own, is another one.
        if (this.#sasl !== undefined && !this.#isProven) throw refused('the server has not proven who it is')
        return
      case requests.password:
        return this.#answer(new ByteWriter().string(this.#secret()))
      case requests.md5:
        return this.#answer(
          new ByteWriter().string(await crypto.postgresMd5PasswordHash(this.#role, this.#secret(), rest)),
        )
      default:
        return this.#negotiate(kind, rest)
    }
  }

  async #negotiate(kind: number, rest: Buffer): Promise<void> {
    try {
      if (kind === requests.sasl) {
        this.#secret()
        const mechanisms = rest.toString('latin1').split('\0').filter(Boolean)
        this.#sasl = sasl.startSession(mechanisms)
        const first = Buffer.from(this.#sasl.response)
        return this.#answer(new ByteWriter().string(this.#sasl.mechanism).int32(first.length).bytes(first))
      }
      if (kind === requests.saslContinue && this.#sasl !== undefined) {
        await sasl.continueSession(this.#sasl, this.#secret(), rest.toString('utf8'))
        return this.#answer(new ByteWriter().bytes(Buffer.from(this.#sasl.response)))
      }
      if (kind === requests.saslFinal && this.#sasl !== undefined) {
        sasl.finalizeSession(this.#sasl, rest.toString('utf8'))
        this.#isProven = true
        return
      }
    } catch (error) {
      throw error instanceof DatabaseError ? error : refused(String(Object(error).message))
    }
    throw refused('the server asks for an authentication that Millrace does not have')
  }

  #answer(body: ByteWriter): void {
    this.#send(body.message('p'))
  }

  #secret(): string {
    if (this.#password === undefined) throw refused(`there is no password for the role "${this.#role}"`)
    return this.#password
  }
}

function refused(detail: string): DatabaseError {
  return new DatabaseError('the engine does not let this session in', {
    sqlState: '28P01', // invalid_password
    detail,
    hint: 'Check the password in the URL of the engine, and PostgreSQL’s pg_hba.conf.',
  })
}
