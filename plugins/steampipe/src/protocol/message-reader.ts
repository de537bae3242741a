/** Reads messages of protocol buffers, field by field; fields that are not known are passed over. */
import { BinaryReader } from '@bufbuild/protobuf/wire'

/** Takes one field; returns false where it is not known. */
export type TakeField = (field: number, reader: BinaryReader) => boolean

/** @throws {Error} where the bytes are not a message */
export function readMessage(bytes: Uint8Array, take: TakeField): void {
  const reader = readerOf(bytes)
  readFields(reader, reader.len, take)
}

/** Reads a message within another, whose length comes next. */
export function readInner(reader: BinaryReader, take: TakeField): void {
  readFields(reader, endOfInner(reader), take)
}

/** Reads an entry of a map whose keys are texts. The value is read by its length: it may come before the key. */
export function readEntry(reader: BinaryReader): { readonly key: string; readonly value: Uint8Array } {
  let key = ''
  let value: Uint8Array = new Uint8Array()
  readInner(reader, (field) => {
    if (field === 1) key = reader.string()
    else if (field === 2) value = reader.bytes()
    else return false
    return true
  })
  return { key, value }
}

/** Reads the length of a message within another, and returns where it ends. */
export function endOfInner(reader: BinaryReader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('a message of the plugin ends too early')
  return end
}

/** Buffer's decoder takes a fraction of the time that TextDecoder takes for short texts. */
export function readerOf(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes, (text) =>
    Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'),
  )
}

function readFields(reader: BinaryReader, end: number, take: TakeField): void {
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    if (!take(field, reader)) reader.skip(wireType, field)
  }
}
