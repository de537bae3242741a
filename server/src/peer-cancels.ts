/**
 * Cancel requests among the gateways over one database: a load balancer hands a request to any of them. A key names a
 * process of PostgreSQL, so that one gateway alone has its session, and need not say which. Others who are connected to
 * the database hear what gateways tell each other; so it is not the key that is told, but a proof of it, which takes the
 * gateways' secret to make or to check, and is good for once.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { PeerChannel } from '@millrace/sql-engine/postgres/peer-channel'

/** A session's keys, in hexadecimal digits, with what cancels it. */
export type CancellableSessions = ReadonlyMap<string, { cancel(): Promise<void> }>

/** How many proofs are remembered, so that nobody repeats one. */
const mostProofs = 10_000

/** Keys of PostgreSQL are no longer. */
const longestKey = 256

export class PeerCancels {
  readonly #channel: PeerChannel
  readonly #secret: Buffer
  readonly #used = new Set<string>()

  /** @param secret the same for all gateways over the database, and known to nobody else */
  constructor(channel: PeerChannel, secret: Buffer) {
    this.#channel = channel
    this.#secret = createHmac('sha256', secret).update('cancel requests').digest()
  }

  /** Passes on a request that names no session here. Resolves when the others are told. Never rejects. */
  async passOn(key: Buffer): Promise<void> {
    if (key.length < 8 || key.length > longestKey) return
    const nonce = randomBytes(18).toString('base64url')
    const proof = this.#proofOf(key, nonce).toString('base64url')
    await this.#channel.tell(`cancel ${key.readUInt32BE()} ${nonce} ${proof}`)
  }

  /** Cancels the sessions that requests at other gateways name. @returns ends it */
  serve(sessions: CancellableSessions): () => void {
    return this.#channel.listen((message) => {
      const [, processId, nonce, proof] = notice.exec(message) ?? []
      if (processId === undefined || nonce === undefined || proof === undefined) return
      const start = Number(processId).toString(16).padStart(8, '0')
      for (const [key, session] of sessions) {
        if (key.startsWith(start) && this.#isProof(proof, key, nonce)) void session.cancel()
      }
    })
  }

  /** Whether it is one, and has not been used before. */
  #isProof(proof: string, key: string, nonce: string): boolean {
    const right = this.#proofOf(Buffer.from(key, 'hex'), nonce)
    const given = Buffer.from(proof, 'base64url')
    if (given.length !== right.length || !timingSafeEqual(given, right) || this.#used.has(nonce)) return false
    this.#used.add(nonce)
    const [oldest] = this.#used
    if (oldest !== undefined && this.#used.size > mostProofs) this.#used.delete(oldest)
    return true
  }

  #proofOf(key: Buffer, nonce: string): Buffer {
    return createHmac('sha256', this.#secret).update(nonce).update(key).digest()
  }
}

const notice = /^cancel (\d{1,10}) ([\w-]{24}) ([\w-]{43})$/
