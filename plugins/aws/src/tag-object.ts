/** Tags as one object. */
import type { JsonText } from '@millrace/plugin-sdk/column'
import { jsonOrNull } from './json-value.js'

export interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** Tags by their keys; NULL where there are none. */
export function tagObjectOrNull(tags: readonly Tag[] | undefined): JsonText | null {
  if (tags === undefined || tags.length === 0) return null
  const entries = tags.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ''] as const]))
  return jsonOrNull(Object.fromEntries(entries))
}
