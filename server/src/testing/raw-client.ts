/** A client that speaks the protocol message by message, after a driver has let it in. */
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { readErrorFields } from '../wire/backend-messages.js'
import { ByteWriter } from '../wire/byte-writer.js'

export interface Message {
  readonly type: string
  /** With type and length. */
  readonly bytes: Buffer
}

export class RawClient {
  #buffer: Buffer = Buffer.alloc(0)
  readonly #messages: Message[] = []
  #hasEnded = false
  #wake: () => void = () => {}

  private constructor(
    readonly socket: Socket,
    readonly processId: number,
    readonly secretKey: number,
  ) {
    socket.removeAllListeners('data')
    socket.removeAllListeners('end')
    socket.removeAllListeners('error')
    socket.removeAllListeners('close')
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('close', () => {
      this.#hasEnded = true
      this.#wake()
    })
  }

  static async connect(config: pg.ClientConfig): Promise<RawClient> {
    const client = new pg.Client(config)
    client.on('error', () => {})
    await client.connect()
    const { connection, processID, secretKey } = Object(client)
    return new RawClient(connection.stream, Number(processID), Number(secretKey))
  }

  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages))
  }

  /** @param size of a piece; all at once by default */
  async sendInPieces(bytes: Buffer, size = bytes.length): Promise<void> {
    for (let start = 0; start < bytes.length; start += size) {
      this.socket.write(bytes.subarray(start, start + size))
      // Far into a long message, nothing new is to be learnt.
      if (start > 300) size = bytes.length
      await setImmediate()
    }
  }

  /** The messages up to and with the next of a type. @throws Error when the connection ends before */
  async until(type: string): Promise<readonly Message[]> {
    for (;;) {
      const index = this.#messages.findIndex((message) => message.type === type)
      if (index >= 0) return this.#messages.splice(0, index + 1)
      if (this.#hasEnded)
        throw new Error(`the connection ended before ${type}: ${this.#messages.map(describe)}`)
      await this.#next()
    }
  }

  /** The messages up to the first that `isLast`, which is shown each of them, or up to the connection's end. */
  async untilLast(
    isLast: (message: Message) => boolean,
  ): Promise<{ readonly messages: readonly Message[]; readonly hasEnded: boolean }> {
    let shown = 0
    for (;;) {
      for (; shown < this.#messages.length; shown++) {
        const message = this.#messages[shown]
        if (message !== undefined && isLast(message)) {
          return { messages: this.#messages.splice(0, shown + 1), hasEnded: false }
        }
      }
      if (this.#hasEnded) return { messages: this.#messages.splice(0), hasEnded: true }
      await this.#next()
    }
  }

  /** What comes until the connection is closed. */
  async untilEnd(): Promise<readonly Message[]> {
    while (!this.#hasEnded) await this.#next()
    return this.#messages.splice(0)
  }

  close(): void {
    this.socket.destroy()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    while (this.#buffer.length >= 5 && this.#buffer.length > this.#buffer.readInt32BE(1)) {
      const size = this.#buffer.readInt32BE(1) + 1
      this.#messages.push({
        type: this.#buffer.toString('latin1', 0, 1),
        bytes: this.#buffer.subarray(0, size),
      })
      this.#buffer = this.#buffer.subarray(size)
    }
    this.#wake()
  }
}

/** A message as a test shows it: fields of errors and notices by their codes, all else as text. */
export function describe({ type, bytes }: Message): string {
  if (type !== 'E' && type !== 'N') return `${type} ${JSON.stringify(bytes.toString('latin1', 5))}`
  const fields = [...readErrorFields(bytes)].filter(([code]) => 'CMDHPW'.includes(code))
  return `${type} ${JSON.stringify(Object.fromEntries(fields))}`
}

export function queryMessage(text: string): Buffer {
  return new ByteWriter().string(text).message('Q')
}
