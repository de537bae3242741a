/** Pages of a search: each further one costs, so no more are asked for than the query needs. */

import type { Scan } from '@millrace/plugin-sdk'
import { fieldsOf } from '@millrace/plugin-sdk'

/**
 * The matches of page after page, until the limit, the end, or a page with nothing on it.
 * @param ask asks for a page, from 1 on; undefined where there is nothing
 */
export async function* pagesOf(
  ask: (page: number) => Promise<unknown>,
  { limit = Number.POSITIVE_INFINITY }: Pick<Scan, 'limit'>,
): AsyncGenerator<readonly unknown[], void, void> {
  let count = 0
  for (let page = 1; ; page++) {
    const { matches, total } = fieldsOf(await ask(page))
    if (!Array.isArray(matches) || matches.length === 0) return
    yield matches
    count += matches.length
    if (count >= limit || count >= Number(total ?? 0)) return
  }
}
