/** Mistakes in the configuration, and what has no meaning here, as people are told of them. */
import type { z } from 'zod'
import { didYouMean } from './did-you-mean.js'
import { type Located, type Place, placeOf, placeText } from './syntax/located.js'

export interface Fault {
  /** Undefined for one in a variable of the environment. */
  readonly place: Place | undefined
  readonly message: string
}

export function faultText({ place, message }: Fault): string {
  return place === undefined ? message : `${placeText(place)}: ${message}`
}

/**
 * What a schema has against a value.
 * @param name of the value, from the root on; empty for the root
 * @param more names that its object may have beside the schema's
 */
export function schemaFaults(
  error: z.ZodError,
  schema: z.ZodType,
  located: Located,
  name: string,
  more: readonly string[] = [],
): readonly Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys') {
      const known = [...namesAt(schema, issue.path), ...(issue.path.length === 0 ? more : [])]
      const where = dotted(name, issue.path)
      return issue.keys.map((key) => ({
        place: placeOf(located, [...issue.path, key]),
        message: `${where === '' ? 'there is' : `${where} has`} no setting "${key}"${didYouMean(key, known)}`,
      }))
    }
    return [
      {
        place: placeOf(located, issue.path),
        message: [dotted(name, issue.path), issue.message].filter(Boolean).join(': '),
      },
    ]
  })
}

function dotted(name: string, path: readonly PropertyKey[]): string {
  return [name, ...path.map(String)].filter((part) => part !== '').join('.')
}

/** The names that an object of a schema may have; none where the schema does not say. */
export function namesAt(schema: unknown, path: readonly PropertyKey[] = []): readonly string[] {
  const definition: unknown = Object(schema).def
  const { type, shape, innerType, valueType, element, in: before, out: after, options } = Object(definition)
  if (innerType !== undefined) return namesAt(innerType, path)
  // What comes before may be a function, which may take other shapes as well.
  if (type === 'pipe') return namesAt(Object(before).def?.type === 'transform' ? after : before, path)
  if (type === 'union') return [...options].flatMap((option) => namesAt(option, path))
  const [first, ...rest] = path
  if (type === 'object') {
    return first === undefined ? Object.keys(shape) : namesAt(shape[first], rest)
  }
  if (first === undefined) return []
  return namesAt(type === 'array' ? element : valueType, rest)
}
