/** The messages of a stream as they arrive, many at a time. */
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { FrameReader } from './frames.js'

/** How many bytes of messages are held until they are asked for. Then the stream is paused, and its sender waits in the end. */
const mostHeld = 1 << 20

/**
 * A plugin sends each row in a message by itself, and to hand one on costs more than to read it. So once few have been there many
 * times, more are waited for, for some milliseconds, which no short answer comes to.
 */
const gathering = { times: 16, few: 500, wait: 8 }

export class ArrivingMessages {
  readonly #stream: Readable
  readonly #frames = new FrameReader()
  #messages: Buffer[] = []
  #bytes = 0
  #hasEnded = false
  #failure: unknown
  #wake: () => void = () => {}
  #timesFew = 0

  constructor(stream: Readable) {
    this.#stream = stream
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.once('end', () => this.#end())
    stream.once('close', () => this.#end())
    stream.once('error', (error) => this.#end(error))
  }

  /** Bytes of a message that has not come whole. */
  get pending(): number {
    return this.#frames.pending
  }

  /**
   * @returns the messages that have come since; undefined after the last
   * @throws what the stream has failed with, or {Error} for what is no frame, after the messages before it
   */
  async next(): Promise<readonly Buffer[] | undefined> {
    if (this.#timesFew > gathering.times && !this.#hasEnded) await delay(gathering.wait)
    while (this.#messages.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#hasEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    this.#timesFew = messages.length < gathering.few ? this.#timesFew + 1 : 0
    if (!this.#hasEnded) this.#stream.resume()
    return messages
  }

  #take(chunk: Buffer): void {
    if (this.#hasEnded) return
    try {
      for (const message of this.#frames.take(chunk)) this.#messages.push(message)
    } catch (error) {
      this.#end(error)
    }
    this.#bytes += chunk.length
    if (this.#bytes >= mostHeld) this.#stream.pause()
    if (this.#messages.length > 0) this.#wake()
  }

  #end(failure?: unknown): void {
    this.#failure ??= failure
    this.#hasEnded = true
    this.#wake()
  }
}
