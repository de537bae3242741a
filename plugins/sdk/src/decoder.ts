/** What makes rows of what an API answers: by itself, so that it can run beside the main thread. */
import type { Row } from './column.js'

/** What a decoder has made of an answer so far. */
export interface Decoded<Remark> {
  readonly rows: readonly Row[]
  /** What else there is to say of it, such as what cannot be read. Plain data. */
  readonly remarks: readonly Remark[]
}

/**
 * Made by {@link defineDecoder}. Its function gets plain data and gives plain data (what `structuredClone` takes), and shares
 * nothing with the rest of the plugin: it may run in a thread of its own, which loads its module, and whatever that imports.
 * It waits for nothing but its parts and what this machine computes: a thread works on few answers at a time.
 * Bytes cost least on the way there: a Buffer for each part. It is given away: if nothing else is in its memory, that is moved
 * to the thread, and the Buffer is empty then.
 * An error that it throws comes out with its name, its message and those of its own properties that are plain data.
 */
export interface Decoder<Options, Remark, Part = Buffer> {
  /** The URL of the module that exports it. */
  readonly module: URL
  /** The name by which its module exports it. */
  readonly name: string
  /** About how many bytes of text a part is. Default is the length of one that is a Buffer. */
  readonly bytesOf?: ((part: Part) => number) | undefined
  decode(parts: AsyncIterable<Part>, options: Options): AsyncIterable<Decoded<Remark>>
}

/**
 * Defines a decoder, which its module must export.
 * @param module by its name, `new URL('./name.js', import.meta.url)`: a bundler may have put the code elsewhere
 * @param name of the export
 * @param bytesOf see {@link Decoder.bytesOf}
 */
export function defineDecoder<Options, Remark, Part = Buffer>(
  module: URL,
  name: string,
  decode: Decoder<Options, Remark, Part>['decode'],
  bytesOf?: (part: Part) => number,
): Decoder<Options, Remark, Part> {
  return { module, name, decode, bytesOf }
}
