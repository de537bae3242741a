import { expect, test } from 'vitest'
import { ApiError } from './api-error.js'
import { bigint, text } from './column.js'
import { eachParentRow, eachRow } from './each-row.js'
import { tablesOf } from './table.js'
import { errorOf, scanOf } from './testing.js'

const parents = tablesOf<null>()({
  name: 'acme_parent',
  description: '',
  columns: { name: text(''), size: bigint(''), note: text('') },
  keys: { name: { operators: ['='], valuesPerCall: 1 }, size: { operators: ['='] } },
  async *list(scan) {
    await scan.call('ListParents', async () => {})
    yield [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
  },
  get: {
    name: {
      async *list(name, scan) {
        await scan.call(`GetParent ${name}, ${scan.quals.name?.length} condition`, async () => {})
        yield [{ name }]
      },
    },
  },
  examples: [],
})

async function itemsOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

const request = {
  columns: ['name'] as const,
  nameOf: ({ name }: { readonly name?: string | null | undefined }) => `parent ${name}`,
}

async function* childrenOf({ name }: { readonly name?: string | null | undefined }) {
  yield `${name}1`
  yield `${name}2`
}

test('a list runs for each row of the parent, whose calls are the scan’s own', async () => {
  const calls: string[] = []
  const scan = scanOf(parents, { connection: null, limit: 1, onCall: (name) => calls.push(name) })
  const items = await itemsOf(eachParentRow(parents, scan, request, childrenOf))
  expect(items.sort()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
  expect(calls).toEqual(['ListParents'])
})

test('conditions reach the parent as its keys take them', async () => {
  const calls: string[] = []
  const scan = scanOf(parents, { connection: null, onCall: (name) => calls.push(name) })
  const quals = {
    name: [
      { operator: '=', values: ['x', 'y'] },
      { operator: '<>', value: 'z' },
    ],
    note: [{ operator: '=', values: ['n'] }],
  } as const
  const items = await itemsOf(eachParentRow(parents, scan, { ...request, quals }, childrenOf))
  expect(items.sort()).toEqual(['x1', 'x2', 'y1', 'y2'])
  expect(calls).toEqual(['GetParent x, 1 condition', 'GetParent y, 1 condition'])
})

test('what belongs to one row is left out alone, where the settings say so', async () => {
  async function* list({ name }: { readonly name?: string | null | undefined }) {
    if (name === 'b') throw new ApiError('no', { code: 'Denied' })
    yield name
  }
  const leftOut: string[] = []
  const ignoring = scanOf(parents, {
    connection: null,
    ignoredCodes: ['Denied'],
    onLeftOut: (part) => leftOut.push(part),
  })
  expect((await itemsOf(eachParentRow(parents, ignoring, request, list))).sort()).toEqual(['a', 'c'])
  expect(leftOut).toEqual(['parent b'])
  const strict = scanOf(parents, { connection: null })
  expect(await errorOf(itemsOf(eachParentRow(parents, strict, request, list)))).toMatchObject({
    code: 'Denied',
  })
})

test('lists run side by side, in bounded number, and rows are read only as there is room', async () => {
  let [listed, running, most] = [0, 0, 0]
  async function* batches() {
    for (let page = 0; page < 20; page++) {
      listed += 10
      yield Array.from({ length: 10 }, (_, index) => page * 10 + index)
    }
  }
  let aheadOfReading = 0
  async function* list(row: number) {
    running++
    most = Math.max(most, running)
    aheadOfReading = Math.max(aheadOfReading, listed - row)
    await new Promise(setImmediate)
    yield row
    running--
  }
  const items = await itemsOf(eachRow(batches(), list))
  expect(items.sort((one, other) => one - other)).toEqual(Array.from({ length: 200 }, (_, index) => index))
  expect(most).toBeGreaterThan(20)
  expect(most).toBeLessThanOrEqual(64)
  expect(aheadOfReading).toBeLessThanOrEqual(20)
})

test('whoever stops reading ends the lists and the rows', async () => {
  const ended: string[] = []
  async function* batches() {
    try {
      for (;;) yield ['a', 'b']
    } finally {
      ended.push('rows')
    }
  }
  async function* list(row: string) {
    try {
      for (;;) yield row
    } finally {
      ended.push(row)
    }
  }
  for await (const item of eachRow(batches(), list)) {
    expect(item).toBe('a')
    break
  }
  await new Promise(setImmediate)
  expect(ended).toContain('a')
  expect(ended).toContain('rows')
})

test('rows that cannot be listed are a failure, after what came', async () => {
  async function* batches() {
    yield ['a']
    throw new ApiError('gone')
  }
  const items: string[] = []
  const error = await errorOf(
    (async () => {
      for await (const item of eachRow(batches(), async function* (row) {
        yield row
      }))
        items.push(item)
    })(),
  )
  expect(error).toMatchObject({ message: 'gone' })
})
