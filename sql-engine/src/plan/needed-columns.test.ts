/** A column is needed where the result depends on it; what only an output needs that nobody reads is not. */
import { expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

const whole = '_ctx flag kind name note size sp_connection_name sp_ctx'

test.each([
  ['select name from thing', ['thing: name']],
  ['select * from thing', [`thing: ${whole}`]],
  ['select t from thing t', [`t: ${whole}`]],
  ['select count(*) from thing', ['thing:']],
  ['select count(kind) from thing', ['thing: kind']],
  ["select 1 from thing where kind = 'a'", ['thing: kind']],
  ['select name from thing order by size', ['thing: name size']],
  ['select 1 from thing t join thing u using (name)', ['t: name', 'u: name']],
  // Through subqueries and CTEs, down to what is read of them.
  ['select name from (select * from thing) q', ['thing: name']],
  ['select n from (select name as n, kind from thing) q order by 1', ['thing: name']],
  ['with q as (select * from thing) select size from q', ['thing: size']],
  ['with q as (select * from thing) select 1', ['thing:']],
  ['select exists (select * from thing)', ['thing:']],
  ['select 1 from address where note in (select name from thing)', ['thing: name']],
  ['update address set note = (select name from thing limit 1)', ['thing: name']],
  // An output that nobody reads still decides which rows are told apart.
  ['select name from (select distinct name, kind from thing) q', ['thing: kind name']],
  ['select name from thing union select kind from thing', ['thing: name', 'thing: kind']],
  ['select name from (select name, kind from thing group by 1, 2) q', ['thing: kind name']],
  // PostgreSQL computes what a CTE that is read twice gives, which may fail.
  [
    'with q as (select name, max(size), sum(1 / note::bigint) from thing group by 1) select q.name from q, q r',
    ['thing: name note'],
  ],
  // An aggregate that nobody reads does not, for its groups are the same without it.
  ['select name from (select name, max(size) from thing group by name) q', ['thing: name']],
])('%s', (statement, columns) => {
  expect(plannedStatement(statement).columns).toEqual(columns)
})
