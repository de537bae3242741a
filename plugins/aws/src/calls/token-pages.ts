/**
 * Calls that give a token for their next page, until a page comes without one.
 */
import { PageTokens } from './page-tokens.js'

export interface TokenPage<Item> {
  /** The items of the page that the query can use. */
  readonly items: readonly Item[]
  /** The next page's token, absent or empty on the last page. An empty page may have one. */
  readonly token: string | undefined
}

/**
 * All pages that have items.
 * @param call the API's name for it
 * @param limit the number of items after which no further page is asked for; undefined for all
 * @param ask makes the call for the page of a token, the first without
 * @throws ApiError where tokens repeat
 */
export async function* tokenPages<Item>(
  call: string,
  limit: number | undefined,
  ask: (token: string | undefined) => Promise<TokenPage<Item>>,
): AsyncGenerator<readonly Item[]> {
  const tokens = new PageTokens(call)
  let given = 0
  let token: string | undefined
  do {
    const page = await ask(token)
    given += page.items.length
    token = tokens.next(page.token)
    if (page.items.length > 0) yield page.items
  } while (token !== undefined && (limit === undefined || given < limit))
}

/** How many items to ask for on a page: no more than are needed. */
export function pageSize(limit: number | undefined, most: number): number {
  return Math.max(1, Math.min(limit ?? most, most))
}
