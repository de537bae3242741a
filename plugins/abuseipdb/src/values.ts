/** Members of the API's answers as values of columns: what is missing, null or of another type is NULL. */
import { isIP } from 'node:net'

export function addressOrNull(value: unknown): string | null {
  return typeof value === 'string' && isIP(value) !== 0 ? value : null
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function integerOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}

export function booleanOrNull(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/

export function timeOrNull(value: unknown): Date | null {
  if (typeof value !== 'string' || !isoTime.test(value)) return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time
}
