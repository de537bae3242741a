/** A condition on what a subquery yields passes into it, where it drops the same rows inside as outside. */
import { describe, expect, test } from 'vitest'
import { pushedTo } from '../testing/planned-statement.js'

const above = (query: string, condition = "name = 'a'") =>
  pushedTo(`select * from (${query}) q where ${condition}`)

describe('into', () => {
  test.each<[string, string, string?]>([
    ['a subquery', 'select * from thing'],
    ['several', 'select * from (select * from thing) p'],
    ['an output of another name', 'select name as n from thing', "n = 'a'"],
    ['DISTINCT', 'select distinct name, kind from thing'],
    ['a column that decides the groups', 'select name, count(*) from thing group by name'],
    ['DISTINCT ON the column', 'select distinct on (name) * from thing'],
    ['windows over rows that are alike in it', 'select *, row_number() over (partition by name) from thing'],
    ['a set operation, of which each arm is bound', 'select name from thing union select note from address'],
  ])('%s', (_, query, condition?: string) => {
    expect(above(query, condition)).toEqual(["thing: name = 'a'"])
  })

  test.each<[string, string, string, string]>([
    [
      'a text that is made of an address',
      'select abbrev(ip) as text, city from place',
      "text = '1.1.1.1'",
      "place: ip = '1.1.1.1'",
    ],
    [
      'one that several queries make',
      'select text::varchar as text from (select abbrev(ip) as text from place) p',
      "text in ('1.1.1.1', '2.2.2.2')",
      "place: ip IN ('1.1.1.1', '2.2.2.2')",
    ],
    [
      'one of which each is given once',
      'select distinct abbrev(ip) as text from place',
      "text = '1.1.1.1'",
      "place: ip = '1.1.1.1'",
    ],
    [
      'one that is made of what decides the groups',
      'select abbrev(ip) as text, count(*) from place group by ip',
      "text = '1.1.1.1'",
      "place: ip = '1.1.1.1'",
    ],
  ])('%s', (_, query, condition, pushed) => {
    expect(above(query, condition)).toEqual([pushed])
  })

  test('a text by which another table is joined, by the values of that table', () => {
    const place = '(select abbrev(ip) as text, city from place) p'
    expect(pushedTo(`select * from thing join ${place} on text = name`)).toEqual([
      'thing:',
      'place: ip = name, from rows of 1',
    ])
    expect(pushedTo('select * from thing where name in (select abbrev(ip) from place)')).toEqual([
      'thing:',
      'place: ip = name, from rows of 1',
    ])
  })

  test('each arm of a set operation by its own column', () => {
    expect(above('select name from thing union all select kind from thing')).toEqual([
      "thing: name = 'a'",
      "thing: kind = 'a'",
    ])
  })

  test('a CTE with one reader', () => {
    expect(pushedTo("with q as (select * from thing) select * from q where name = 'a'")).toEqual([
      "thing: name = 'a'",
    ])
  })
})

describe('not into', () => {
  test.each<[string, string, string?]>([
    ['the first rows: others would come first', 'select * from thing limit 3'],
    ['rows from one on', 'select * from thing offset 1'],
    ['DISTINCT ON another column', 'select distinct on (kind) * from thing'],
    ['groups by another column', 'select kind, max(name) as name from thing group by kind'],
    ['windows over rows that differ in it', 'select *, row_number() over (partition by kind) from thing'],
    ['an output that is computed', "select name || 'x' as name from thing"],
    [
      'an arm of a set operation that computes it',
      "select name || '' as name from thing union select note from address",
    ],
    ['rows that each yield several', 'select name, generate_series(1, 3) as n from thing', 'n = 1'],
  ])('%s', (_, query, condition?: string) => {
    expect(above(query, condition)).toEqual(['thing:'])
  })

  test('a CTE of which another reader wants all rows', () => {
    const statement =
      "with q as (select * from thing) select * from q where name = 'a' union all select * from q"
    expect(pushedTo(statement)).toEqual(['thing:'])
  })
})
