/**
 * What a plugin's default export must be, checked before anything is asked of it: a plugin may be written in
 * JavaScript, or for another version of this package.
 *
 * Each member of the interfaces has a check here, or this file does not compile.
 */
import { z } from 'zod'
import type { Column, Columns, ColumnType } from './column.js'
import type { FindTables, Plugin } from './plugin.js'
import type { Operator, QualValue } from './qual.js'
import type {
  Direction,
  Example,
  Get,
  Hydrate,
  Key,
  OrderedType,
  Table,
  TableCache,
  TableCall,
  TableParts,
} from './table.js'

/** A check for every member, including optional ones. */
type Checks<Shape> = { readonly [Name in keyof Required<Shape>]: z.ZodType<Shape[Name]> }

/** All texts of a union, each as itself. */
type Texts<Union extends string> = { readonly [Text in Union]: Text }

/** Checks an object. Unknown members are ignored: they may belong to a later version. */
function objectOf<Shape>(checks: Checks<Shape>) {
  return z.looseObject(checks)
}

/** Checks a function. What it takes and returns cannot be seen from outside. */
function functionOf<Callable>() {
  return z.custom<Callable>((value) => typeof value === 'function', { error: 'expected a function' })
}

/** The longest name; PostgreSQL cuts off longer ones. */
const longestName = 63

const name = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= longestName, `expected at most ${longestName} bytes`)

const columnType = z.enum<Texts<ColumnType>>({
  text: 'text',
  boolean: 'boolean',
  bigint: 'bigint',
  'double precision': 'double precision',
  numeric: 'numeric',
  inet: 'inet',
  cidr: 'cidr',
  uuid: 'uuid',
  date: 'date',
  jsonb: 'jsonb',
  'timestamp with time zone': 'timestamp with time zone',
})

const operator = z.enum<Texts<Operator>>({
  '=': '=',
  '<>': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '~~': '~~',
  '~~*': '~~*',
  '!~~': '!~~',
  '!~~*': '!~~*',
  '~': '~',
  '~*': '~*',
  '!~': '!~',
  '!~*': '!~*',
  'is null': 'is null',
  'is not null': 'is not null',
})

const direction = z.enum<Texts<Direction>>({ asc: 'asc', desc: 'desc' })

/** The types whose order depends on no collation, for {@link Table.orders}. */
const orderedTypes: ReadonlySet<string> = new Set(
  Object.keys({
    bigint: true,
    'double precision': true,
    numeric: true,
    date: true,
    'timestamp with time zone': true,
  } satisfies Record<OrderedType, true>),
)

const column = objectOf<Column>({ type: columnType, description: z.string() })

const key = objectOf<Key>({
  operators: z.array(operator),
  require: z.enum(['required', 'any-of', 'optional']).optional(),
  valuesPerCall: z.int().positive().optional(),
  exact: z.array(operator).optional(),
  inherent: z.boolean().optional(),
  hostsOnly: z.boolean().optional(),
  immutable: z.boolean().optional(),
})

const cache = objectOf<TableCache>({
  ttl: z.number().nonnegative().optional(),
  lookup: z.string().optional(),
  persist: z.boolean().optional(),
})

const get = objectOf<Get<unknown, Columns, QualValue>>({
  list: functionOf<Get<unknown, Columns, QualValue>['list']>(),
})

const hydrate = objectOf<Hydrate<unknown, Columns>>({
  columns: z.array(z.string()).min(1),
  optional: z.array(z.string()).optional(),
  fetch: functionOf<Hydrate<unknown, Columns>['fetch']>(),
})

const parts = objectOf<TableParts<unknown, Columns>>({
  column: z.string(),
  decidedBy: z.array(z.string()),
  ttl: z.number().positive(),
  list: functionOf<TableParts<unknown, Columns>['list']>(),
})

const call = objectOf<TableCall>({
  name: z.string().min(1),
  permission: z.string().min(1).optional(),
  cost: z.string().min(1).optional(),
  per: z.string().min(1).optional(),
  makesCalls: z.literal(true).optional(),
})

