/** Short results, read whole. */
import { z } from 'zod'
import type { DatabaseSession } from './database.js'

/** The rows of a query of ours, each one JSON object that has a shape. */
export async function readRecords<Shape extends z.ZodType>(
  session: DatabaseSession,
  shape: Shape,
  query: string,
  values: readonly string[] = [],
): Promise<z.infer<Shape>[]> {
  const found: z.infer<Shape>[] = []
  const text = `select pg_catalog.row_to_json(r)::text from (${query}) r`
  for await (const { rows } of session.read(text, values, 500)) {
    for (const [json] of rows) found.push(shape.parse(JSON.parse(json ?? 'null')))
  }
  return found
}

/** Counts come as numbers or, where they may be large, as texts. */
export const count = z.coerce.number()
