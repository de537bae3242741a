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
  // Unless the reader makes no difference between rows and their repeats.
  ['select distinct name from (select distinct name, kind from thing) q', ['thing: name']],
  ['select max(name) from (select name, kind from thing group by 1, kind) q', ['thing: name']],
  ['with q as (select distinct name, kind from thing) select q.name from q, q r group by 1', ['thing: name']],
  ['select exists (select distinct name from thing)', ['thing:']],
  ['select exists (select 1 from thing group by kind)', ['thing:']],
  ['select exists (select 1 / size from thing limit 2)', ['thing:']],
  // Of which PostgreSQL may compute all outputs.
  ['select exists (select max(1 / size), max(name) from thing)', ['thing: size']],
  ['select exists (select 1 / size from thing offset 1)', ['thing: size']],
  ['select exists (select 1 / size from thing limit 1 + 0)', ['thing: size']],
  ['select exists (select 1 / size from thing group by rollup (1))', ['thing: size']],
  ['select exists (select 1 / size, count(*) over () from thing)', ['thing: size']],
  [
    'select exists (select 1 / size, name from thing union all select 1, name from thing)',
    ['thing: size', 'thing:'],
  ],
  [
    'select note from address union select name from (select distinct name, kind from thing) q',
    ['thing: name'],
  ],
  [
    'select distinct name from (select name, kind from thing group by 1, 2 union all select note, a from address) q',
    ['thing: name'],
  ],
  ['select distinct name from (select distinct name, kind from thing limit 3) q', ['thing: kind name']],
  ['select distinct name from (select distinct name, kind from thing offset 3) q', ['thing: kind name']],
  [
    'select distinct name from (select name from thing group by 1, kind having count(*) > 1) q',
    ['thing: kind name'],
  ],
  ['select distinct name from (select name from thing group by rollup (name, kind)) q', ['thing: kind name']],
  ['select distinct name from (select name from thing group by name, 1 / size) q', ['thing: name size']],
  [
    'select distinct n from (select 1 / size as kind, name as n from thing group by 1, 2) q',
    ['thing: name size'],
  ],
  [
    'select distinct n, m from (select name as n, max(size) over () as m from thing group by name, kind, size) q',
    ['thing: kind name size'],
  ],
  [
    'select distinct n from (select name as n, max(size) over () from thing group by name, kind, size) q',
    ['thing: name'],
  ],
  ['select distinct name from (select kind, name, count(*) from thing group by 1, 2) q', ['thing: name']],
  [
    'select distinct name from (select kind, name, count(*) as n from thing group by 1, 2) q where n > 1',
    ['thing: kind name'],
  ],
  [
    'select max(name) from (select kind, name, count(*) as n from thing group by 1, 2 order by n) q',
    ['thing: kind name'],
  ],
  [
    'with q as materialized (select kind, name, max(1 / size) from thing group by 1, 2) select distinct name from q',
    ['thing: kind name size'],
  ],
  // Nor where one row is only counted.
  ['select count(*) from (select distinct name from thing limit 1) q', ['thing:']],
  ['select count(*) from (select name from thing group by name, kind limit 1) q', ['thing:']],
  ['select count(*) from (select distinct name from thing limit 2) q', ['thing: name']],
  ['select count(*) from (select distinct name from thing limit 1 offset 1) q', ['thing: name']],
  ['select count(name) from (select distinct name, kind from thing limit 1) q', ['thing: kind name']],
  ['select distinct name, kind from thing limit 1', ['thing: kind name']],
  ['select exists (select distinct on (kind) name from thing)', ['thing: kind']],
  ['select name from (select distinct name, kind from thing) q limit 3', ['thing: kind name']],
  [
    'with q as (select distinct name, kind from thing) select distinct q.name, c.n from q, (select count(*) as n from q) c',
    ['thing: kind name'],
  ],
  [
    'select distinct name from ((select name, kind from thing group by 1, 2 union all select note, a from address) limit 3) q',
    ['thing: kind name'],
  ],
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
