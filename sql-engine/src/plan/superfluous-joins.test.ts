/** An outer join that only repeats rows is not read where repeats make no difference, and wherever they may, it is. */
import { describe, expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

/** The tables of a statement that are never read. */
function neverRead(statement: string): readonly string[] {
  const { scans } = plannedStatement(statement)
  return scans.flatMap(({ fromItem, isNeverRead }) => (isNeverRead ? [fromItem.name] : []))
}

/** The columns of the tables that are read, and those tables that are not. */
function readOf(statement: string): string {
  const never = neverRead(statement).map((name) => `never: ${name}`)
  return [...[...plannedStatement(statement).columns].sort(), ...never].join('; ')
}

const without = 't: name; u:; never: u'

describe('superfluous:', () => {
  test.each([
    'select distinct t.name from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing u right join thing t on u.size = t.size',
    'select distinct t.name from thing t left join thing u using (size, kind)',
    'select distinct t.name from thing t natural left join thing u',
    'select distinct name from thing t left join thing u using (name)',
    'select distinct name from thing u right join thing t using (name)',
    'select distinct t.name from thing t left join thing u using (size) order by name',
    'select distinct t.name from thing t left join thing u using (size) as x',
    'select distinct on (t.name) t.name from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size order by 1 limit 5',
    "select distinct t.name from thing t left join thing u on u.flag and u.kind is null or t.note < 'b'",
    'select t.name from thing t left join thing u on u.size = t.size group by 1',
    'select t.name as n from thing t left join thing u on u.size = t.size group by n order by n',
    'select max(t.name) from thing t left join thing u on u.size = t.size',
    'select max(t.name), (select max(a.note) from address a) from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size, (select count(a) as n from address) c',
    'select distinct t.name, (select count(*) from address) from thing t left join thing u on u.size = t.size',
    'select distinct t.name, (select max(n) from (select row_number() over () as n from address) a) from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size, (select count(*) as n from address) c',
    'select count(distinct t.name) from thing t left join thing u on u.size = t.size',
    'select 1 from address where note in (select t.name from thing t left join thing u on u.size = t.size)',
    'select t.name from thing t left join thing u on u.size = t.size union select note from address',
    'select t.name from thing t left join thing u on u.size = t.size order by 1 limit 1',
    'select name from (select t.name from thing t left join thing u on u.size = t.size) q order by 1 limit 1',
    'select distinct name from (select t.name from thing t left join thing u on u.size = t.size) q',
    'with q as (select t.name from thing t left join thing u on u.size = t.size) select max(name) from q',
    'with q as (select t.name from thing t left join thing u on u.size = t.size) select distinct a.name from q a, q b',
    'select distinct name from (select t.name from thing t left join thing u on u.size = t.size union all select note from address) q',
  ])('%s', (statement) => {
    expect(readOf(statement)).toBe(without)
  })

  test('one of several', () => {
    const statement =
      'select distinct t.name, v.kind from thing t left join thing u on u.size = t.size left join thing v on v.note = t.note'
    expect(readOf(statement)).toBe('t: name note; u:; v: kind note; never: u')
  })

  test('but not one whose columns another one compares', () => {
    const statement =
      'select distinct t.a, g.name from address t left join thing u using (note) left join gathered g using (size)'
    expect(readOf(statement)).toBe('g: name size; u: note size')
  })

  test('for EXISTS', () => {
    const within = 'select 1 from thing t left join thing u on u.size = t.size where t.name = a.note'
    expect(readOf(`select 1 from address a where exists (${within})`)).toBe(without)
  })
})

describe('read:', () => {
  test.each([
    // Repeats are seen, or counted.
    'select t.name from thing t left join thing u on u.size = t.size',
    'select distinct t.name, count(*) from thing t left join thing u on u.size = t.size group by 1',
    'select t.name, count(t.name) from thing t left join thing u on u.size = t.size group by 1',
    'select t.name from thing t left join thing u on u.size = t.size group by 1 having count(*) > 1',
    'select t.name, json_arrayagg(1) from thing t left join thing u on u.size = t.size group by 1',
    'select distinct t.name, row_number() over () from thing t left join thing u on u.size = t.size',
    'select distinct max(t.name) over (order by t.kind rows 1 preceding) from thing t left join thing u on u.size = t.size',
    'select t.name from thing t left join thing u on u.size = t.size union all select note from address',
    'select array(select t.name from thing t left join thing u on u.size = t.size)',
    'select exists (select t.name from thing t left join thing u on u.size = t.size offset 3)',
    // Those of other queries group nothing here.
    'select t.name, (select max(a.note) from address a) from thing t left join thing u on u.size = t.size',
    'select t.name from thing t left join thing u on u.size = t.size where t.name = (select max(note) from address)',
    'select t.name from thing t left join thing u on u.size = t.size order by (select max(a.note) from address a)',
    'with q as (select max(note) from address) select t.name from thing t left join thing u on u.size = t.size',
    'select t.n from (select max(note) as n, 1::bigint as size from address group by a) t left join thing u on u.size = t.size',
    'select (select count(t.name)) from thing t left join thing u on u.size = t.size group by t.kind',
    'select distinct t.name, random() from thing t left join thing u on u.size = t.size',
    'select distinct t.name, generate_series(1, 2) from thing t left join thing u on u.size = t.size',
    'select name from (select t.name from thing t left join thing u on u.size = t.size) q',
    'select t.name from thing t left join thing u on u.size = t.size order by 1 limit 2',
    'select t.name from thing t left join thing u on u.size = t.size order by 1 limit 1 offset 1',
    'select t.name from thing t left join thing u on u.size = t.size order by 1 fetch first 1 rows with ties',
    'select count(*) from (select t.name from thing t left join thing u on u.size = t.size) q',
    'select distinct name from (select t.name from thing t left join thing u on u.size = t.size limit 3) q',
    'with q as (select t.name from thing t left join thing u on u.size = t.size) select distinct name, n from q, (select count(*) as n from q) c',
    'with recursive q as (select t.name from thing t left join thing u on u.size = t.size union all select name from q) select distinct name from q',
    // Rows without a match go.
    'select distinct t.name from thing t join thing u on u.size = t.size',
    'select distinct t.name from thing t right join thing u on u.size = t.size',
    'select distinct t.name from thing t full join thing u on u.size = t.size',
    // The condition may fail.
    'select distinct t.name from thing t left join thing u on 1 / u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size and exists (select 1)',
    // Its columns are read.
    'select distinct t.name, u.size from thing t left join thing u on u.size = t.size',
    'select distinct * from thing t left join thing u on u.size = t.size',
    'select distinct u.* from thing t left join thing u on u.size = t.size',
    'select distinct t.name, u is null from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size where u.size is null',
    'select distinct t.name from thing t left join thing u on u.size = t.size where size > 1',
    'select distinct on (u.size) t.name from thing t left join thing u on u.size = t.size',
    'select t.name from thing t left join thing u on u.size = t.size group by t.name, u.size',
    'select max(u.size) from thing t left join thing u on u.size = t.size',
    'select distinct t.name from thing t left join thing u on u.size = t.size left join address a on a.note = u.name',
    'select distinct t.name, (select u.name) from thing t left join thing u on u.size = t.size',
    'select distinct u.size from thing t left join thing u using (size)',
    'select distinct size from thing t full join thing u using (size)',
    'select distinct * from thing t left join thing u using (size)',
    'select distinct x.size from thing t left join thing u using (size) as x',
    'select distinct j.a from (thing t left join address u on u.note = t.kind) as j',
    'select distinct j.* from (thing t left join address u on u.note = t.kind) as j',
    'select distinct j from (thing t left join address u on u.note = t.kind) as j',
    'select distinct j.b from (address u right join thing t on u.note = t.kind) as j (b)',
    'select distinct x from thing t left join thing u using (size) as x',
    'select distinct t.name from (thing t left join address u on u.note = t.kind) natural join unknown',
    'select distinct t.name from thing t left join thing u using (size) where u.kind is null',
    'select distinct t.name from thing t left join thing u using (size) left join address a on a.note = u.name',
    'select distinct t.name from thing t left join thing u using (size) left join address a using (a)',
    'select distinct t.name from thing t natural left join (select * from unknown) as u',
  ])('%s', (statement) => {
    expect(neverRead(statement)).toEqual([])
  })
})
