/** Builds messages of PostgreSQL's protocol: chapter "Message Formats". Integers are big-endian. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = []
  #size = 0

  byte(value: number): this {
    return this.bytes(Uint8Array.of(value))
  }

  int16(value: number): this {
    const bytes = Buffer.allocUnsafe(2)
    bytes.writeUInt16BE(value & 0xffff)
    return this.bytes(bytes)
  }

  int32(value: number): this {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value | 0)
    return this.bytes(bytes)
  }

  /** Text with the NUL that ends it. */
  string(text: string): this {
    return this.bytes(Buffer.from(`${text}\0`, 'utf8'))
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    this.#size += bytes.length
    return this
  }

  /** The body alone, preceded by its length: start-up packets have no type. */
  packet(): Buffer {
    const head = Buffer.allocUnsafe(4)
    head.writeInt32BE(this.#size + 4)
    return Buffer.concat([head, ...this.#parts])
  }

  message(type: string): Buffer {
    const head = Buffer.allocUnsafe(5)
    head.write(type, 'latin1')
    head.writeInt32BE(this.#size + 4, 1)
    return Buffer.concat([head, ...this.#parts])
  }
}
