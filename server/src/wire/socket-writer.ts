/** Writes to a socket as much as it takes, in as few writes as possible. */
import type { Duplex } from 'node:stream'

/** How long a peer that should go may keep the connection without reading anything, in milliseconds. */
const patience = 5_000

export class SocketWriter {
  readonly #socket: Duplex
  /** The parts that are not yet written; no two of them lie side by side in memory. */
  #parts: Buffer[] = []

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Adds what {@link flush} will write. The bytes must not change afterwards. */
  add(bytes: Buffer): void {
    const last = this.#parts.at(-1)
    // Messages that were cut out of one chunk go out as one again.
    if (last?.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
      this.#parts[this.#parts.length - 1] = Buffer.from(
        last.buffer,
        last.byteOffset,
        last.length + bytes.length,
      )
    } else this.#parts.push(bytes)
  }

  /** Writes what was added. @returns false when the peer is slow; {@link drained} then resolves when it takes more */
  flush(): boolean {
    if (this.#parts.length === 0) return true
    const parts = this.#parts
    this.#parts = []
    if (!this.#socket.writable) return true
    if (parts.length === 1) return this.#socket.write(parts[0])
    this.#socket.cork()
    let takesMore = true
    for (const part of parts) takesMore = this.#socket.write(part)
    this.#socket.uncork()
    return takesMore
  }

  /** Resolves when the peer has taken what was written, or has gone. */
  async drained(): Promise<void> {
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return
    await new Promise<void>((resolve) => {
      const settle = () => {
        socket.off('drain', settle)
        socket.off('close', settle)
        resolve()
      }
      socket.on('drain', settle)
      socket.on('close', settle)
    })
  }

  /** Writes one last thing, and says that nothing follows. The peer ends the connection. */
  finish(last: Buffer): void {
    this.add(last)
    this.flush()
    if (this.#socket.writable) this.#socket.end()
  }

  /** Writes one last thing, and ends the connection: soon, even if the peer does not read or does not go. */
  end(last?: Buffer): void {
    const socket = this.#socket
    if (last !== undefined) this.add(last)
    this.flush()
    if (!socket.writable) return
    socket.end()
    // What the peer still sends is not wanted, but its going must be noticed. A present reader lets go first.
    setImmediate(() => socket.resume())
    let left = socket.writableLength
    const timer = setInterval(() => {
      if (socket.writableLength === left) socket.destroy()
      left = socket.writableLength
    }, patience)
    socket.once('close', () => clearInterval(timer))
  }
}
