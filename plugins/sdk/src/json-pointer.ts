/** JSON pointers (RFC 6901), such as `/answer/items`. The root itself, which has an empty one, is not among them. */
import { z } from 'zod'
import { fieldsOf } from './json.js'

export const jsonPointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'expected a JSON pointer, such as /answer/items')

export function pointerParts(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What a pointer leads to within a value; undefined where it leads nowhere. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointerParts(pointer).reduce<unknown>((inner, part) => {
    if (Array.isArray(inner)) return /^(?:0|[1-9]\d*)$/.test(part) ? inner[Number(part)] : undefined
    return Object.hasOwn(fieldsOf(inner), part) ? fieldsOf(inner)[part] : undefined
  }, value)
}
