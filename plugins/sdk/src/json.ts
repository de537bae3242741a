/**
 * JSON on its way from an API into jsonb, without loss.
 *
 * `JSON.parse` puts numbers through floating point, which changes integers beyond 2^53 and overflows large
 * exponents. Texts that may hold such numbers (seldom) are parsed losslessly; all others take the fast way.
 */
import {
  isLosslessNumber,
  LosslessNumber,
  parse as parseLossless,
  stringify as stringifyLossless,
} from 'lossless-json'
import { ApiError } from './api-error.js'
import type { JsonText } from './column.js'

/** A number with 16 or more digits, or with an exponent, where a JSON value can stand. */
const mayLoseDigits = /[[:,\s]-?(?:[\d.]{16}|[\d.]+[eE])|^-?[\d.]{16}|^-?[\d.]+[eE]/

/** Escapes that jsonb does not take: NUL, and halves of surrogate pairs. */
const suspiciousEscape = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * The largest exponent that is passed on. jsonb's numeric takes 131072 digits before the point and 16383 after; a row
 * beyond that would be rejected.
 */
const largestExponent = 1000
const mostDigits = 1000

/**
 * The deepest nesting that is passed on. PostgreSQL's JSON parser recurses; deeper texts exceed its stack
 * (max_stack_depth).
 */
const deepestNesting = 1000

/**
 * Parses JSON. Numbers that floating point would change come as objects of the lossless-json package, which
 * {@link toJsonText} writes back digit by digit.
 * @throws SyntaxError when the text is not JSON
 */
export function parseJson(json: string): unknown {
  return mayLoseDigits.test(json) ? parseLossless(json, undefined, parseNumber) : JSON.parse(json)
}

/**
 * Writes a value of {@link parseJson} as jsonb takes it; undefined gives null.
 * @throws ApiError for one that nests too deeply to be written
 */
export function toJsonText(value: unknown): JsonText | null {
  if (value === undefined) return null
  const json = stringified(value)
  return json === undefined ? null : forJsonb(json)
}

function stringified(value: unknown): string | undefined {
  try {
    return stringifyLossless(value)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ApiError('a value of JSON nests too deeply', { cause: error })
  }
}

/**
 * Takes a text that {@link parseJson} has accepted as it stands, except for the few things that jsonb rejects: they
 * become U+FFFD (NUL and lone surrogates), or the text as a JSON string (nesting deeper than 1000).
 */
export function rawJsonText(json: string): JsonText {
  return forJsonb(json.toWellFormed())
}

/** The digits of a number, as {@link parseJson} has read it; undefined for what is none. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return isLosslessNumber(value) ? value.toString() : undefined
}

/** The members of a JSON object; none of what is not one, so that an answer of another shape is read without a check. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function parseNumber(digits: string): unknown {
  const exponent = /[eE]([+-]?\d+)$/.exec(digits)?.[1]
  // PostgreSQL would reject the row for such a number; its text is the next best thing.
  if (digits.length > mostDigits || Math.abs(Number(exponent ?? 0)) > largestExponent) return digits
  return new LosslessNumber(digits)
}

function forJsonb(json: string): JsonText {
  const escaped = suspiciousEscape.test(json) ? replaceRefusedEscapes(json) : json
  const bounded = nestsTooDeep(escaped) ? JSON.stringify(escaped) : escaped
  return bounded as JsonText
}

/** Replaces escapes of NUL and of lone surrogates by U+FFFD; pairs and escaped backslashes stay. */
function replaceRefusedEscapes(json: string): string {
  return json.replace(
    /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([0-9a-fA-F]{4})|\\./g,
    (escaped, codeUnit: string | undefined) =>
      codeUnit !== undefined && (codeUnit === '0000' || /^[dD][89a-fA-F]/.test(codeUnit))
        ? '\\ufffd'
        : escaped,
  )
}

function nestsTooDeep(json: string): boolean {
  if (json.length < 2 * deepestNesting) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index)
    if (inString) {
      if (code === 0x5c /* \ */) index++
      else if (code === 0x22 /* " */) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b /* { */ || code === 0x5b /* [ */) {
      if (++depth > deepestNesting) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}
