import { fieldsOf } from '@millrace/plugin-sdk'
/** What answers hold that are what was asked for. */

export function isOfAddress(data: unknown): boolean {
  return typeof fieldsOf(data).ipAddress === 'string'
}