const example = objectOf<Example>({ title: z.string(), sql: z.string() })

const table = objectOf<Table>({
  name,
  description: z.string(),
  columns: z.record(name, column),
  keys: z.record(z.string(), key),
  orders: z.record(z.string(), z.array(direction).min(1)).optional(),
  cache: cache.optional(),
  list: functionOf<Table['list']>(),
  get: z.record(z.string(), get).optional(),
  hydrate: z.record(z.string(), hydrate).optional(),
  parts: parts.optional(),
  calls: z.array(call).optional(),
  costLeft: functionOf<NonNullable<Table['costLeft']>>().optional(),
  examples: z.array(example),
}).superRefine(({ columns, keys, orders = {}, cache, get = {}, hydrate = {}, parts }, context) => {
  const fault = (path: readonly string[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message })
  const typeOf = (path: readonly string[], column: string): string | undefined => {
    const type = Object.hasOwn(columns, column) ? columns[column]?.type : undefined
    if (type === undefined) fault(path, `there is no column "${column}"`)
    return type
  }
  for (const [column, key] of Object.entries(keys)) {
    if (key === undefined) continue
    const { operators, exact = [], hostsOnly } = key
    const type = typeOf(['keys', column], column)
    const absent = exact.filter((operator) => !operators.includes(operator))
    if (absent.length > 0) fault(['keys', column, 'exact'], `${absent.join(', ')} is not among its operators`)
    if (hostsOnly === true && type !== undefined && type !== 'inet') {
      fault(['keys', column, 'hostsOnly'], `expected a column of type inet, not ${type}`)
    }
  }
  for (const column of Object.keys(orders)) {
    const type = typeOf(['orders', column], column)
    if (type !== undefined && !orderedTypes.has(type)) {
      fault(['orders', column], `expected a column of numbers or times, not ${type}`)
    }
  }
  for (const column of Object.keys(get)) {
    if (typeOf(['get', column], column) === undefined) continue
    const key = Object.hasOwn(keys, column) ? keys[column] : undefined
    if (key?.valuesPerCall !== 1 || !key.operators.includes('=')) {
      fault(['get', column], 'it is no key with "=" and valuesPerCall 1')
    }
  }
  for (const [name, { columns }] of Object.entries(hydrate)) {
    for (const column of columns) typeOf(['hydrate', name, 'columns'], column)
  }
  if (parts !== undefined) {
    const key = Object.hasOwn(keys, parts.column) ? keys[parts.column] : undefined
    if (typeOf(['parts', 'column'], parts.column) !== 'text' || key?.valuesPerCall === undefined) {
      fault(['parts', 'column'], `"${parts.column}" is no key of texts with valuesPerCall`)
    }
    for (const column of parts.decidedBy) {
      const decides = Object.hasOwn(keys, column) ? keys[column] : undefined
      if (decides?.inherent !== true) fault(['parts', 'decidedBy'], `"${column}" is no inherent key`)
    }
  }
  const lookup = cache?.lookup
  if (lookup !== undefined && typeOf(['cache', 'lookup'], lookup) !== undefined) {
    const key = Object.hasOwn(keys, lookup) ? keys[lookup] : undefined
    if (key?.valuesPerCall === undefined) {
      fault(['cache', 'lookup'], `"${lookup}" is no key with valuesPerCall`)
    }
  }
  if (cache?.persist === true && lookup === undefined) {
    fault(['cache', 'persist'], 'only lookups outlive a restart, and the table has none')
  }
})

const tables = z.array(table)

/** Checks what a table's own check cannot see: the other tables, and the plugin. */
function checkTogether(
  { tables, identity }: { readonly tables: readonly Table[]; readonly identity?: unknown },
  context: z.RefinementCtx,
): void {
  for (const [index, { name, cache }] of tables.entries()) {
    if (tables.findIndex((other) => other.name === name) !== index) {
      context.addIssue({ code: 'custom', path: ['tables', index, 'name'], message: 'another has the same' })
    }
    if (cache?.persist === true && identity === undefined) {
      const message = 'the plugin does not tell the identity of its connections'
      context.addIssue({ code: 'custom', path: ['tables', index, 'cache', 'persist'], message })
    }
  }
}

