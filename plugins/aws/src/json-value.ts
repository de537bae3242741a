/**
 * JSON values of the APIs as columns.
 */
import type { JsonText } from '@millrace/plugin-sdk/column'
import { toJsonText } from '@millrace/plugin-sdk/json'

/** JSON for jsonb; NULL for null and absent. */
export function jsonOrNull(value: unknown): JsonText | null {
  if (value === undefined || value === null) return null
  try {
    return toJsonText(value)
  } catch (error) {
    // Nested so deep that it cannot be written recursively; jsonb would not take it either.
    if (error instanceof RangeError) return null
    throw error
  }
}
