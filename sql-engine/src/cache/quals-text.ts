/** Conditions as text, the same for the same conditions, and back. */
import type { QualValue } from '@millrace/plugin-sdk'
import { z } from 'zod'
import type { ScanQuals } from '../fetch/scan-quals.js'

/** JSON has no integers beyond 2^53, and no numbers that are none or infinite. */
const value: z.ZodType<QualValue> = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.object({ integer: z.string() }).transform(({ integer }) => BigInt(integer)),
  z.object({ special: z.enum(['NaN', 'Infinity', '-Infinity']) }).transform(({ special }) => Number(special)),
])

const qual = z.union([
  z.object({ operator: z.literal('='), values: z.tuple([value], value) }),
  z.object({ operator: z.enum(['<>', '<', '<=', '>', '>=']), value }),
  z.object({ operator: z.enum(['~~', '~~*', '!~~', '!~~*', '~', '~*', '!~', '!~*']), value: z.string() }),
  z.object({ operator: z.enum(['is null', 'is not null']) }),
])

const quals = z.record(z.string(), z.array(qual))

export function qualsText(conditions: ScanQuals): string {
  const entries = Object.entries(conditions).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify(Object.fromEntries(entries), (_name, one: unknown) => {
    if (typeof one === 'bigint') return { integer: String(one) }
    return typeof one === 'number' && !Number.isFinite(one) ? { special: String(one) } : one
  })
}

/** @throws ZodError, SyntaxError for a text that is none of {@link qualsText} */
export function readQuals(text: string): ScanQuals {
  return quals.parse(JSON.parse(text))
}
