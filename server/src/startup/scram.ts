/**
 * Password authentication by SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: RFC 5802, RFC 7677, and PostgreSQL's protocol, chapter
 * "SASL Authentication". pg-gateway checks the proofs; its own exchange knows no channel binding.
 */
import { randomBytes } from 'node:crypto'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { verifyScramSha256Password } from 'pg-gateway'
import { ByteReader, MalformedMessage } from '../wire/byte-reader.js'
import { ByteWriter } from '../wire/byte-writer.js'
import type { PacketReader } from './packet-reader.js'
import { hmac, type ScramVerifier } from './scram-verifier.js'

export interface ScramOptions {
  readonly verifier: ScramVerifier
  readonly reader: PacketReader
  readonly write: (bytes: Uint8Array) => void
  /** What the exchange may be bound to; undefined where there is no encryption, or nothing to bind to. */
  readonly endPoint: Buffer | undefined
  /** Called when the client has given its proof, right or wrong; the client hears the outcome when it resolves. */
  readonly slowDown: () => Promise<void>
  /** Called with the outcome at the same time. */
  readonly judged: (isRight: boolean) => void
}

/**
 * The longest answer of a client, in bytes: PostgreSQL's own limit (PG_MAX_AUTH_TOKEN_LENGTH). Usual ones have some
 * hundred.
 */
const longestAnswer = 65_535

const plain = 'SCRAM-SHA-256'
const bound = 'SCRAM-SHA-256-PLUS'

/** Codes of AuthenticationRequest. */
const sasl = 10
const saslContinue = 11
const saslFinal = 12

/**
 * Runs the exchange, up to and including the server's signature.
 * @returns whether the password was right
 * @throws DatabaseError for what is not the protocol, or is bound to another connection
 */
export async function exchangeScram({
  verifier,
  reader,
  write,
  endPoint,
  ...on
}: ScramOptions): Promise<boolean> {
  const mechanisms = endPoint === undefined ? [plain] : [bound, plain]
  const offer = new ByteWriter().int32(sasl)
  for (const mechanism of mechanisms) offer.string(mechanism)
  write(offer.byte(0).message('R'))

  const choice = readChoice(await readAnswer(reader))
  if (!mechanisms.includes(choice.mechanism)) {
    throw new DatabaseError('client selected an invalid SASL authentication mechanism', { sqlState: '08P01' })
  }
  const first = readClientFirst(choice.response)
  checkBindingFlag(first.binding, choice.mechanism, endPoint)

  const nonce = first.nonce + randomBytes(18).toString('base64')
  const serverFirst = `r=${nonce},s=${verifier.salt},i=${verifier.iterations}`
  write(saslMessage(saslContinue, serverFirst))

  const last = readClientLast((await readAnswer(reader)).subarray(5).toString('latin1'))
  const binding = Buffer.concat([
    Buffer.from(first.header, 'latin1'),
    ...(choice.mechanism === bound && endPoint !== undefined ? [endPoint] : []),
  ])
  if (last.binding !== binding.toString('base64')) {
    throw new DatabaseError('SCRAM channel binding check failed', { sqlState: '28000' })
  }
  if (last.nonce !== nonce) throw malformed()
  const exchanged = `${first.bare},${serverFirst},${last.withoutProof}`
  const { storedKey } = verifier
  const isRight = await verifyScramSha256Password({
    authMessage: exchanged,
    clientProof: last.proof,
    storedKey,
  })
  const slowedDown = on.slowDown()
  on.judged(isRight)
  await slowedDown
  if (!isRight) return false
  const signature = hmac(Buffer.from(verifier.serverKey, 'base64'), exchanged)
  write(saslMessage(saslFinal, `v=${signature.toString('base64')}`))
  return true
}

function saslMessage(code: number, text: string): Buffer {
  return new ByteWriter().int32(code).bytes(Buffer.from(text, 'latin1')).message('R')
}

async function readAnswer(reader: PacketReader): Promise<Buffer> {
  const head = await reader.read(5)
  const length = head.readInt32BE(1)
  if (head[0] !== 0x70 /* p */ || length < 4 || length > longestAnswer) {
    throw new DatabaseError('expected SASL response', { sqlState: '08P01' })
  }
  return Buffer.concat([head, await reader.read(length - 4)])
}

/** SASLInitialResponse. */
function readChoice(answer: Buffer): { readonly mechanism: string; readonly response: string } {
  try {
    const reader = new ByteReader(answer)
    const mechanism = reader.string()
    const response = reader.bytes(reader.int32())
    if (!reader.ended) throw new MalformedMessage('bytes after the end')
    return { mechanism, response: response.toString('latin1') }
  } catch (error) {
    if (error instanceof MalformedMessage) throw malformed(error)
    throw error
  }
}

/** RFC 5802, section 7: gs2-header and client-first-message-bare. */
const clientFirst =
  /^(?<header>(?<flag>n|y|p=[^,]+),(?<identity>[^,]*),)(?<bare>n=[^,]*,r=(?<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*)$/

interface ClientFirst {
  /** `n`, `y`, or `p=` and the name of a binding. */
  readonly binding: string
  readonly header: string
  readonly bare: string
  readonly nonce: string
}

/** The user's name in it counts for nothing: that of the start-up packet does. */
function readClientFirst(response: string): ClientFirst {
  const { header, flag, identity, bare, nonce } = clientFirst.exec(response)?.groups ?? {}
  if (header === undefined || flag === undefined || bare === undefined || nonce === undefined)
    throw malformed()
  if (identity !== '') {
    throw new DatabaseError('client uses authorization identity, but it is not supported', {
      sqlState: '0A000',
    })
  }
  return { binding: flag, header, bare, nonce }
}

function checkBindingFlag(flag: string, mechanism: string, endPoint: Buffer | undefined): void {
  if (mechanism === bound) {
    if (flag === 'p=tls-server-end-point') return
    if (!flag.startsWith('p=')) throw malformed()
    throw new DatabaseError('unsupported SCRAM channel-binding type', { sqlState: '08P01' })
  }
  if (flag.startsWith('p=')) throw malformed()
  // The client could bind, and has not been offered it: somebody in between has changed the offer.
  if (flag === 'y' && endPoint !== undefined) {
    throw new DatabaseError('SCRAM channel binding negotiation error', {
      sqlState: '28000',
      detail: 'The client supports SCRAM channel binding but thinks the server does not. This server does.',
    })
  }
}

const clientLast =
  /^(?<withoutProof>c=(?<binding>[A-Za-z0-9+/=]*),r=(?<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,]*)*),p=(?<proof>[A-Za-z0-9+/=]+)$/

function readClientLast(message: string) {
  const { withoutProof, binding, nonce, proof } = clientLast.exec(message)?.groups ?? {}
  if (withoutProof === undefined || nonce === undefined || proof === undefined) throw malformed()
  return { withoutProof, binding, nonce, proof }
}

function malformed(cause?: Error): DatabaseError {
  return new DatabaseError('malformed SCRAM message', { sqlState: '08P01', cause })
}
