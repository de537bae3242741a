/** Bytes of files as they were before they were packed: gzip and zstd, told by their first bytes. */
import { pipeline, type Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { ApiError } from '@millrace/plugin-sdk'
import { Decompress } from 'fzstd'
import { fileError } from './file-error.js'
import type { SourceFile } from './source-file.js'

/** The first bytes of a packed file: RFC 1952, RFC 8878. */
const gzipMagic = [0x1f, 0x8b]
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd]

/**
 * The bytes of a file, unpacked as they are read.
 * @throws ApiError where they cannot be read or unpacked; the signal's reason
 */
export async function* unpackedBytes(file: SourceFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  const first = new Uint8Array(await file.slice(0, Math.min(4, file.size)))
  const isZstd = startsWith(first, zstdMagic)
  const packed = file.bytes()
  const bytes = startsWith(first, gzipMagic)
    ? unpackedBy(zlib.createGunzip(), packed)
    : isZstd
      ? zstdBytes(packed)
      : packed
  const onAbort = () => packed.destroy(new Error('cancelled'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (file.size > 0) yield* bytes
  } catch (error) {
    signal.throwIfAborted()
    throw isOfPacking(error) || isZstd
      ? new ApiError(`${file.name} is cut short or garbled`, {
          detail: error instanceof Error ? error.message : undefined,
          hint: 'Unpack it by hand to see how far it is whole.',
        })
      : fileError(file.name, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
    packed.destroy()
  }
}

function unpackedBy(transform: Transform, packed: Readable): Readable {
  return pipeline(packed, transform, () => {
    // The reader gets the error.
  })
}

/** Node.js unpacks zstd from 22.15 on, and checks the sums; before that, a library does, which does not. */
function zstdBytes(packed: Readable): AsyncIterable<Uint8Array> {
  const create: unknown = Object(zlib).createZstdDecompress
  return typeof create === 'function' ? unpackedBy(create(), packed) : zstdByLibrary(packed)
}

async function* zstdByLibrary(packed: Readable): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  // Its buffers are used again.
  const unpacking = new Decompress((bytes) => void ready.push(bytes.slice()))
  for await (const chunk of packed) {
    // A small chunk at a time, so that little unpacked waits.
    for (let start = 0; start < chunk.length; start += 16_384) {
      unpacking.push(chunk.subarray(start, start + 16_384))
      yield* ready.splice(0)
    }
  }
  unpacking.push(new Uint8Array(0), true)
  yield* ready.splice(0)
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte)
}

function isOfPacking(error: unknown): boolean {
  return /^(?:Z_|ZSTD_|ERR_ZLIB|ERR__ERROR_FORMAT)/.test(String(Object(error).code))
}

/** @throws ApiError where they are no UTF-8, which may be in the middle */
export async function* utf8Text(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new ApiError(`${name} is not UTF-8`, {
        hint: 'Convert it, such as by: iconv -f WINDOWS-1252 -t UTF-8',
      })
    }
  }
  for await (const chunk of bytes) {
    const text = decode(chunk)
    if (text !== '') yield text
  }
  const rest = decode()
  if (rest !== '') yield rest
}
