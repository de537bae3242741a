/** Objects of JSON as rows. */

import { digitsOf } from '@millrace/plugin-sdk'
import { contentError } from '../files/file-error.js'

/**
 * The members of an object, by name.
 * @param place where it is, for the message
 * @throws ApiError for what is no object
 */
export function objectCells(value: unknown, place: string, name: string): Record<string, unknown> {
  const isNumber = digitsOf(value) !== undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isNumber) {
    const kind = isNumber ? 'number' : typeof value
    const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${kind}`
    throw contentError(name, `it is ${what}, not an object`, place, 'Each row is an object of JSON.')
  }
  const cells: Record<string, unknown> = Object.create(null)
  for (const [key, cell] of Object.entries(value)) cells[key] = cell
  return cells
}
