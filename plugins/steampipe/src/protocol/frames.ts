/**
 * gRPC's frames: a byte that says whether the message is compressed, four bytes of its length, the message.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */

const headLength = 5

/** The longest message that is taken, in bytes. A row that exceeds it would exceed PostgreSQL's field limit, too. */
const longestMessage = 1 << 30

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headLength + message.length)
  framed.writeUInt8(0, 0)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, headLength)
  return framed
}

/** Puts messages together from the chunks that they come in. */
export class FrameReader {
  #rest: Buffer[] = []
  #length = 0

  /** Bytes of a message that has not come whole. */
  get pending(): number {
    return this.#length
  }

  /**
   * @returns the messages that are whole with this chunk; they may share its memory
   * @throws {Error} on a frame that is compressed, which was not asked for, or too long
   */
  take(chunk: Buffer): Buffer[] {
    this.#rest.push(chunk)
    this.#length += chunk.length
    const messages: Buffer[] = []
    let joined = this.#rest[0] ?? chunk
    if (this.#rest.length > 1) {
      // A long message comes in many chunks: they are joined once it is whole.
      const wanted = this.#wanted()
      if (wanted === undefined || this.#length < wanted) return messages
      joined = Buffer.concat(this.#rest)
    }
    let start = 0
    for (;;) {
      if (joined.length - start < headLength) break
      const end = start + headLength + lengthIn(joined, start)
      if (joined.length < end) break
      messages.push(joined.subarray(start + headLength, end))
      start = end
    }
    const left = joined.subarray(start)
    this.#rest = left.length === 0 ? [] : [left]
    this.#length = left.length
    return messages
  }

  /** How many bytes the next message takes with its head; undefined before the head is there. */
  #wanted(): number | undefined {
    if (this.#length < headLength) return undefined
    const [first] = this.#rest
    const head = first !== undefined && first.length >= headLength ? first : Buffer.concat(this.#rest)
    if (head !== first) this.#rest = [head]
    return headLength + lengthIn(head, 0)
  }
}

function lengthIn(bytes: Buffer, start: number): number {
  if (bytes.readUInt8(start) !== 0) throw new Error('the plugin sent a compressed message')
  const length = bytes.readUInt32BE(start + 1)
  if (length > longestMessage) throw new Error(`the plugin sent a message of ${length} bytes`)
  return length
}
