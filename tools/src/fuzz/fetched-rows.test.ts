/** A statement that fails of rows which an API need not give is told from one that should have failed. */
import { inet, text } from '@millrace/plugin-sdk'
import type { Call } from '@millrace/sql-engine/testing/counting-plugin'
import { startRowSetsHarness } from '@millrace/sql-engine/testing/row-sets-harness'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compareAnswers } from './compare-answers.js'
import { overFetched } from './fetched-rows.js'
import type { FuzzHarness } from './fuzz-harness.js'

const set = 0
const tables = {
  note: { columns: { ip: inet('') }, keys: {} },
  place: {
    columns: { ip: inet(''), city: text('') },
    keys: { ip: { operators: ['='], require: 'required' } },
  },
} as const
const rows = [
  {
    note: [{ ip: '192.0.2.1' }, { ip: '192.0.2.3' }],
    // Nobody asks for the second one.
    place: [
      { ip: '192.0.2.1', city: 'Lima' },
      { ip: '192.0.2.2', city: 'Å' },
    ],
  },
]

let postgres: TestPostgres
let harness: FuzzHarness

beforeAll(async () => {
  postgres = await startTestPostgres()
  const notAsked = () => Promise.reject(new Error('nobody asks for it here'))
  const options = { tables, rows, filtering: 'every operator', optimisations: 'all' } as const
  harness = {
    ...(await startRowSetsHarness({ ...options, postgres, cache: { ttl: 0, maxBytes: 0 } })),
    tables,
    rows,
    description: '',
    sharesScans: true,
    keepsRows: false,
    judged: notAsked,
    byClients: notAsked,
  }
})
afterAll(async () => {
  await harness?.stop()
  await postgres?.stop()
})

const query = (text: string) => ({ text, parameters: [], isOrdered: false })

test('PostgreSQL divides by zero in a row that is not fetched', async () => {
  const text =
    'select distinct n.ip from note n left join place s on s.ip = n.ip and 1 / (length(s.city::text) - 1) >= 0'
  const { kind, fault } = await compareAnswers(harness, query(text), { set, protocol: 'engine' })
  expect(fault).toBeUndefined()
  expect(kind?.name).toBe('an error of rows that are not fetched')
})

test.each([
  ['select count(*) from place'],
  ['with recursive q as (select * from place) select count(*) from q'],
  ['with q as (select * from note) select count(*) from place where exists (select from q)'],
])('over the rows of its calls: %s', async (text) => {
  const call: Call = {
    table: 'place',
    columns: [],
    quals: [],
    pushed: {},
    limit: undefined,
    order: undefined,
  }
  const none: Call = { ...call, pushed: { city: [{ operator: 'is null' }, { operator: 'is not null' }] } }
  const countOver = async (calls: readonly Call[]) =>
    (await harness.expected(overFetched(query(text), calls, harness, set), set)).rows
  const all = (await harness.expected(query(text), set)).rows
  expect(all).not.toEqual(['["0"]'])
  expect(await countOver([])).toEqual(all)
  expect(await countOver([none])).toEqual(['["0"]'])
  expect(await countOver([none, call])).toEqual(all)
})
