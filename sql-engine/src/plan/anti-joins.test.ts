/** Of rows that nothing matched, what is shown of the other table is NULL, and wherever other rows may be seen, it is read. */
import { describe, expect, test } from 'vitest'
import { plannedStatement } from '../testing/planned-statement.js'

const columnsOf = (statement: string) => plannedStatement(statement).columns.slice(0, 2).join('; ')

const join = 'from thing t left join thing u on u.size = t.size'

describe('only what is compared is read:', () => {
  test.each([
    `select t.name, u.* ${join} where u.size is null`,
    `select t.name, u ${join} where u.size is null`,
    `select t.name, u.note, 1 / length(u.name) ${join} where u.size is null`,
    `select t.name ${join} where u.size is null order by u.note`,
    `select t.name, count(u.note) ${join} where u.size is null group by t.name, u.kind`,
    `select distinct on (u.kind) t.name, u.kind ${join} where u.size is null`,
    `select t.name, u.note ${join} where u.size is null and t.size > 3`,
    `select t.name, u.note ${join} and t.size > 3 where u.size is null`,
    `select t.name, u.note ${join} where not u.size is not null`,
    `select t.name, u.note ${join} where (u.size is null) is not false`,
    `select t.name, u.note ${join} where (not u.size is not null) is true`,
    `select t.name, u.note ${join} where u.size is not distinct from null`,
    `select t.name, u.note ${join} where null is not distinct from u.size`,
    'select t.name, u.note from thing u right join thing t on t.size = u.size where u.size is null',
    'select t.name, u.note from thing t left join thing u using (size) where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size in (t.size, 1) where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size between 1 and t.size where u.size is null',
    'select t.name, u.note from thing t left join thing u on t.size < u.size where u.size is null',
    'select t.name, u.note from thing t left join thing u on t.size operator(pg_catalog.=) u.size where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size is not null where u.size is null and t.size > 1',
    `select t.name, u.note ${join} where u.size is null union all select note, a from address`,
    `select t.name, u.note ${join} where u.size is null union all select note, a from address except select note, a from address`,
    `select * from (select t.name, u.note ${join} where u.size is null) q limit 3`,
    `select * from (select t.name, u.* ${join} where u.size is null) q limit 3`,
    `select name, 1 / length(note) from (select t.name, u.note ${join} where u.size is null) q where note is null`,
  ])('%s', (statement) => {
    expect(columnsOf(statement)).toMatch(/^(?:t: name size; u: size|u: size; t: name size)$/)
  })

  test('of all tables on the side that nothing matched', () => {
    const statement =
      'select t.name, u.note, v.note from thing t left join (thing u join thing v on v.kind = u.kind) on u.size = t.size where u.size is null'
    expect(plannedStatement(statement).columns).toEqual(['t: name size', 'u: kind size', 'v: kind'])
  })

  test.each([
    [
      'an inner join on that side',
      'select t.name, u.note, v.note from thing t left join (thing u join thing v on v.kind = u.kind) on t.flag where u.kind is null',
      ['t: flag name', 'u: kind', 'v: kind'],
    ],
    [
      'one of several joins',
      'select t.name, u.note, v.note from thing t left join (thing u left join thing v on v.kind = u.kind) on t.flag where v.kind is null',
      ['t: flag name', 'u: kind note', 'v: kind'],
    ],
    [
      'a full join around it',
      'select t.name, u.note, v.note from (thing t join thing u on u.size = t.size) full join thing v on v.flag where u.size is null',
      ['t: size', 'u: size', 'v: flag note'],
    ],
    [
      'a key that each row has',
      "select t.name, u.* from thing t left join (select * from place where ip in ('1.1.1.1')) u on u.city = t.name where u.ip is null",
      ['t: name', 'place: city ip'],
    ],
    [
      'a key that each row has, of the table itself',
      "select t.name, u.* from thing t left join place u on u.ip = '1.1.1.1' and t.flag where u.ip is null",
      ['t: flag name', 'u: ip'],
    ],
    [
      'a condition of the subquery',
      "select t.name, u.* from thing t left join (select * from thing where kind > 'b') u on t.flag where u.kind is null",
      ['t: flag name', 'thing: kind'],
    ],
  ])('by %s', (_, statement, columns) => {
    expect(plannedStatement(statement).columns).toEqual(columns)
  })

  test('of a subquery', () => {
    const statement =
      'select t.name, u.* from thing t left join (select size, note from thing where flag) u on u.size = t.size where u.size is null'
    expect(plannedStatement(statement).columns).toEqual(['t: name size', 'thing: flag size'])
  })
})

