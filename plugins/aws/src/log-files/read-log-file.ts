/** Reads objects in parts: a call for each, so that a large one takes no more memory than a part of it. */
import { ApiError, defaultMaxAnswerBytes } from '@millrace/plugin-sdk'
import { type S3Target, s3Call } from '../calls/s3-call.js'
import type { S3Scan } from '../s3/object-pages.js'
import { s3Of } from '../services/s3.js'

/**
 * The bytes of a part. Most log files are smaller, and take one call. With as many objects as are read side by side, parts must
 * fit into memory.
 */
export const partBytes = 2 * 1024 * 1024

interface Part {
  readonly bytes: Buffer
  readonly etag: string | undefined
  /** Of the whole object; undefined where the answer does not say. */
  readonly size: number | undefined
}

/**
 * The content of an object, part by part; each is asked for when the one before has been taken.
 * @param size in bytes, if it is known
 * @throws ApiError
 */
export async function* objectParts(
  scan: S3Scan,
  target: S3Target & { readonly key: string },
  size: number | undefined,
): AsyncGenerator<Buffer, void, void> {
  if (size === 0) return
  let start = 0
  let etag: string | undefined
  let end = size
  while (end === undefined || start < end) {
    // A small object is asked for as a whole: its size is known from the list, and no range can miss its end.
    const isWhole = start === 0 && end !== undefined && end <= partBytes
    const range = isWhole ? undefined : { start, etag }
    const part = await readPart(scan, target, range)
    if (part === undefined) return
    etag = part.etag
    end = isWhole ? start + part.bytes.length : part.size
    start += part.bytes.length
    if (part.bytes.length > 0) yield part.bytes
    else return
  }
}

/** @returns undefined for an empty object, of which no part can be asked for */
function readPart(
  scan: S3Scan,
  target: S3Target & { readonly key: string },
  range: { readonly start: number; readonly etag: string | undefined } | undefined,
): Promise<Part | undefined> {
  const { bucket, key, region } = target
  return s3Call(scan, 'GetObject', target, async (abortSignal) => {
    const client = await scan.connection.client(s3Of(bucket), region)
    const input = {
      Bucket: bucket,
      Key: key,
      RequestPayer: scan.connection.requestPayer,
      // Parts must be of the same object, should another be put in its place.
      IfMatch: range?.etag,
      Range: range === undefined ? undefined : `bytes=${range.start}-${range.start + partBytes - 1}`,
    }
    try {
      const { body, etag, contentRange } = await client.readObject(input, abortSignal)
      const bytes = await readAll(body, range === undefined ? defaultMaxAnswerBytes : partBytes)
      return { bytes, etag, size: sizeOf(contentRange) }
    } catch (error) {
      if (range?.start === 0 && error instanceof Error && error.name === 'InvalidRange') return undefined
      throw error
    }
  })
}

/** @throws ApiError for more bytes than were asked for */
async function readAll(body: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > most) {
      throw new ApiError('the answer does not keep to the range that was asked for', {
        hint: 'Check what endpoint_url or AWS_ENDPOINT_URL leads to: it must know ranges of objects.',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** The size of the whole object, of `bytes 0-99/1234`. */
function sizeOf(contentRange: string | undefined): number | undefined {
  const [, size] = /\/(\d+)$/.exec(contentRange ?? '') ?? []
  return size === undefined ? undefined : Number(size)
}
