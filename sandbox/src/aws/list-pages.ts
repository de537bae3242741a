/** Cuts lists that are in memory into pages, with tokens that are bound to the question. */
import { AwsError } from './aws-error.js'
import { PageTokens } from './page-token.js'

export interface PageRequest {
  /** The number of items on a page. */
  readonly limit: number
  readonly token: string | null | undefined
  /** Everything that must be the same on every page. */
  readonly fingerprint: string
  /** The error for a token that does not fit; InvalidParameterException by default. */
  readonly invalidToken?: string
}

export interface ListPage<Item> {
  readonly items: readonly Item[]
  /** The next page's token; absent on the last page. */
  readonly token: string | undefined
}

export class ListPages {
  readonly #tokens = new PageTokens()

  /** @throws AwsError for a token that was not given for this question */
  cut<Item>(list: readonly Item[], request: PageRequest): ListPage<Item> {
    const { limit, token, fingerprint, invalidToken = 'InvalidParameterException' } = request
    const state = typeof token === 'string' ? this.#tokens.open(token, fingerprint) : undefined
    if (state === null) throw new AwsError(invalidToken, 'The specified nextToken is invalid.')
    const start = state?.positions[0] ?? 0
    const end = start + limit
    const next = { positions: [end], empty: 0, end: false }
    return {
      items: list.slice(start, end),
      token: end < list.length ? this.#tokens.seal(next, fingerprint) : undefined,
    }
  }
}