describe('more is read:', () => {
  test.each([
    // Rows that matched are seen.
    `select t.name, u.note ${join}`,
    `select t.name, u.note ${join} where u.size is not null`,
    `select t.name, u.note ${join} where u.size is null or t.size = 1`,
    `select t.name, u.note ${join} where not u.size is null`,
    `select t.name, u.note ${join} where (u.size is null) is false`,
    `select t.name, u.note ${join} where (u.size is null) is not true`,
    `select t.name, u.note ${join} where u.size is distinct from null`,
    `select t.name, u.note ${join} where u.size is not distinct from t.size`,
    'select t.name, q.note from thing t left join (select size, max(note) as note from thing u where size > 1 group by rollup (size)) q on t.flag where q.size is null',
    'select t.name, q.note from thing t left join (select * from thing u where size > 1 or flag) q on t.flag where q.size is null',
    "select q.city from address left join (select u.ip, u.city from thing w left join place u on u.ip = '1.1.1.1') q on a is null where q.ip is null",
    'select t.name, u.note from thing u join thing t on u.size = t.size where u.size is null',
    `select t.name, u.note ${join} where t.size is null`,
    `select t.name, u.note ${join} group by t.name, u.note, u.size having u.size is null`,
    `select * from (select t.name, u.note ${join} where u.size is null union all select note, a from address union all select note, a from address) q where 1 / length(note) = 1`,
    // What may be NULL of a row that matched, or is compared so that NULL matches.
    'select t.name, u.note from thing t left join thing u on u.name = t.name where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size is not distinct from t.size where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size is distinct from t.size where u.size is null',
    'select t.name, u.note from thing t left join thing u on u.size is null where u.size is null and t.size = 1',
    'select t.name, u.note from thing t left join thing u on u.size = t.size or t.flag where u.size is null',
    'select t.name, u.note from thing t left join thing u on t.size in (u.size, 1) where u.size is null',
    'select t.name, u.note from thing t left join thing u on coalesce(u.size, 1) = t.size where u.size is null',
    'select t.name, u.note from thing t full join thing u on u.size = t.size where u.size is null',
    'select t.name, u.note from thing u full join thing t on u.size = t.size where u.size is null',
    'select t.name, u.note from thing t join thing u on u.size = t.size where u.size is null',
    'select t.name, u.note from thing u left join thing t on u.size = t.size where u.size is null',
    // Somebody's own operator may be true of NULL.
    'select t.name, u.note from thing t left join thing u on u.size operator(mine.=) t.size where u.size is null',
    // The condition is of another join, or query.
    'select t.name, u.note from thing t left join thing u on true left join thing v on v.size = u.size where u.size is null and t.size = 1',
    'select t.name, (select u.note from thing v where v.size is null and t.size = 1) from thing t left join thing u on u.size = t.size',
    // A query within, or around, may look at rows that are left out in the end.
    `select t.name, (select max(a) from address where note = u.note) ${join} where u.size is null`,
    `select t.name, c.note ${join} cross join lateral (select u.note) c where u.size is null`,
    `select t.name ${join} where u.size is null and u.note > 'a'`,
    `select name from (select t.name, 1 / length(u.note) as n ${join} where u.size is null) q where n > 1`,
    `select name from (select t.name, u.note as n ${join} where u.size is null) q where 1 / length(n) > 1`,
    `select name from (select name, 1 / length(n) as m from (select t.name, u.note as n ${join} where u.size is null) q) r where m > 1`,
    `select name, x from (select t.name, u.note as n ${join} where u.size is null) q, lateral (select 1 / length(n) as x) r`,
    `with q as (select t.name, u.note ${join} where u.size is null) select * from q`,
    `select 1 from address where (a, note) in (select t.name, u.note ${join} where u.size is null)`,
  ])('%s', (statement) => {
    expect(columnsOf(statement)).toMatch(/\bu: [^;]*(?:note|city)/)
  })
})
