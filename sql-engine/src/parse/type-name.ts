import { type Inside, stringsOf } from './syntax-tree.js'

/** PostgreSQL's internal name of a type without modifiers or array bounds; undefined for all others. */
export function typeNameOf({ typeName }: Inside<'TypeCast'>): string | undefined {
  const [name, schema] = (stringsOf(typeName?.names) ?? []).toReversed()
  const isPlain = typeName?.typmods === undefined && typeName?.arrayBounds === undefined
  return isPlain && (schema === undefined || schema === 'pg_catalog') ? name : undefined
}
