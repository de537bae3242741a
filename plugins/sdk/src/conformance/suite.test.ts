/** A wrong declaration of each kind fails its check, and no other kind of check. */
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError } from '../api-error.js'
import { bigint, inet, text, timestamptz } from '../column.js'
import { definePlugin } from '../plugin.js'
import { equalValues } from '../qual.js'
import { type Scan, type Table, tablesOf } from '../table.js'
import { conformanceChecks, type PluginConformance, type TableConformance } from './suite.js'

/** What an API would hold. */
const stored = [
  { id: 'a', ip: '8.8.8.8', size: 1, at: '2022-07-06T20:00:00Z', note: null },
  { id: 'b', ip: '8.8.4.4', size: 2, at: '2022-07-06T21:00:00Z', note: 'x' },
  { id: 'c', ip: '1.1.1.1', size: 2, at: '2022-07-06T22:00:00.5Z', note: 'y' },
]
const columns = {
  id: text('The key.'),
  ip: inet('An address.'),
  size: bigint('A number.'),
  at: timestamptz('A time.'),
  note: text('A text, or NULL.'),
}
type Item = Table<undefined, typeof columns>
type ItemScan = Scan<undefined, typeof columns>

const defineTable = tablesOf<undefined>()
const answer =
  <Value>(value: Value) =>
  (signal: AbortSignal) => {
    signal.throwIfAborted()
    return Promise.resolve(value)
  }

/** A table that is as it says, except for what is given. */
function itemTable(more: Partial<Item> = {}): Item {
  return defineTable({
    name: 'item',
    description: 'Items.',
    columns,
    keys: {
      id: { operators: ['=', '<>', '~~'], valuesPerCall: 2, inherent: true, exact: ['<>'] },
      ip: { operators: ['='], inherent: true, hostsOnly: true },
      at: { operators: ['=', '<', '>='], inherent: true, immutable: true },
      note: { operators: ['is null', 'is not null'], inherent: true },
    },
    orders: { size: ['asc', 'desc'] },
    calls: [{ name: 'ListItems' }],
    async *list(scan) {
      const asked = equalValues(scan.quals.id)
      const not = scan.quals.id?.flatMap((qual) => (qual.operator === '<>' ? [qual.value] : [])) ?? []
      const rows = await scan.call('ListItems', answer(stored))
      yield rows.filter(({ id }) => (asked?.includes(id) ?? true) && !not.includes(id))
    },
    examples: [],
    ...more,
  })
}

const rowsOf = (rows: readonly object[]): Item['list'] =>
  async function* (scan) {
    yield (await scan.call('ListItems', answer(rows))) as never
  }

type Options = Partial<PluginConformance<undefined>> & { readonly item?: TableConformance }

/** The failures by the names of checks. */
async function failuresOf(
  table: Item,
  { item = {}, ...options }: Options = {},
): Promise<Record<string, string>> {
  const plugin = definePlugin({
    name: 'made_up',
    description: 'Made up.',
    config: z.object({}),
    connect: () => undefined,
    tables: [table],
  })
  const groups = conformanceChecks<undefined>({
    plugin,
    connect: () => undefined,
    patience: 300,
    tables: { item },
    ...options,
  })
  const failures: Record<string, string> = {}
  for (const check of groups.flatMap(({ checks }) => checks)) {
    await check.run().catch((error: Error) => {
      failures[check.name] = error.message
    })
  }
  return failures
}

test('a table that is as it says passes', async () => {
  expect(await failuresOf(itemTable())).toEqual({})
})

const { keys } = itemTable()
const list = itemTable().list
/** The rows of the right table, as far as they are kept. */
const filtering = (
  keep: (row: { readonly id?: unknown; readonly note?: unknown }, scan: ItemScan) => boolean,
): Item['list'] =>
  async function* (scan) {
    for await (const rows of list(scan)) yield rows.filter((row) => keep(row, scan))
  }

