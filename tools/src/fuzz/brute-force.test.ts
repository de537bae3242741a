/** Brute force tells what a statement needs from what it does not, of shapes where few rows do not show it. */

import { setsOfRows } from '@millrace/sql-engine/testing/property-harness'
import { usualTables } from '@millrace/sql-engine/testing/random-tables'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isKeyBounded, needlessColumns } from './brute-force.js'
import { Judge } from './judge.js'

let postgres: TestPostgres
let judge: Judge

beforeAll(async () => {
  postgres = await startTestPostgres()
  judge = await Judge.open(postgres, usualTables)
})
afterAll(async () => {
  await judge?.close()
  await postgres?.stop()
})

const judged = () => ({ judge, tables: usualTables, rows: setsOfRows(2) })

test.each([
  [
    'the last item of an order before LIMIT',
    'select amount from thing order by label, id limit 2',
    ['label', 'amount', 'id'],
    [],
  ],
  [
    'what an order no longer depends on',
    'select label from thing order by label, id limit 2',
    ['label', 'id'],
    ['id'],
  ],
  [
    'which of several spellings comes first',
    'select amount from thing order by amount, id limit 2',
    ['amount', 'id'],
    [],
  ],
  [
    'which row DISTINCT ON takes',
    'select distinct on (label) id from thing order by label, seen',
    ['label', 'id', 'seen'],
    [],
  ],
  [
    'which row DISTINCT ON takes of those that are alike so far',
    'select distinct on (label) id from thing order by label, ip, flag, amount, net, seen',
    ['label', 'id', 'ip', 'flag', 'amount', 'net', 'seen'],
    [],
  ],
  [
    'what decides over few rows only',
    "select id from thing where amount <> 2.49 or label = 'b'",
    ['id', 'amount', 'label'],
    [],
  ],
  [
    'what an outer join compares',
    'select n.id from note n left join thing t on t.id = n.id and t.flag',
    ['id', 'flag'],
    [],
  ],
  [
    'what is always true',
    "select id from thing where coalesce(seen::text, '') <> 'a'",
    ['id', 'seen'],
    ['seen'],
  ],
  [
    'an output that nobody reads',
    'select label from (select label, doc from thing) q',
    ['label', 'doc'],
    ['doc'],
  ],
  [
    'which of the first rows a condition takes, where many are alike',
    "select id from (select * from event where trail in ('T1', 'a') order by trail, address, flag, seen, id limit 3) q where address = 't1' and id >= 2",
    ['trail', 'address', 'flag', 'seen', 'id'],
    [],
  ],
  [
    'which rows are one by DISTINCT ON, of which only one is looked at',
    `select distinct ip from (select distinct on (ip, size, city) * from place order by ip, size, city, more) q
       where more not in ('{"a": 1.00}')`,
    ['ip', 'size', 'city', 'more'],
    [],
  ],
  [
    'what a rank is counted by',
    `select max(n), sum(n) from (select *, rank() over (partition by trail, seen, id order by address) n from event) q
       where trail = 'a' and (flag, address) < (true, 'a')`,
    ['trail', 'seen', 'id', 'address', 'flag'],
    [],
  ],
  [
    'a constant within a constant',
    "select ip from place where city between symmetric 't2' and 'a' and coalesce(more <> to_jsonb('t1'::text), true)",
    ['ip', 'city', 'more'],
    [],
  ],
  [
    'what the connection may be called',
    "select label from thing where sp_connection_name > 't2' and flag union all select body::text from note",
    ['label', 'flag'],
    [],
  ],
  [
    'what tells the connection, as a value',
    'select n.id from note n join thing t on n.body = t._ctx and t.flag',
    ['flag'],
    [],
  ],
  [
    'that there is a value, which there is unless nobody has asked for it',
    'select label from thing where seen is not null',
    ['label', 'seen'],
    [],
  ],
])('columns: %s', { timeout: 60_000 }, async (_, text, columns, needless) => {
  const table = /\bfrom (event|place)\b/.exec(text)?.[1] ?? 'thing'
  const call = { table, columns, quals: [], pushed: {}, limit: undefined, order: undefined }
  const found = await needlessColumns(judged(), { text, parameters: [], isOrdered: false }, [call])
  expect(found).toMatchObject({
    asked: columns.length,
    needless: needless.map((column) => `${table}.${column}`),
  })
})

test.each([
  [
    'what is always true',
    "select label from thing where id > 1 and (coalesce(seen::text, '') <> 'a' or flag)",
    /WHERE id > 1 AND true$/,
  ],
  [
    'a contradiction',
    "select label from thing where id = 1 or seen < '2022-07-06' and seen > '2022-07-07'",
    /WHERE id = 1 OR false$/,
  ],
  ['no condition', 'select label from (select label, seen from thing where id > 1) q', undefined],
])('without conditions that decide nothing: %s', { timeout: 60_000 }, async (_, text, plainer) => {
  const columns = ['label', 'id', 'seen']
  const call = { table: 'thing', columns, quals: [], pushed: {}, limit: undefined, order: undefined }
  const found = await needlessColumns(judged(), { text, parameters: [], isOrdered: false }, [call])
  expect(found?.needless).toEqual(['thing.seen'])
  if (plainer === undefined) expect(found?.plainer).toBeUndefined()
  else expect(found?.plainer?.text.replaceAll(/\s+/g, ' ')).toMatch(plainer)
})

test('nothing is to be learnt of a table that does not matter', async () => {
  const call = { table: 'thing', columns: ['id'], quals: [], pushed: {}, limit: undefined, order: undefined }
  const text = 'select n.id from note n, thing t where t.id < t.id'
  expect(await needlessColumns(judged(), { text, parameters: [], isOrdered: false }, [call])).toBeUndefined()
})

test.each([
  ['a constant', "select id from event where trail = 't1'", true],
  ['a parameter', 'select id from event where trail = $1', true],
  ['rows of another table', 'select e.id from event e join note n on n.trail = e.trail', true],
  ['a value that is computed', "select id from event where trail || '' = 't' || '1'", true],
  [
    'a window over all rows',
    "select trail, n from (select trail, count(*) over () n from event) v where trail = 't1'",
    false,
  ],
  ['a bound', "select id from event where trail between 't1' and 't2'", false],
  ['texts in any letters', "select id from event where lower(trail) = 'b'", false],
  [
    'LIMIT',
    "select trail from (select trail from event order by seen, trail limit 3) v where trail = 't1'",
    false,
  ],
])('keys: %s', { timeout: 60_000 }, async (_, text, isBounded) => {
  const parameters = text.includes('$1') ? [{ type: 'text', value: 't2' } as const] : []
  expect(await isKeyBounded(judged(), { text, parameters, isOrdered: false }, 'event')).toBe(isBounded)
})
