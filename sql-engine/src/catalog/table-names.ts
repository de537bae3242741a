import { createHash } from 'node:crypto'
import { escapeIdentifier } from 'pg'
import type { TableDefinition } from './table-definition.js'

export function qualifiedName({ schema, name }: Pick<TableDefinition, 'schema' | 'name'>): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}

/** NAMEDATALEN is 64 bytes, with a NUL. */
const longestName = 63

/** A name made of several, however long those are. */
export function combinedName(...parts: readonly string[]): string {
  const name = parts.join('.')
  if (Buffer.byteLength(name) <= longestName) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const begin = Buffer.from(name).subarray(0, longestName - hash.length - 1)
  // A character that has been cut through is left out.
  return `${new TextDecoder().decode(begin, { stream: true })}~${hash}`
}
