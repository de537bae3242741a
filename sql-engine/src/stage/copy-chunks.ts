import { setImmediate } from 'node:timers/promises'
import type { Row } from '@millrace/plugin-sdk'
import type { CopyRowEncoder } from './copy-row-encoder.js'
import { encodedRowsOf } from './encoded-rows.js'

/** The fewest characters in a chunk, except the last. */
const chunkLength = 64 * 1024

/** Counts what goes through. */
export interface CopyMeter {
  /** @throws DatabaseError if they are too many */
  addRows(count: number): void
  /** @throws DatabaseError if they are too many */
  addBytes(count: number): void
}

/** Encodes rows and gathers them in chunks of a size that is worth a write. */
export async function* copyChunks(
  batches: AsyncIterable<readonly Row[]>,
  encode: CopyRowEncoder,
  meter: CopyMeter,
): AsyncGenerator<Buffer, void, void> {
  const gathering = new Gathering()
  const counted = (chunk: Buffer) => {
    meter.addBytes(chunk.length)
    return chunk
  }
  for await (const batch of batches) {
    const encoded = encodedRowsOf(batch)
    if (encoded !== undefined) {
      gathering.addBytes(encoded.bytes)
      if (gathering.isFull) yield counted(gathering.take())
    } else {
      for (const row of batch) {
        gathering.addLine(encode(row))
        if (gathering.isFull) yield counted(gathering.take())
      }
    }
    meter.addRows(batch.length)
  }
  if (!gathering.isEmpty) yield counted(gathering.take())
}

/** Lines for the next chunk: as texts, or encoded already. */
class Gathering {
  #encoded: Uint8Array[] = []
  #encodedLength = 0
  /** Those that come after what is encoded. */
  #lines = ''

  get isEmpty(): boolean {
    return this.#encodedLength === 0 && this.#lines === ''
  }

  get isFull(): boolean {
    return this.#encodedLength + this.#lines.length >= chunkLength
  }

  addLine(line: string): void {
    this.#lines += line
  }

  addBytes(lines: Uint8Array): void {
    if (this.#lines !== '') {
      const bytes = Buffer.from(this.#lines)
      this.#lines = ''
      this.addBytes(bytes)
    }
    this.#encoded.push(lines)
    this.#encodedLength += lines.length
  }

  take(): Buffer {
    if (this.#lines !== '') this.addBytes(new Uint8Array())
    const [first, second] = this.#encoded
    const chunk =
      first !== undefined && second === undefined
        ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
        : Buffer.concat(this.#encoded, this.#encodedLength)
    this.#encoded = []
    this.#encodedLength = 0
    return chunk
  }
}

/**
 * Has the first chunk made at once, before it is asked for: so that an API is asked while the table for its rows is
 * made.
 * @returns the same chunks
 */
export function begun(chunks: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
  const first = chunks.next()
  // Its error goes to the code that asks for the chunk, if there is any.
  first.catch(() => {})
  return (async function* () {
    try {
      const { value, done } = await first
      if (done === true) return
      yield value
      yield* chunks
    } finally {
      await chunks.return()
    }
  })()
}

/**
 * The turns of the event loop in which a request is written over a connection that is there. undici takes one of them,
 * to learn whether the API has closed the connection meanwhile.
 */
const turnsOfRequest = 2

/**
 * Waits until what has {@link begun} has asked its API. To wake a process of PostgreSQL may cost this thread its core,
 * for as long as that takes to make a table; the request would have to wait.
 */
export async function requestsWritten(): Promise<void> {
  for (let turn = 0; turn < turnsOfRequest; turn++) await setImmediate()
}

/**
 * Takes chunks into memory until they end or fill it, whichever comes first, so that no connection is held while a
 * small scan waits for its API.
 * @returns the same chunks: first those taken, then the rest
 */
export async function readAhead(
  chunks: AsyncGenerator<Buffer, void, void>,
  memory: number,
): Promise<AsyncGenerator<Buffer, void, void>> {
  const taken: Buffer[] = []
  let bytes = 0
  while (bytes < memory) {
    const next = await chunks.next()
    if (next.done === true) break
    taken.push(next.value)
    bytes += next.value.length
  }
  return (async function* () {
    try {
      for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk
      yield* chunks
    } finally {
      await chunks.return()
    }
  })()
}
