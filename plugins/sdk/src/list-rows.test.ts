import { expect, test } from 'vitest'
import { text } from './column.js'
import { tablesOf } from './table.js'
import { collectRows } from './testing.js'

const calls: string[] = []

const things = tablesOf<null>()({
  name: 'acme_thing',
  description: '',
  columns: { id: text(''), kind: text(''), colour: text(''), weight: text('') },
  keys: { id: { operators: ['='], valuesPerCall: 1 }, kind: { operators: ['='], valuesPerCall: 1 } },
  async *list() {
    calls.push('list')
    yield [{ id: '1', kind: 'round', colour: 'pale' }]
  },
  get: {
    id: {
      async *list(id) {
        calls.push(`get ${id}`)
        if (id === '1') yield [{ id, kind: 'round', colour: 'red', weight: null }]
      },
    },
  },
  hydrate: {
    details: {
      columns: ['colour', 'weight'],
      async fetch() {
        calls.push('hydrate')
        return { colour: 'red' }
      },
    },
  },
  examples: [],
})

async function asked(quals: Parameters<typeof collectRows<null, typeof things.columns>>[1]['quals']) {
  calls.length = 0
  const rows = await collectRows(things, { connection: null, quals: quals ?? {} })
  return { rows, calls: [...calls] }
}

const equals = (...values: [string, ...string[]]) => [{ operator: '=', values }] as const

test('one thing is got, all are listed', async () => {
  expect((await asked({})).calls).toEqual(['list', 'hydrate'])
  expect((await asked({ id: equals('1', '2') })).calls).toEqual(['list', 'hydrate'])
  expect((await asked({ kind: equals('round') })).calls).toEqual(['list', 'hydrate'])
  expect(await asked({ id: equals('2') })).toEqual({ rows: [], calls: ['get 2'] })
})

test('a row that has the columns of a hydrate function, be they NULL, is not hydrated', async () => {
  const { rows, calls } = await asked({ id: equals('1') })
  expect(rows).toEqual([{ id: '1', kind: 'round', colour: 'red', weight: null }])
  expect(calls).toEqual(['get 1'])
})

test('what is got must have the values that are named for other columns', async () => {
  expect((await asked({ id: equals('1'), kind: equals('square') })).rows).toEqual([])
  expect((await asked({ id: equals('1'), kind: equals('square', 'round') })).rows).toHaveLength(1)
})
