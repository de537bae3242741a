/** What does not compile: wrong columns, types and operators. The compiler runs this test; see tsconfig.tests.json. */
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { bigint, definePlugin, equalValue, inet, type Row, tablesOf, text, timestamptz } from './index.js'

interface Acme {
  readonly ask: () => Promise<string>
}
const defineTable = tablesOf<Acme>()

const columns = {
  id: text('Id'),
  size: bigint('Size'),
  address: inet('Address'),
  made_at: timestamptz('Made'),
} as const

/** All that a table may leave out. */
const rest = { name: 'acme', description: '', examples: [], columns, keys: {} } as const
const none = { ...rest, async *list() {} }

describe('rows', () => {
  it('have the columns of the table, and values of their types', () => {
    defineTable({
      ...rest,
      async *list() {
        yield []
        yield [
          { id: 'a', size: 1n, made_at: new Date() },
          { id: null, address: undefined },
        ]
        yield ['a', 'b'].map((id) => ({ id, size: 5 }))
        const row: Row<typeof columns> = { id: 'c' }
        yield [row]
      },
    })
    defineTable({
      ...rest,
      // @ts-expect-error there is no such column
      async *list() {
        yield [{ id: 'a', nmae: 'b' }]
      },
    })
    defineTable({
      ...rest,
      // @ts-expect-error there is no such column
      async *list() {
        yield ['a'].map((id) => ({ id, nmae: 'b' }))
      },
    })
    defineTable({
      ...rest,
      // @ts-expect-error there is no such column in one of the yields
      async *list() {
        yield [{ id: 'a' }]
        yield [{ idd: 'b' }]
      },
    })
    defineTable({
      ...rest,
      // @ts-expect-error a number is no text
      async *list() {
        yield [{ id: 1 }]
      },
    })
    defineTable({
      ...rest,
      // @ts-expect-error a text is no number
      async *list() {
        yield [{ id: 'a', size: '1' }]
      },
    })
  })

  it('of hydrate functions, too', () => {
    defineTable({ ...none, hydrate: { more: { columns: ['size'], fetch: async () => ({ size: 1 }) } } })
    defineTable({
      ...none,
      hydrate: {
        more: {
          columns: ['size', 'made_at'],
          async fetch({ id }, scan) {
            expectTypeOf(id).toEqualTypeOf<string | null | undefined>()
            if (id === 'x') return {}
            return { size: (await scan.connection.ask()).length }
          },
        },
      },
    })
    // @ts-expect-error there is no such column
    defineTable({ ...none, hydrate: { more: { columns: ['sise'], fetch: async () => ({}) } } })
    defineTable({
      ...none,
      // @ts-expect-error there is no such column
      hydrate: { more: { columns: ['size'], fetch: async () => ({ size: 1, sise: 2 }) } },
    })
    // @ts-expect-error a text is no number
    defineTable({ ...none, hydrate: { more: { columns: ['size'], fetch: async () => ({ size: '1' }) } } })
  })
})

describe('keys', () => {
  it('have columns of the table, and operators of their types', () => {
    defineTable({
      ...none,
      keys: { id: { operators: ['=', '~~', '!~*'] }, size: { operators: ['=', '<='] } },
    })
    // @ts-expect-error there is no such column
    defineTable({ ...none, keys: { idd: { operators: ['='] } } })
    // @ts-expect-error PostgreSQL has no such operator
    defineTable({ ...none, keys: { id: { operators: ['=='] } } })
    // @ts-expect-error numbers have no patterns
    defineTable({ ...none, keys: { size: { operators: ['~~'] } } })
    // @ts-expect-error it is not exact for what numbers do not have
    defineTable({ ...none, keys: { size: { operators: ['='], exact: ['~'] } } })
    // @ts-expect-error only addresses are hosts
    defineTable({ ...none, keys: { id: { operators: ['='], hostsOnly: true } } })
    defineTable({ ...none, keys: { address: { operators: ['='], hostsOnly: true } } })
  })

  it('are those of orders and of lookups', () => {
    defineTable({ ...none, orders: { made_at: ['desc'] } })
    // @ts-expect-error there is no such column
    defineTable({ ...none, orders: { made: ['desc'] } })
    // @ts-expect-error the order of texts depends on their collation
    defineTable({ ...none, orders: { id: ['desc'] } })
    // @ts-expect-error there is no such column
    defineTable({ ...none, cache: { lookup: 'idd' } })
  })
})

describe('a scan', () => {
  it('has quals with the types of the columns', () => {
    defineTable({
      ...rest,
      async *list(scan) {
        expectTypeOf(equalValue(scan.quals.id)).toEqualTypeOf<string | undefined>()
        expectTypeOf(equalValue(scan.quals.size)).toEqualTypeOf<bigint | undefined>()
        expectTypeOf(equalValue(scan.quals.made_at)).toEqualTypeOf<bigint | undefined>()
        expectTypeOf(scan.connection).toEqualTypeOf<Acme>()
        // @ts-expect-error there is no such column
        scan.quals.idd
        // @ts-expect-error there is no such column
        scan.columns.has('idd')
        for (const qual of scan.quals.id ?? []) {
          // @ts-expect-error there is no such operator
          if (qual.operator === '==') continue
          if (qual.operator === '<') expectTypeOf(qual.value).toEqualTypeOf<string>()
        }
        yield []
      },
    })
  })
})

describe('a plugin', () => {
  const shape = { name: 'acme', description: '', config: z.object({ url: z.string() }) }
  const ask = async () => 'answer'

  it('has the settings of its schema, and tables of its connections', () => {
    definePlugin({
      ...shape,
      connect: (config) => {
        expectTypeOf(config).toEqualTypeOf<{ url: string }>()
        return { ask }
      },
      tables: [defineTable(none)],
    })
    // @ts-expect-error there is no such setting
    definePlugin({ ...shape, connect: ({ uri }) => ({ ask, uri }), tables: [defineTable(none)] })
    // @ts-expect-error the table needs another connection
    definePlugin({ ...shape, connect: () => ({ tell: ask }), tables: [defineTable(none)] })
  })
})
