/** What answers hold that are what was asked for. */
import { fieldsOf } from './abuseipdb-error.js'

export function isOfAddress(data: unknown): boolean {
  return typeof fieldsOf(data).ipAddress === 'string'
}
