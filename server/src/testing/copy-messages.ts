/** Messages that few clients send: of COPY, and the function call of protocol 3.0. */
import { ByteWriter } from '../wire/byte-writer.js'

export const copyData = (text: string) => new ByteWriter().bytes(Buffer.from(text)).message('d')
export const copyDone = new ByteWriter().message('c')

/** lower(text) by its OID, with one argument as text, result as text. */
export const callLower = new ByteWriter()
  .int32(870)
  .int16(0)
  .int16(1)
  .int32(3)
  .bytes(Buffer.from('ABC'))
  .int16(0)
  .message('F')
