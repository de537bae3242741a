/** What a plugin's default export has to be, checked before anything is asked of it. */
import type { Plugin } from '@millrace/plugin-sdk/plugin'
import { z } from 'zod'

const callable = z.custom<(...parameters: never) => unknown>((value) => typeof value === 'function', {
  error: 'expected a function',
})

const name = z.string().min(1)

const column = z.looseObject({ type: z.string(), description: z.string() })

const key = z.looseObject({
  operators: z.array(z.string()),
  require: z.enum(['required', 'any-of', 'optional']).optional(),
  valuesPerCall: z.int().positive().optional(),
  exact: z.array(z.string()).optional(),
})

const hydrate = z.looseObject({ columns: z.array(z.string()).min(1), fetch: callable })

const table = z
  .looseObject({
    name,
    description: z.string(),
    columns: z.record(z.string(), column),
    keys: z.record(z.string(), key),
    list: callable,
    hydrate: z.record(z.string(), hydrate).optional(),
    examples: z.array(z.looseObject({ title: z.string(), sql: z.string() })),
  })
  .superRefine(({ columns, keys, hydrate = {} }, context) => {
    const unknown = (path: string[], column: string) => {
      if (!Object.hasOwn(columns, column)) {
        context.addIssue({ code: 'custom', path, message: `there is no column "${column}"` })
      }
    }
    for (const column of Object.keys(keys)) unknown(['keys', column], column)
    for (const [name, { columns }] of Object.entries(hydrate)) {
      for (const column of columns) unknown(['hydrate', name, 'columns'], column)
    }
  })

const plugin = z.looseObject({
  name,
  description: z.string(),
  config: z.looseObject({ safeParse: callable }, { error: 'expected a schema of zod' }),
  connect: callable,
  close: callable.optional(),
  concurrency: z.int().positive().optional(),
  tables: z.array(table),
})

/** Whether a value has the shape of a plugin, or what first is wrong with it, by its place. */
export function checkPlugin(value: unknown): { readonly plugin: Plugin } | { readonly fault: string } {
  const parsed = plugin.safeParse(value)
  // What the functions take and give, nobody can see from outside.
  if (parsed.success) return { plugin: value as Plugin }
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.')
  return { fault: place ? `${place}: ${issue?.message}` : (issue?.message ?? 'it is none') }
}
