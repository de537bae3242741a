/** Where a scan's answers are decoded: the first ones in the main thread, and of a scan that goes on, beside it. */
import type { Columns, Decoder, Scan } from '@millrace/plugin-sdk'
import type { DecodeThreads } from '../decode/decode-threads.js'
import type { RowEncoding } from '../decode/thread-messages.js'

type Decode = Scan<unknown, Columns>['decode']

/**
 * The bytes that a scan decodes in the main thread. That takes some milliseconds, as long as it takes to have another thread
 * do it, and less than it takes to start one.
 */
const bytesDecodedHere = 512 * 1024

export const decodeHere: Decode = (decoder, parts, options) => decoder.decode(parts, options)

/** @param signal ends what the threads do for the scan */
export function decodeBeside(threads: DecodeThreads, encoding: RowEncoding, signal: AbortSignal): Decode {
  let left = bytesDecodedHere
  return async function* (decoder, parts, options) {
    const iterator = parts[Symbol.asyncIterator]()
    const first = await iterator.next()
    if (first.done !== true) left -= weightOf(decoder, first.value)
    async function* whole() {
      try {
        for (let next = first; next.done !== true; next = await iterator.next()) yield next.value
      } finally {
        await iterator.return?.()
      }
    }
    if (left >= 0) yield* decoder.decode(whole(), options)
    else yield* threads.decode({ decoder, parts: whole(), options, encoding, signal })
  }
}

function weightOf<Options, Remark, Part>(decoder: Decoder<Options, Remark, Part>, part: Part): number {
  return decoder.bytesOf?.(part) ?? (part instanceof Uint8Array ? part.length : 0)
}
