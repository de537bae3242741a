/**
 * Which conditions narrow a key query: all that hold, unless they are checked of matches only and may fail, since a key
 * query knows no matches.
 */
import { expect, test } from 'vitest'
import { boundStatement, functions } from '../testing/planned-statement.js'
import { DependencyFinder } from './dependencies.js'
import { neededColumns } from './needed-columns.js'
import { planScans } from './plan-scans.js'

function conditionsOf(text: string): readonly number[] {
  const { tree, binding } = boundStatement(text)
  const needed = neededColumns(tree, binding, functions)
  const dependencyFinder = new DependencyFinder(binding, functions)
  const scans = planScans(binding, needed, needed.readReferences, dependencyFinder, functions)
  return scans.flatMap(({ quals }) =>
    quals.flatMap(({ comparison }) =>
      comparison.operator === '='
        ? comparison.sources.flatMap((source) => (source.kind === 'query' ? [source.query.where.length] : []))
        : [],
    ),
  )
}

test.each([
  ['fails for no values', 'select 1 from address b left join thing on name = a and b.note is null', 1],
  ['takes a pattern', "select 1 from address b left join thing on name = a and b.note like 'x%'", 1],
  ['may fail', 'select 1 from address b left join thing on name = a and 1 / length(b.note) > 0', 0],
  [
    'may fail, mirrored',
    'select 1 from thing right join address b on name = a and 1 / length(b.note) > 0',
    0,
  ],
  ['is checked of all rows', 'select 1 from address b join thing on name = a and 1 / length(b.note) > 0', 1],
  [
    'is checked before',
    'select 1 from address b left join thing on name = a where 1 / length(b.note) > 0',
    1,
  ],
  [
    'guards a cast',
    'select 1 from address b left join place on ip = a::inet and substr(b.note, 2) = $$x$$',
    1,
  ],
  [
    'guards a cast in a subquery',
    'select 1 from (select a::inet, note from address) b left join place on ip = a and substr(b.note, 2) = $$x$$',
    1,
  ],
  [
    'guards a cast in a CTE',
    'with b as (select a::inet, note from address) select 1 from b left join place on ip = a and substr(b.note, 2) = $$x$$',
    1,
  ],
  [
    'has a subquery of nothing to guard',
    'select 1 from (select a, note from address) b left join thing on name = a and 1 / length(b.note) > 0',
    0,
  ],
  [
    'joins',
    'select 1 from address b left join (address c join thing on name = c.a) on substr(b.note, 2) = c.note',
    1,
  ],
])('a condition that %s', (_, text, count) => {
  expect(conditionsOf(text)).toEqual([count])
})

const joined = 'select 1 from address b left join address c on c.a = b.a join thing on name ='

test.each([
  ['a column', 'c.note', 1],
  ['a cast of one', 'c.a::text', 1],
  ['a field of one', "c.note ->> 'x'", 1],
  ["a field by PostgreSQL's operator", "c.note operator(pg_catalog.->>) 'x'", 1],
  ["a field by somebody's own operator", "c.note operator(mine.->>) 'x'", 0],
  ['more than a column', "coalesce(c.note, 'x')", 0],
])(
  '%s that is NULL where an outer join has none is asked for as often as it is strict',
  (_, value, sources) => {
    expect(conditionsOf(`${joined} ${value}`)).toHaveLength(sources)
  },
)

const city = '(select city from place where ip = note::inet)'

test.each([
  ['CASE', `select case when a is null then ${city} end from address`, 1],
  [
    'ELSE',
    `select case when a is null then note when note > 'b' then a::text else ${city} end from address`,
    2,
  ],
  ['COALESCE', `select coalesce(a::text, ${city}) from address`, 1],
  ['AND', `select a is null and ${city} = 'x' from address`, 1],
  ['OR', `select a is null or (a is null and ${city} = 'x') from address`, 2],
  [
    'queries around',
    `select case when a is null then (select coalesce(a::text, ${city})) end from address`,
    2,
  ],
  ['NOT', `select not a is null or ${city} = 'x' from address`, 1],
  ['what cannot be written', `select coalesce(a is null or a is null, ${city} = 'x') from address`, 0],
  ['what comes after it', `select ${city} = 'x' and a is null from address`, 0],
  ['CASE with a value', `select case note when 'x' then ${city} end from address`, 0],
  ['what may fail', `select case when 1 / length(note) = 1 then ${city} end from address`, 0],
  [
    'rows that are not read',
    `select case when c.a is null then (select city from place where ip = b.note::inet) end
    from address b, address c`,
    0,
  ],
  ['windows', `select case when count(*) over () = 1 then ${city} end from address`, 0],
  ['groups', `select case when count(*) = 1 then ${city} end from address group by note`, 0],
  ['grouping sets', `select case when a is null then ${city} end from address group by note, rollup (a)`, 0],
  [
    'what fails for no values',
    'select case when note is null then (select city from place where ip = a) end from address',
    0,
  ],
])('the values of a subquery in an expression are guarded by %s', (_, text, guards) => {
  expect(conditionsOf(text)).toEqual([guards])
})