/** By kind: what is wrong, the check that must fail, and what it says. */
const wrong: readonly (readonly [string, Item, string, RegExp])[] = [
  [
    'a value of another type',
    itemTable({ list: rowsOf([{ ...stored[1], size: 1.5 }]) }),
    'column size',
    /1.5 is no bigint/,
  ],
  [
    'a value that PostgreSQL refuses',
    itemTable({ list: rowsOf([{ ...stored[1], ip: '8.8.8.888' }]) }),
    'column ip',
    /no inet/,
  ],
  [
    'a time without a zone',
    itemTable({ list: rowsOf([{ ...stored[1], at: '2022-07-06T20:00:00' }]) }),
    'column at',
    /with a zone/,
  ],
  [
    'a column that is never filled',
    itemTable({ list: rowsOf([{ ...stored[1], note: null }]) }),
    'columns with values',
    /note/,
  ],
  [
    'an operator that loses rows',
    itemTable({
      list: filtering(
        (row, { quals }) => !quals.at?.some(({ operator }) => operator === '>=') || row.id === 'c',
      ),
    }),
    'key at >=',
    /loses the row/,
  ],
  [
    'a pattern that loses rows',
    itemTable({
      list: filtering(
        (row, { quals }) => !quals.id?.some(({ operator }) => operator === '~~') || row.id === 'a',
      ),
    }),
    'key id ~~',
    /loses the row/,
  ],
  [
    'a test of NULL that loses rows',
    itemTable({
      list: filtering(
        (row, { quals }) => !quals.note?.some(({ operator }) => operator === 'is null') || row.note !== null,
      ),
    }),
    'key note is null',
    /loses the row/,
  ],
  [
    'an operator that is not exact',
    itemTable({ keys: { ...keys, at: { operators: ['<'], exact: ['<'] } } }),
    'key at <',
    /"exact" is not true/,
  ],
  [
    'values of another call',
    itemTable({ keys: { ...keys, ip: { operators: ['='], valuesPerCall: 1 } } }),
    'key ip =',
    /"valuesPerCall"/,
  ],
  [
    'a key that is not inherent',
    itemTable({
      async *list(scan) {
        const asked = equalValues(scan.quals.ip)
        const rows = await scan.call('ListItems', answer(stored))
        yield asked === undefined
          ? rows
          : [...rows, ...asked.map((ip) => ({ id: 'asked', ip, size: 9, at: '2022-07-06T20:00:00Z' }))]
      },
    }),
    'key ip inherent',
    /without a condition/,
  ],
  ['a value that changes', itemTable({ list: changing() }), 'key at immutable', /other values/],
  [
    'a network among hosts',
    itemTable({ list: rowsOf([{ ...stored[1], ip: '10.0.0.0/8' }]) }),
    'key ip hostsOnly',
    /no single address/,
  ],
  [
    'a limit that gives too few rows',
    itemTable({
      list: filtering(
        (row, { limit, order, quals }) =>
          limit === undefined || order !== undefined || Object.keys(quals).length > 0 || row.id === 'a',
      ),
    }),
    'limit',
    /yields 1 of 3/,
  ],
  [
    "an order without the last one's equals",
    itemTable({
      async *list(scan) {
        const rows = await scan.call('ListItems', answer(stored))
        yield scan.order === undefined
          ? rows
          : rows
              .toSorted((one, other) => (one.size - other.size) * (scan.order?.direction === 'asc' ? 1 : -1))
              .slice(0, scan.limit)
      },
    }),
    'order size asc',
    /lacks/,
  ],
  [
    'an order of NULLs',
    itemTable({ list: rowsOf([{ ...stored[1], size: null }]) }),
    'order size desc',
    /is NULL/,
  ],
  ['a call that is not named', itemTable({ calls: [{ name: 'Other' }] }), 'calls', /ListItems/],
  [
    'a call for a column that is not asked for',
    itemTable({
      async *list(scan) {
        if (!scan.columns.has('note')) await scan.call('Other', answer(1))
        yield* list(scan)
      },
    }),
    'unasked columns',
    /2 calls for the column id alone/,
  ],
  [
    "a hydrate function's call in list",
    itemTable({
      async *list(scan) {
        await scan.call('GetNote', answer('x'))
        yield* list(scan)
      },
      hydrate: {
        note: {
          columns: ['note'],
          fetch: async (_, scan) => ({ note: await scan.call('GetNote', answer('x')) }),
        },
      },
    }),
    'hydrate note',
    /makes the call GetNote/,
  ],
  [
    'a failure that is swallowed',
    itemTable({
      async *list(scan) {
        yield await scan.call('ListItems', answer(stored)).catch(() => [])
      },
    }),
    'failing calls',
    /as if there were no rows/,
  ],
  [
    'a failure of another class',
    itemTable({
      async *list(scan) {
        yield await scan.call('ListItems', answer(stored)).catch(() => {
          throw new TypeError('oh')
        })
      },
    }),
    'failing calls',
    /no ApiError/,
  ],
  [
    'a request without the signal',
    itemTable({
      async *list(scan) {
        yield await scan.call('ListItems', () => Promise.resolve(stored))
      },
    }),
    'cancel within a call',
    /pass it on/,
  ],
  [
    'asking on after a cancellation',
    itemTable({
      async *list(scan) {
        yield await scan.call('ListItems', answer(stored))
        for (let page = 0; page < 9; page++) await scan.call('ListItems', answer(stored)).catch(() => [])
      },
    }),
    'cancel between calls',
    /further calls/,
  ],
  [
    'an end that is never reached',
    itemTable({
      async *list(scan) {
        try {
          yield await scan.call('ListItems', answer(stored))
        } finally {
          if (scan.signal.aborted) await new Promise(() => {})
        }
      },
    }),
    'early end',
    /has not ended/,
  ],
]

