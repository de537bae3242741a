/** Reads packets from a socket one by one, before a session takes it over. */
import type { Duplex } from 'node:stream'

export class ConnectionEnded extends Error {}

export class PacketReader {
  readonly #socket: Duplex
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('readable', this.#onReadable)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onEnd)
    socket.on('error', this.#onError)
  }

  /** @throws ConnectionEnded when the client goes away first */
  async read(length: number): Promise<Buffer> {
    for (;;) {
      const bytes: unknown = length === 0 ? Buffer.alloc(0) : this.#socket.read(length)
      // At its end, a stream gives what is left, however short.
      if (Buffer.isBuffer(bytes) && bytes.length === length) return bytes
      if (this.#failure !== undefined || this.#socket.readableEnded || this.#socket.destroyed) {
        throw this.#failure ?? new ConnectionEnded('the client has gone')
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Whether bytes have come that have not been read. */
  get hasMore(): boolean {
    return this.#socket.readableLength > 0
  }

  /** Releases the socket; what has not been read stays in it. */
  release(): void {
    this.#socket.off('readable', this.#onReadable)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    this.#socket.off('error', this.#onError)
  }

  readonly #onReadable = () => this.#wake?.()
  readonly #onEnd = () => this.#fail(new ConnectionEnded('the client has gone'))
  readonly #onError = (error: Error) => this.#fail(error)

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }
}
