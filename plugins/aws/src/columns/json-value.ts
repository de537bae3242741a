/**
 * JSON values of the APIs as columns.
 */
import { ApiError, type JsonText, parseJson, rawJsonText, toJsonText } from '@millrace/plugin-sdk'

/** JSON for jsonb; NULL for null and absent. */
export function jsonOrNull(value: unknown): JsonText | null {
  if (value === undefined || value === null) return null
  try {
    return toJsonText(value)
  } catch (error) {
    // Nested too deeply to be written recursively; jsonb would not take it either.
    if (ApiError.is(error)) return null
    throw error
  }
}

/** A list for jsonb; NULL where it is empty, as in Steampipe for policies. */
export function listOrNull(items: readonly unknown[]): JsonText | null {
  return items.length === 0 ? null : jsonOrNull(items)
}

/** A text that an API says is JSON, for jsonb; NULL where it is absent or not JSON. */
export function jsonOfText(text: string | undefined): JsonText | null {
  if (text === undefined) return null
  const json = parseExactly(text)
  if (json === undefined) return null
  return mayOverflow.test(text) ? jsonOrNull(json) : rawJsonText(text)
}

/**
 * Parses JSON with all digits of its numbers.
 * @returns undefined when the text is not JSON
 */
export function parseExactly(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    // The exact parser rejects repeated keys, of which the last counts, and nesting that JSON.parse bears.
    return parsePlainly(text)
  }
}

/** @returns undefined when the text is not JSON */
export function parsePlainly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A number that may be too large for jsonb, by its exponent or its digits, where a JSON value can stand. */
export const mayOverflow = /(?:^|[[:,\s])-?(?:[\d.]+[eE][+-]?\d{4}|[\d.]{1000})/