/** Times that are others whenever they are read. */
function changing(): Item['list'] {
  let read = 0
  return async function* (scan) {
    const at = new Date(++read * 1000)
    yield (await scan.call('ListItems', answer(stored))).map((row) => ({ ...row, at }))
  }
}

describe('a wrong table fails', () => {
  test.each(wrong)('%s', async (_, table, check, message) => {
    const failures = await failuresOf(table)
    expect(Object.keys(failures)).toContain(check)
    expect(failures[check]).toMatch(message)
  })

  test('pages that lose a row', async () => {
    let pageSize = 9
    const table = itemTable({
      list: filtering(({ id }) => stored.findIndex((row) => row.id === id) < pageSize),
    })
    const failures = await failuresOf(table, {
      smallPages: async (scan) => {
        pageSize = 2
        try {
          return await scan()
        } finally {
          pageSize = 9
        }
      },
    })
    expect(failures).toEqual({ pages: expect.stringContaining('small pages lose the row {"id":"c"') })
  })
})

describe('a connection that fails', () => {
  const refusing = (detail: string) =>
    itemTable({
      async *list(scan) {
        yield await scan.call('ListItems', () => {
          if (isRefused) throw new ApiError('no', { detail })
          return answer(stored)(scan.signal)
        })
      },
    })
  let isRefused = false
  afterEach(() => {
    isRefused = false
  })
  const failing = {
    refused: () => {
      isRefused = true
      return undefined
    },
  }
  const reset = () => {
    isRefused = false
  }

  test('shows no secret, however it is spelled', async () => {
    const failures = await failuresOf(refusing('asked with to%20ken'), {
      failing,
      reset,
      secrets: ['to ken'],
    })
    expect(failures['failure refused']).toBe('the detail of its error holds a secret: asked with ***')
  })

  test('does fail', async () => {
    const failures = await failuresOf(itemTable(), { failing, reset })
    expect(failures).toEqual({ 'failure refused': 'the scan does not fail' })
  })
})

test('a connection that leaves a server open', async () => {
  const servers: Server[] = []
  const failures = await failuresOf(itemTable(), {
    connect() {
      servers.push(createServer().listen(0, '127.0.0.1'))
      return undefined
    },
  })
  for (const server of servers) server.close()
  expect(failures).toEqual({ 'nothing left open': expect.stringMatching(/leaves open: \d+ TCPServerWrap/) })
})

describe('exceptions', () => {
  const table = itemTable({
    list: filtering(
      (row, { limit, order, quals }) =>
        limit === undefined || order !== undefined || Object.keys(quals).length > 0 || row.id === 'a',
    ),
  })

  test('with a reason pass', async () => {
    const failures = await failuresOf(table, { item: { exceptions: { limit: 'it gives few rows' } } })
    expect(failures).toEqual({})
  })

  test('that are not needed fail, and so do those of nothing', async () => {
    const exceptions = { limit: 'no reason', 'key size =': 'there is none' }
    expect(await failuresOf(itemTable(), { item: { exceptions, unseen: { note: 'why' } } })).toEqual({
      'limit (exception: no reason)': 'the exception is not needed: the check "limit" passes',
      'exception key size =': 'there is no check "key size ="',
      'columns with values': '"unseen" is not true of note',
    })
  })

  test('tables that are not there, and keys that nothing is asked for', async () => {
    expect(await failuresOf(itemTable(), { tables: { other: {} } })).toEqual({
      definition: 'the plugin has no table other',
    })
    const required: Item = itemTable({ keys: { id: { operators: ['='], require: 'required' } } })
    expect((await failuresOf(required)).definition).toBe('item needs values to ask id for')
  })
})
