/**
 * Password authentication by SCRAM-SHA-256, which pg-gateway carries out. It gets a stream in memory, so that the
 * socket stays with the gateway, and is released before it would begin to answer queries.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import {
  createScramSha256Data,
  PostgresConnection,
  type ScramSha256Data,
  verifyScramSha256Password,
} from 'pg-gateway'
import { ByteReader, MalformedMessage } from '../wire/byte-reader.js'
import { startupPacket } from '../wire/frontend-messages.js'
import type { PacketReader } from './packet-reader.js'

/**
 * The longest answer of a client, in bytes: PostgreSQL's own limit (PG_MAX_AUTH_TOKEN_LENGTH). Usual ones have some
 * hundred.
 */
const longestAnswer = 65_535

/**
 * The error that ends the exchange. pg-gateway prints errors that it does not expect; it takes this one to mean that
 * a client has gone.
 */
const letGo = Object.assign(new Error('the exchange is over'), { code: 'ABORT_ERR' })

export class ScramAuthenticator {
  readonly #passwordOf: (user: string) => string | undefined
  readonly #secret = randomBytes(32)
  readonly #verifiers = new Map<
    string,
    { readonly password: string; readonly data: Promise<ScramSha256Data> }
  >()

  constructor(passwordOf: (user: string) => string | undefined) {
    this.#passwordOf = passwordOf
  }

  /**
   * Runs the exchange, up to and including AuthenticationOk.
   * @throws DatabaseError 28P01 when the password is wrong or the user is not known
   */
  async authenticate(user: string, reader: PacketReader, write: (bytes: Uint8Array) => void): Promise<void> {
    const toGateway = new TransformStream<Uint8Array, Uint8Array>()
    const fromGateway = new TransformStream<Uint8Array, Uint8Array>()
    const connection = new PostgresConnection(
      { readable: toGateway.readable, writable: fromGateway.writable },
      {
        auth: {
          method: 'scram-sha-256',
          getScramSha256Data: () => this.#verifierOf(user),
          validateCredentials: ({ authMessage, clientProof, scramSha256Data: { storedKey } }) =>
            verifyScramSha256Password({ authMessage, clientProof, storedKey }),
        },
        onAuthenticated: async () => {
          await connection.detach()
        },
      },
    )
    const input = toGateway.writable.getWriter()
    const output = fromGateway.readable.getReader()
    try {
      // Whatever goes wrong on one side also shows on the other, where it is awaited.
      input.write(unpooled(startupPacket([['user', user]]))).catch(() => {})
      for (;;) {
        const { value, done } = await output.read()
        if (done) throw authenticationFailed(user)
        const message = Buffer.from(value)
        const step = stepOf(message)
        // pg-gateway then closes its side, which ends the loop.
        if (step === 'failed') continue
        write(message)
        if (step === 'done') return
        if (step === 'go on') continue
        const answer = await readAnswer(reader)
        if (step === 'choose') checkChoice(answer)
        input.write(unpooled(answer)).catch(() => {})
      }
    } finally {
      input.abort(letGo).catch(() => {})
      output.cancel(letGo).catch(() => {})
    }
  }

  #verifierOf(user: string): Promise<ScramSha256Data> | ScramSha256Data {
    const password = this.#passwordOf(user)
    // Nothing distinguishes a user that does not exist from a wrong password, not even a changing salt.
    if (password === undefined) return this.#verifierOfNobody(user)
    const known = this.#verifiers.get(user)
    if (known?.password === password) return known.data
    const data = createScramSha256Data(password)
    this.#verifiers.set(user, { password, data })
    return data
  }

  #verifierOfNobody(user: string): ScramSha256Data {
    const salt = createHmac('sha256', this.#secret).update(user).digest().subarray(0, 16)
    const key = () => randomBytes(32).toString('base64')
    return { salt: salt.toString('base64'), iterations: 4096, storedKey: key(), serverKey: key() }
  }
}

/**
 * A copy in memory of its own: pg-gateway 0.3.0-beta.4 reads from where the memory of a chunk begins, not from where
 * the chunk does.
 */
function unpooled(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

/** What must follow a message of the server's: chapter "SASL Authentication". */
function stepOf(message: Buffer): 'choose' | 'answer' | 'go on' | 'done' | 'failed' {
  if (message[0] !== 0x52 /* R */ || message.length < 9) return 'failed'
  switch (message.readInt32BE(5)) {
    case 0:
      return 'done'
    case 10:
      return 'choose'
    case 11:
      return 'answer'
    case 12:
      return 'go on'
    default:
      return 'failed'
  }
}

async function readAnswer(reader: PacketReader): Promise<Buffer> {
  const head = await reader.read(5)
  const length = head.readInt32BE(1)
  if (head[0] !== 0x70 /* p */ || length < 4 || length > longestAnswer) {
    throw new DatabaseError('expected SASL response', { sqlState: '08P01' })
  }
  return Buffer.concat([head, await reader.read(length - 4)])
}

/** RFC 5802, section 7: client-first-message. Without a nonce in it, pg-gateway would answer nothing. */
const clientFirst = /^(?:n|y|p=[^,]+),[^,]*,n=[^,]*,r=[!-+\--~]+(?:,|$)/

/**
 * Checks a client's choice: pg-gateway prints what it cannot read, and clients must not be able to fill the log with
 * that.
 */
function checkChoice(answer: Buffer): void {
  try {
    const reader = new ByteReader(answer)
    reader.string()
    const response = reader.bytes(reader.int32())
    if (!reader.ended) throw new MalformedMessage('bytes after the end')
    if (!clientFirst.test(response.toString('latin1'))) throw new MalformedMessage('no client-first-message')
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    throw new DatabaseError('malformed SCRAM message', { sqlState: '08P01', cause: error })
  }
}

function authenticationFailed(user: string): DatabaseError {
  return new DatabaseError(`password authentication failed for user "${user}"`, { sqlState: '28P01' })
}
