/** A message that is shorter than it says, or otherwise not what the protocol allows. */
export class MalformedMessage extends Error {}

/** Reads the body of a message. */
export class ByteReader {
  #offset: number
  readonly #bytes: Buffer

  /** @param offset where to begin; 5 skips a message's type and length */
  constructor(bytes: Buffer, offset = 5) {
    this.#bytes = bytes
    this.#offset = offset
  }

  byte(): number {
    return this.#take(1).readUInt8()
  }

  int16(): number {
    return this.#take(2).readInt16BE()
  }

  uint16(): number {
    return this.#take(2).readUInt16BE()
  }

  int32(): number {
    return this.#take(4).readInt32BE()
  }

  uint32(): number {
    return this.#take(4).readUInt32BE()
  }

  string(): string {
    const end = this.#bytes.indexOf(0, this.#offset)
    if (end < 0) throw new MalformedMessage('invalid string in message')
    const text = this.#bytes.toString('utf8', this.#offset, end)
    this.#offset = end + 1
    return text
  }

  bytes(length: number): Buffer {
    return this.#take(length)
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#offset)
  }

  get offset(): number {
    return this.#offset
  }

  get ended(): boolean {
    return this.#offset >= this.#bytes.length
  }

  #take(length: number): Buffer {
    const end = this.#offset + length
    if (length < 0 || end > this.#bytes.length)
      throw new MalformedMessage('insufficient data left in message')
    const taken = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return taken
  }
}
