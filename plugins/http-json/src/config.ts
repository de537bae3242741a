/** Settings of a connection to an API: what is asked, and what becomes of the answers. */
import { type ColumnType, columnTypeSetting, jsonPointer } from '@millrace/plugin-sdk'
import { z } from 'zod'
import { placeholdersOf } from './template.js'

/** A pointer; an empty one stands for all of it. */
const pointer = z.union([z.literal(''), jsonPointer])

/** A type alone stands for an object with it. */
const column = z.preprocess(
  (value) => (typeof value === 'string' ? { type: value } : value),
  z.strictObject({
    type: columnTypeSetting,
    pointer: pointer.optional(),
    of: z.enum(['row', 'answer']).default('row'),
    description: z.string().optional(),
  }),
)

const parameter = z.string().min(1)
/** Whether a page is known to be the last when it has no rows, or fewer than were asked for. */
const ends = z.enum(['empty', 'short']).default('empty')
const size = z.strictObject({ parameter, value: z.int().min(1) })

const paging = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('link') }),
  z.strictObject({ kind: z.literal('next'), pointer: jsonPointer }),
  z.strictObject({
    kind: z.literal('cursor'),
    pointer: jsonPointer,
    parameter,
    more: jsonPointer.optional(),
  }),
  z.strictObject({
    kind: z.literal('page'),
    parameter,
    first: z.int().min(0).default(1),
    size: size.optional(),
    ends,
  }),
  z.strictObject({ kind: z.literal('offset'), parameter, size: size.optional(), ends }),
])

/** Types whose values can stand in a URL. */
const keyTypes: ReadonlySet<ColumnType> = new Set([
  'text',
  'bigint',
  'boolean',
  'uuid',
  'date',
  'inet',
  'cidr',
])
/** Those of which it is known whether two values are the same. */
const comparableTypes: ReadonlySet<ColumnType> = new Set(['text', 'bigint', 'boolean'])

const table = z
  .strictObject({
    path: z.string().regex(/^\/[^?#\s]*$/, 'expected a path that begins with a slash, without a query'),
    query: z.record(parameter, z.string()).default({}),
    required: z.array(z.string()).default([]),
    rows: pointer.default(''),
    columns: z.record(z.string().min(1), column),
    paging: paging.optional(),
    no_rows: z.array(z.int().min(204).max(499)).default([]),
    description: z.string().default(''),
  })
  .superRefine(({ path, query, required, columns, paging }, context) => {
    const fault = (at: readonly PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path: [...at], message })
    if (Object.keys(columns).length === 0) fault(['columns'], 'expected at least one column')
    const keys = placeholdersOf([path, ...Object.values(query)])
    for (const key of keys) {
      const found = Object.hasOwn(columns, key) ? columns[key] : undefined
      if (found === undefined) {
        const place = placeholdersOf([path]).includes(key) ? ['path'] : ['query']
        fault(place, `{${key}} is no column: name it in columns, with its type`)
      } else if (!keyTypes.has(found.type)) {
        fault(['columns', key], `a column of type ${found.type} cannot stand in a URL`)
      } else if (found.pointer !== undefined && !comparableTypes.has(found.type)) {
        fault(
          ['columns', key],
          `{${key}} of type ${found.type} shows what was asked for: leave out its pointer`,
        )
      }
    }
    for (const [index, name] of required.entries()) {
      if (!keys.includes(name)) fault(['required', index], `{${name}} stands neither in path nor in query`)
    }
    if ((paging?.kind === 'page' || paging?.kind === 'offset') && paging.ends === 'short' && !paging.size) {
      fault(['paging', 'ends'], '"short" needs size: how many rows a page has')
    }
  })

/** A text alone stands for an object with it. */
const secret = z.preprocess(
  (value) => (typeof value === 'string' ? { text: value } : value),
  z
    .strictObject({
      text: z.string().optional(),
      variable: z.string().min(1).optional(),
      prefix: z.string().default(''),
    })
    .refine(
      ({ text, variable }) => (text === undefined) !== (variable === undefined),
      'expected a text, or the variable of the environment that holds it',
    ),
)

export const httpJsonConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine((text) => !/[?#@]/.test(text), 'expected a URL without a query, a fragment or a user')
    .describe('The URL of the API; the paths of tables follow it.'),
  headers: z
    .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no name of a header'), secret)
    .default({})
    .describe(
      'Headers of every request, such as `{ "Authorization": { "variable": "ACME_TOKEN", "prefix": "Bearer " } }`: texts, or variables of the environment. None is ever shown.',
    ),
  secret_query: z
    .record(parameter, secret)
    .default({})
    .describe('Parameters of every request that are secret, such as an API key; written as headers are.'),
  error_message: jsonPointer
    .optional()
    .describe(
      "Where the API's own words stand in an answer that is an error: a JSON pointer, such as `/error/message`.",
    ),
  rate: z.number().positive().max(10_000).optional().describe('The most requests a second.'),
  tables: z
    .record(z.string().min(1), table)
    .describe('Tables by name, [each with its path, columns and more](http-json.md#tables).'),
})

export type HttpJsonConfig = z.infer<typeof httpJsonConfig>
export type TableSettings = z.infer<typeof table>
export type PagingSettings = z.infer<typeof paging>
export type Secret = z.infer<typeof secret>
