/** The bytes of a log file: gzip inflated, others as they are. */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gunzip, gunzipSync } from 'node:zlib'
import { LogFileError } from './record-splitter.js'

/** The bytes that are given at a time: what takes some milliseconds to decode. */
const chunkBytes = 1024 * 1024

/** Of what is inflated as it is taken: there may be many such files at a time. */
const chunkBytesAsTaken = 256 * 1024

/** The most bytes that are inflated at once; what has more is inflated as it is taken. */
const mostAtOnce = 8 * 1024 * 1024

/** Of a first part with no more bytes it is seen whether it is the only one. A large object's are larger. */
const wholeBytes = 1024 * 1024

/** What is inflated sooner than another thread of Node.js would begin to. */
const leastElsewhere = 64 * 1024

const inflateElsewhere = promisify<Buffer, { chunkSize: number; maxOutputLength: number }, Buffer>(gunzip)

/**
 * The bytes of gzip inflated, in parts of a bounded size; others as they are.
 * @throws LogFileError; what the parts throw
 */
export async function* inflated(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const iterator = parts[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) throw new LogFileError('it is empty', 0)
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b
  const second = isGzip && first.value.length <= wholeBytes ? await iterator.next() : undefined
  const whole = second?.done === true ? await inflatedAtOnce(first.value) : undefined
  if (whole !== undefined) {
    yield* chunksOf(whole)
    return
  }
  const taken = second === undefined || second.done === true ? [first.value] : [first.value, second.value]
  const all = startingWith(taken, iterator)
  yield* isGzip ? inflatedAsTaken(all) : all
}

async function* startingWith(
  taken: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, void> {
  yield* taken
  yield* { [Symbol.asyncIterator]: () => rest }
}

/** @returns undefined for what is large, or damaged: what there is of it is then still to be given */
async function inflatedAtOnce(bytes: Buffer): Promise<Buffer | undefined> {
  // The last four bytes say how many there will be: RFC 1952, section 2.3.1. They may say anything.
  const said = bytes.length < 18 ? 0 : bytes.readUInt32LE(bytes.length - 4)
  if (said > mostAtOnce) return undefined
  const options = { chunkSize: Math.max(said, 1024) + 64, maxOutputLength: mostAtOnce }
  try {
    return said < leastElsewhere ? gunzipSync(bytes, options) : await inflateElsewhere(bytes, options)
  } catch {
    return undefined
  }
}

/** Between two of them, others have their turn. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    if (start > 0) await new Promise((resolve) => setImmediate(resolve))
    yield bytes.subarray(start, start + chunkBytes)
  }
}

async function* inflatedAsTaken(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const unzip = createGunzip({ chunkSize: chunkBytesAsTaken })
  let failure: unknown
  const source = Readable.from(parts, { objectMode: false, highWaterMark: 1 })
  source.on('error', (error) => {
    failure = error
    unzip.destroy(error)
  })
  source.pipe(unzip)
  let bytes = 0
  try {
    for await (const chunk of unzip as AsyncIterable<Buffer>) {
      bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    if (failure !== undefined) throw failure
    throw zlibError(error, bytes) ?? error
  } finally {
    source.destroy()
    unzip.destroy()
  }
}

function zlibError(error: unknown, offset: number): LogFileError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string' || !code.startsWith('Z_')) return undefined
  return new LogFileError(code === 'Z_BUF_ERROR' ? 'it is cut short' : 'its gzip is damaged', offset)
}
