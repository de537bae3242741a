import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { namesAt } from './faults.js'

describe('the names that an object may have', () => {
  const column = z.strictObject({ type: z.string(), pointer: z.string().optional() })
  const short = z.preprocess((value) => (typeof value === 'string' ? { type: value } : value), column)

  it.each([
    ['within a record', z.object({ columns: z.record(z.string(), column) }), ['columns', 'id']],
    ['within a list', z.object({ columns: z.array(column) }), ['columns', 0]],
    ['of an object that may be written shortly', z.record(z.string(), short), ['id']],
    ['of an object that becomes something else', column.transform(({ type }) => type), []],
  ])('are known %s', (_, schema, path) => {
    expect(namesAt(schema, path)).toEqual(['type', 'pointer'])
  })
})
