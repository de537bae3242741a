import { isAscii } from 'node:buffer'

/** The text of bytes of UTF-8. ASCII, as most of it is, needs no decoding. */
export function textOfBytes(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}
