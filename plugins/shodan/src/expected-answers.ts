import { fieldsOf } from '@millrace/plugin-sdk'
/** Whether an answer is of the kind that was asked for: what another API says must not become a row of NULLs. */

/** An object with members, each of which fulfils a condition. */
export function isObjectOf(isMember: (member: unknown) => boolean) {
  return (json: unknown): boolean =>
    typeof json === 'object' && json !== null && !Array.isArray(json) && Object.values(json).every(isMember)
}

/** A page of a search. */
export function isPage(json: unknown): boolean {
  return Array.isArray(fieldsOf(json).matches)
}

export function isHost(json: unknown): boolean {
  const { ports, data } = fieldsOf(json)
  return Array.isArray(ports) || Array.isArray(data)
}

export function isDomain(json: unknown): boolean {
  return Array.isArray(fieldsOf(json).data)
}

export function isPlan(json: unknown): boolean {
  return typeof fieldsOf(json).plan === 'string'
}

export function isAccount(json: unknown): boolean {
  return typeof fieldsOf(json).member === 'boolean'
}

export const isTextByName = isObjectOf((member) => typeof member === 'string')
export const isListByName = isObjectOf((member) => member === null || Array.isArray(member))
