/** Of ORDER BY in a subquery, items that decide nothing that is seen need no column. */
import { expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

const columnsOf = (outputs: string, order: string) =>
  plannedStatement(`select ${outputs} from (select * from thing order by ${order} limit 3) q`).columns[0]

test.each([
  // Rows in one place by name are alike in all that is read.
  ['name', 'name, size, kind', 'thing: name'],
  ['name, size', 'name, size, kind', 'thing: name size'],
  ['upper(name)', 'name, size', 'thing: name'],
  // The last item that decides something, with all before it.
  ['size', 'name, size, kind', 'thing: name size'],
  // Which kinds are seen, all items decide together.
  ['kind', 'name, size', 'thing: kind name size'],
  // Any rows will do where nothing is read.
  ['1', 'size, name', 'thing:'],
  ['1', '1 / size', 'thing: size'],
  // What tells the connection is the same in all rows.
  ['name, _ctx', 'name, size', 'thing: _ctx name'],
  ['sp_connection_name', 'size, name', 'thing: size sp_connection_name'],
  // What may fail is computed.
  ['name', 'name, 1 / size', 'thing: name size'],
])('select %s from what is ordered by %s', (outputs, order, columns) => {
  expect(columnsOf(outputs, order)).toBe(columns)
})

test.each(['1', 'x', 'x, name', 'name, 1'])(
  'an output that may fail is computed where it is sorted by: %s',
  (order) => {
    const divided = `select 1 / (size - 1) as x, name from thing order by ${order} limit 2`
    const { columns, scans } = plannedStatement(`select count(*) from (${divided}) q`)
    expect(columns).toEqual([order.includes('name') ? 'thing: name size' : 'thing: size'])
    expect(scans[0]?.limit).not.toBe('2, pushed')
  },
)

test('what tells the connection differs in rows that an outer join makes up', () => {
  const joined = 'select t.name, u._ctx as c, u.size from thing t left join thing u on u.name = t.kind'
  const { columns } = plannedStatement(`select c from (${joined} order by t.name, u.size limit 3) q`)
  expect(columns).toEqual(['t: kind name', 'u: _ctx name size'])
})

test('what tells the connection differs in rows of an aggregator', () => {
  const ordered = 'select * from gathered order by size, name limit 3'
  const { columns } = plannedStatement(`select sp_connection_name from (${ordered}) q`)
  expect(columns).toEqual(['gathered: name size sp_connection_name'])
})

test('the first item is asked of the API if it may not count rows by the conditions', () => {
  const ordered = "select * from thing where kind = 'a' order by size, name limit 3"
  const { columns, scans } = plannedStatement(`select count(*) from (${ordered}) q`)
  expect(columns).toEqual(['thing: kind size'])
  expect(scans[0]?.limit).toBe('3, pushed: the first by size ASC')
})

test('the API is asked for any rows where their order decides nothing', () => {
  const { scans } = plannedStatement(
    'select count(*) from (select * from thing order by size, note limit 3) q',
  )
  expect(scans[0]?.limit).toBe('3, pushed')
})

test.each([
  // Rows in one place are alike to whoever ignores repeats.
  ['select distinct name', 'thing: name'],
  ['select name', 'thing: name size'],
  ['select distinct kind', 'thing: kind name size'],
])('%s from what comes with ties', (outputs, columns) => {
  const ordered = 'select * from thing order by name, size fetch first 3 rows with ties'
  expect(plannedStatement(`${outputs} from (${ordered}) q`).columns).toEqual([columns])
})
