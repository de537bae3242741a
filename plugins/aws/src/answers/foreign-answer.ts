/**
 * Answers that did not come from a service of AWS: the page of a proxy or a sign-in, an emulator's apology, a body
 * that was cut. The SDK takes some of them for an answer without content.
 */
import { firstWords } from '@millrace/plugin-sdk'

/** How a service talks, and what its answer to a request begins with. */
export type Protocol = { readonly kind: 'json' } | { readonly kind: 'xml'; readonly root: string }

export interface ReceivedAnswer {
  readonly status: number
  readonly contentType: string | undefined
  readonly body: string | Uint8Array
}

/** What is wrong with an answer: it comes from something else, or from AWS but is not whole. */
export type Foreignness = 'other' | 'cut'

export class ForeignAnswerError extends Error {
  override readonly name = 'ForeignAnswerError'
  /** The answer's status, content type and first words. */
  readonly said: string

  constructor(
    readonly status: number,
    readonly foreignness: Foreignness,
    { contentType, body }: Pick<ReceivedAnswer, 'contentType' | 'body'>,
  ) {
    super(`the answer is not one of AWS's`)
    const words = firstWords(textOf(body, 0, mostLooked))
    const size = foreignness === 'cut' && body.length > 0 ? `, ${body.length} bytes` : ''
    const head = [`HTTP ${status}`, contentType].filter(Boolean).join(', ')
    this.said = words === '' ? `${head}, without content` : `${head}${size}: ${words}`
  }

  /** Whether an error is one, even if it has come from another thread. */
  static is(error: unknown): error is ForeignAnswerError {
    return error instanceof Error && error.name === 'ForeignAnswerError' && 'said' in error
  }
}

const mostLooked = 4000

/**
 * What is wrong with an answer, as far as its beginning and its end show it; a cheap look, for large answers too.
 * @returns undefined where nothing is
 */
export function foreignnessOf({ status, body }: ReceivedAnswer, protocol: Protocol): Foreignness | undefined {
  const isRefusal = status >= 300
  const head = textOf(body, 0, mostLooked).trimStart()
  const tail = textOf(body, Math.max(0, body.length - mostLooked), body.length).trimEnd()
  if (head === '') return isRefusal ? 'other' : 'cut'
  if (protocol.kind === 'json') {
    // All outputs of the JSON protocols are objects.
    if (!head.startsWith('{')) return 'other'
    return tail.endsWith('}') ? undefined : 'cut'
  }
  const root = isRefusal ? '(?:Error)?Response|Errors?' : protocol.root
  if (!new RegExp(`^(?:<[?!][^>]*>\\s*)*<(?:\\w+:)?(?:${root})[\\s/>]`).test(head)) return 'other'
  return new RegExp(`</(?:\\w+:)?(?:${root})\\s*>$|/>$`).test(tail) ? undefined : 'cut'
}

/** The text of bytes, read as they come: what is looked for is ASCII. */
function textOf(body: string | Uint8Array, start: number, end: number): string {
  return typeof body === 'string' ? body.slice(start, end) : Buffer.from(body.subarray(start, end)).toString()
}
