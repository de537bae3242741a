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
  let lines = ''
  const counted = (chunk: Buffer) => {
    meter.addBytes(chunk.length)
    return chunk
  }
  const gathered = () => {
    const chunk = Buffer.from(lines)
    lines = ''
    return counted(chunk)
  }
  for await (const batch of batches) {
    const encoded = encodedRowsOf(batch)
    if (encoded !== undefined) {
      if (lines !== '') yield gathered()
      const { buffer, byteOffset, byteLength } = encoded.bytes
      yield counted(Buffer.from(buffer, byteOffset, byteLength))
    } else {
      for (const row of batch) {
        lines += encode(row)
        if (lines.length >= chunkLength) yield gathered()
      }
    }
    meter.addRows(batch.length)
  }
  if (lines !== '') yield gathered()
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