/** @param tables a list of them, or the function that finds them */
function pluginWith<Tables extends Plugin['tables']>(tables: z.ZodType<Tables>) {
  return objectOf<Plugin & { readonly tables: Tables }>({
    name: z.string().min(1),
    description: z.string(),
    version: z.string().optional(),
    config: z.custom<Plugin['config']>((value) => typeof Object(value).safeParse === 'function', {
      error: 'expected a schema of zod',
    }),
    connect: functionOf<Plugin['connect']>(),
    identity: functionOf<Plugin['identity']>().optional(),
    check: functionOf<Plugin['check']>().optional(),
    preload: functionOf<Plugin['preload']>().optional(),
    close: functionOf<Plugin['close']>().optional(),
    concurrency: z.int().positive().optional(),
    startingConcurrency: z.int().positive().optional(),
    limits: functionOf<Plugin['limits']>().optional(),
    remarks: functionOf<Plugin['remarks']>().optional(),
    account: functionOf<Plugin['account']>().optional(),
    owner: functionOf<Plugin['owner']>().optional(),
    tables,
  })
}

const listingPlugin = pluginWith(tables).superRefine(checkTogether)
const findingPlugin = pluginWith(functionOf<FindTables<unknown, unknown>>())
const foundTables = z.object({ tables, identity: z.unknown() }).superRefine(checkTogether)

/**
 * Checks whether a value is a plugin, and says what is wrong with it: by plugin, table and column, as far as they
 * have names.
 */
export function checkPlugin(value: unknown): { readonly plugin: Plugin } | { readonly fault: string } {
  const finds = typeof Object(value).tables === 'function'
  const { error } = (finds ? findingPlugin : listingPlugin).safeParse(value)
  return error === undefined ? { plugin: value as Plugin } : { fault: faultOf(value, error.issues) }
}

/** The same for the tables that a plugin has found for a connection. */
export function checkTables(
  { name, identity }: Plugin,
  tables: unknown,
): { readonly tables: readonly Table[] } | { readonly fault: string } {
  const value = { name, identity, tables }
  const { error } = foundTables.safeParse(value)
  return error === undefined
    ? { tables: tables as readonly Table[] }
    : { fault: faultOf(value, error.issues) }
}

/** The most faults that are reported; more are hardly read. */
const mostFaults = 5

function faultOf(value: unknown, issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, mostFaults).map(({ path, message }) => {
    const place = placeOf(value, path)
    return place === '' ? message : `${place}: ${message}`
  })
  const more = issues.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** Members of a plugin and of a table that hold things by name, with the nouns for these. */
const nouns: Readonly<Record<string, string>> = {
  columns: 'column',
  keys: 'key',
  orders: 'order',
  get: 'get',
  hydrate: 'hydrate function',
}

function placeOf(value: unknown, path: readonly PropertyKey[]): string {
  const [first, index, member, ...rest] = path
  const plugin = named('plugin', value)
  if (first !== 'tables' || index === undefined) return listed([...plugin, path.join('.')])
  const table = Object(Object(value).tables)[index]
  const position = typeof index === 'number' ? index + 1 : String(index)
  const [tableName = `table ${position}`] = named('table', table)
  const noun = nouns[String(member)]
  const [inner, ...within] = rest
  const place =
    noun === undefined || inner === undefined
      ? [[member, ...rest].filter((part) => part !== undefined).join('.')]
      : [`${noun} "${String(inner)}"`, within.join('.')]
  return listed([...plugin, tableName, ...place])
}

function named(noun: string, value: unknown): string[] {
  const { name } = Object(value)
  return typeof name === 'string' && name !== '' ? [`${noun} "${name}"`] : []
}

function listed(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ')
}
