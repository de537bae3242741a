/** The token of the next page, found in an answer's bytes. */
import { backslash, colon, quote } from './json-bytes.js'

const name = Buffer.from('"nextToken"')

/**
 * The token in JSON in which only the answer itself has a member `nextToken`, as in those of FilterLogEvents. It is looked for
 * from the end, where the services write it.
 *
 * Texts in the JSON cannot be taken for it: within one, the quotation marks around the name have backslashes before them; and a
 * text that is the name itself has no colon after it.
 * @returns undefined where there is none, or it is null
 * @throws SyntaxError where it is no JSON
 */
export function nextTokenOf(body: Buffer): string | undefined {
  for (let end = body.length; end > 0; ) {
    const start = body.lastIndexOf(name, end)
    if (start < 0) return undefined
    const afterName = afterSpace(body, start + name.length)
    if (body[afterName] === colon) return textAt(body, afterSpace(body, afterName + 1))
    end = start - 1
  }
  return undefined
}

function textAt(body: Buffer, start: number): string | undefined {
  if (body[start] !== quote) return undefined
  let end = start + 1
  while (end < body.length && body[end] !== quote) end += body[end] === backslash ? 2 : 1
  return JSON.parse(body.toString('utf8', start, end + 1))
}

function afterSpace(body: Buffer, from: number): number {
  let position = from
  while (position < body.length && isSpace(body[position])) position++
  return position
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
