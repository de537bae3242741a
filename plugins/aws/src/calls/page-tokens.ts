/**
 * Tokens for the next page, as services and those that stand in for them give them.
 */
import { ApiError } from '@millrace/plugin-sdk'

/**
 * Follows the tokens of one paging. An empty token is none; one that comes again would go round for ever, and is an
 * error, as in AWS's own tools.
 */
export class PageTokens {
  readonly #call: string
  /** One of the earlier tokens; a later one each time that twice as many have come (R. P. Brent's cycle finding). */
  #mark: string | undefined
  #markAt = 1
  #count = 0

  /** @param call the API's name of it */
  constructor(call: string) {
    this.#call = call
  }

  /**
   * @param given what the last page has told
   * @returns the token to ask with; undefined when that page was the last
   * @throws ApiError for a token that has come before
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
