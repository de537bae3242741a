/** Tags as one object. */
import type { JsonText } from '@millrace/plugin-sdk'
import { jsonOrNull } from './json-value.js'

export interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/** Tags by their keys; `{}` where there are none. */
export function tagObject(tags: readonly Tag[]): JsonText | null {
  const entries = tags.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? ''] as const]))
  return jsonOrNull(Object.fromEntries(entries))
}

/** The same, but NULL where there are none, as in Steampipe for APIs that return tags along with the rest. */
export function tagObjectOrNull(tags: readonly Tag[] | undefined): JsonText | null {
  return tags === undefined || tags.length === 0 ? null : tagObject(tags)
}
