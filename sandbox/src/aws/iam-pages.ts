/** How IAM reads its input and gives its lists. */
import { z } from 'zod'
import type { Serialized } from './aws-service.js'
import { ListPages } from './list-pages.js'
import { checkBetween } from './read-input.js'
import { type XmlValue, xmlMembers } from './xml-members.js'

export const formInput = z.record(z.string(), z.string())

export type FormInput = Readonly<Record<string, string>>

const mostItemsPerPage = 1000

export class IamPages {
  readonly #pages = new ListPages()

  /** @param member the name of the list in the answer */
  list(member: string, { MaxItems, Marker, ...rest }: FormInput, items: readonly XmlValue[]): Serialized {
    const limit = Number(MaxItems ?? 100)
    checkBetween(limit, 'maxItems', 1, mostItemsPerPage, 'ValidationError')
    const page = this.#pages.cut(items, {
      limit,
      token: Marker,
      fingerprint: JSON.stringify(rest),
      invalidToken: 'ValidationError',
    })
    return {
      text: xmlMembers(
        { [member]: page.items, IsTruncated: page.token !== undefined, Marker: page.token },
        'member',
      ),
    }
  }
}
