/** Tokens for the next page, as services and their stand-ins give them. */
import { ApiError } from '@millrace/plugin-sdk'

/**
 * Follows the tokens of one paging. An empty token is no token; one that repeats would go round for ever, and is an
 * error, as in AWS's own tools.
 */
export class PageTokens {
  readonly #call: string
  /**
   * One of the earlier tokens, replaced by a later one each time that twice as many have come (R. P. Brent's cycle
   * finding).
   */
  #mark: string | undefined
  #markAt = 1
  #count = 0

  /** @param call the API's name for it */
  constructor(call: string) {
    this.#call = call
  }

  /**
   * @param given the last page's token
   * @returns the token to ask with; undefined when that page was the last
   * @throws ApiError for a token that repeats
   */
  next(given: string | undefined): string | undefined {
    if (given === undefined || given === '') return undefined
    if (given === this.#mark) throw repeated(this.#call)
    this.#count++
    if (this.#count === this.#markAt) {
      this.#mark = given
      this.#markAt *= 2
    }
    return given
  }
}

function repeated(call: string): ApiError {
  return new ApiError(`${call}: the token of the next page came a second time`, {
    detail: 'Asked on with it, the same pages would come again and again.',
    hint: "Check what endpoint_url or AWS_ENDPOINT_URL leads to, if one is set: AWS's own tokens do not repeat.",
  })
}
