/** Tokens that lead to a further page: opaque, sealed, and bound to the parameters of the first request. */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'

const stateSchema = z.object({
  /** The positions where each source of the log group continues. */
  positions: z.array(z.number().int()),
  /** The number of empty pages given at this position so far. */
  empty: z.number().int().nonnegative(),
  /** Whether nothing is left: the page is empty and the last. */
  end: z.boolean(),
})

export type PageState = z.infer<typeof stateSchema>

export class PageTokens {
  readonly #key = randomBytes(32)

  seal(state: PageState, parameters: string): string {
    const payload = Buffer.from(JSON.stringify(state)).toString('base64url')
    return `${payload}.${this.#mark(payload, parameters)}`
  }

  /** The state of a token that was sealed with the same parameters; null for any other. */
  open(token: string, parameters: string): PageState | null {
    const [payload = '', mark] = token.split('.', 2)
    if (mark !== this.#mark(payload, parameters)) return null
    return stateSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
  }

  #mark(payload: string, parameters: string): string {
    const bound = createHash('sha256').update(parameters).digest()
    return createHmac('sha256', this.#key).update(bound).update(payload).digest('base64url')
  }
}
