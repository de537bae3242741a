/** Conditions on a path, for calls that list what has a path with a certain beginning. */
import { equalValue, type Key, type Qual } from '@millrace/plugin-sdk'
import { longestLikePrefix } from '../conditions/like-prefix.js'

/** A beginning is asked for where there is one path, or a LIKE. */
export const pathKey = { operators: ['=', '~~'], inherent: true } as const satisfies Key

/** The form of a path prefix (ListUsers, PathPrefix): slashes at both ends. */
const wholePath = /^\/(?:[!-~]{1,510}\/)?$/

/** @returns undefined for all paths */
export function pathPrefixOf(quals: readonly Qual<string>[] | undefined): string | undefined {
  const beginning = equalValue(quals) ?? longestLikePrefix(quals)
  const prefix = beginning.slice(0, beginning.lastIndexOf('/') + 1)
  return wholePath.test(prefix) && prefix !== '/' ? prefix : undefined
}
