/** Cuts a connection's bytes into messages, after start-up: chapter "Message Flow". */
import type { Duplex } from 'node:stream'
import { MalformedMessage } from './byte-reader.js'

/** A message's type and length. */
const headLength = 5
/** PostgreSQL's own limit on one message (PQ_LARGE_MESSAGE_LIMIT). */
const longestMessage = 0x3fff_ffff
/** The most bytes that may wait here unread; beyond them, the peer waits. */
const mostWaiting = 1 << 20

export interface FrameHead {
  /** The code of the character that stands for the type. */
  readonly type: number
  /** The length of the message in bytes, with type and length. */
  readonly size: number
}

export class FrameReader {
  readonly #socket: Duplex
  /** Called once, when the peer has gone: at once, even while earlier messages wait here. */
  readonly #onEnd: () => void
  #buffer: Buffer = Buffer.alloc(0)
  #offset = 0
  /** What came after `#buffer`. */
  #chunks: Buffer[] = []
  #waiting = 0
  /** Bytes still to come of a message that is passed on in parts. */
  #rest = 0
  /** Whether anything has come since {@link wait} last resolved. */
  #hasNews = false
  #ended = false
  #wake: (() => void) | undefined

  constructor(socket: Duplex, onEnd: () => void) {
    this.#socket = socket
    this.#onEnd = onEnd
    socket.on('data', this.#onData)
    socket.on('end', this.#end)
    socket.on('close', this.#end)
    socket.on('error', this.#end)
    // It may have gone before anything listened.
    if (socket.destroyed || socket.readableEnded) this.#ended = true
  }

  /** Whether a message has been passed on in part. */
  get isInside(): boolean {
    return this.#rest > 0
  }

  /** Whether nothing has come that is not taken yet. */
  get isEmpty(): boolean {
    return this.#waiting === 0 && this.#rest === 0
  }

  /** Resolves when more has come since it last did. False: the peer has gone, and nothing more will come. */
  async wait(): Promise<boolean> {
    if (!this.#hasNews && !this.#ended) {
      this.#socket.resume()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const hasNews = this.#hasNews
    this.#hasNews = false
    return hasNews
  }

  /** The next message's type, as soon as it has come; undefined in the middle of a message that is passed on. */
  peekType(): number | undefined {
    return this.#rest > 0 || !this.#gather(1) ? undefined : this.#buffer[this.#offset]
  }

  /**
   * The next message's head; undefined until it has come, and in the middle of a message that is passed on.
   * @throws MalformedMessage
   */
  peek(): FrameHead | undefined {
    if (this.#rest > 0 || !this.#gather(headLength)) return undefined
    return this.#head()
  }

  /** The whole next message, which is `size` bytes long; undefined until it has come. */
  take(size: number): Buffer | undefined {
    if (!this.#gather(size)) return undefined
    return this.#advance(size)
  }

  /**
   * Messages that may be passed on as they come, and parts of them: as many as lie side by side.
   * @returns undefined if the next message is another one, or has not come
   * @throws MalformedMessage
   */
  takeRun(passes: (head: FrameHead) => boolean): Buffer | undefined {
    if (!this.#gather(this.#rest > 0 ? 1 : headLength)) return undefined
    let end = this.#offset
    for (;;) {
      const passed = Math.min(this.#rest, this.#buffer.length - end)
      end += passed
      this.#rest -= passed
      if (this.#rest > 0 || this.#buffer.length - end < headLength) break
      // Mistakes in the next message are reported when its turn comes.
      if (end > this.#offset && !isSound(this.#buffer.readInt32BE(end + 1))) break
      const head = this.#headAt(end)
      if (!passes(head)) break
      this.#rest = head.size
    }
    return end === this.#offset ? undefined : this.#advance(end - this.#offset)
  }

  /** Discards what else comes: a peer that is still sending may then read why it need not. */
  discard(): void {
    this.#socket.off('data', this.#onData)
    this.#buffer = Buffer.alloc(0)
    this.#offset = 0
    this.#chunks = []
    this.#waiting = 0
    this.#socket.resume()
    this.#end()
  }

  #head(): FrameHead {
    return this.#headAt(this.#offset)
  }

  #headAt(offset: number): FrameHead {
    const length = this.#buffer.readInt32BE(offset + 1)
    if (!isSound(length)) throw new MalformedMessage('invalid message length')
    return { type: this.#buffer[offset] ?? 0, size: length + 1 }
  }

  #advance(size: number): Buffer {
    const bytes = this.#buffer.subarray(this.#offset, this.#offset + size)
    this.#offset += size
    this.#waiting -= size
    return bytes
  }

  /** Whether this many bytes are here; they then lie side by side. */
  #gather(size: number): boolean {
    if (this.#buffer.length - this.#offset >= size) return true
    if (this.#waiting < size) return false
    if (this.#offset === this.#buffer.length) {
      this.#buffer = this.#chunks.shift() ?? this.#buffer
      this.#offset = 0
      if (this.#buffer.length >= size) return true
    }
    this.#buffer = Buffer.concat([this.#buffer.subarray(this.#offset), ...this.#chunks])
    this.#offset = 0
    this.#chunks = []
    return true
  }

  readonly #onData = (chunk: Buffer) => {
    if (this.#waiting === 0) {
      this.#buffer = chunk
      this.#offset = 0
    } else this.#chunks.push(chunk)
    this.#waiting += chunk.length
    this.#hasNews = true
    if (this.#wake !== undefined) this.#awake()
    else if (this.#waiting > mostWaiting) this.#socket.pause()
  }

  readonly #end = () => {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    this.#awake()
  }

  #awake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

function isSound(length: number): boolean {
  return length >= 4 && length <= longestMessage
}
