import { beforeAll, describe, expect, test } from 'vitest'
import { StatementTexts } from './statement-texts.js'

const texts = new StatementTexts(['place', 'Mixed "case"'])

beforeAll(() => texts.analysable(() => 'table place'))

const planned = (text: string) => texts.analyse(text)?.map((statement) => statement.mayNameVirtualTables)

describe('is planned:', () => {
  test.each([
    'select * from place',
    'SELECT * FROM PLACE',
    'select * from counting.place as p',
    'table place',
    'select (select city from "place" limit 1)',
    'with p as (select * from place) select 1',
    'values ((select count(*) from place))',
    'insert into t select * from place',
    'update t set a = 1 from place p where p.ip = t.ip',
    'delete from t using place',
    'merge into t using place on true when matched then do nothing',
    'declare c cursor for select * from place',
    'copy (select * from place) to stdout',
    'create table t as select * from place',
    'select * into t from place',
    'explain select * from place',
    'explain analyze select * from place',
    'explain (verbose, analyze true) select * from place',
    'select * from "Mixed ""case"""',
    'create materialized view v as select * from place',
    'refresh materialized view whatever',
    '/* place */ select city -- from it\n from place',
  ])('%s', (text) => {
    expect(planned(text)).toEqual([true])
  })
})

describe('is relayed as it stands:', () => {
  test.each([
    '',
    '-- place',
    "select 'place'",
    'select place from t',
    'select * from "PLACE"',
    'select * from places',
    'select * from place where',
    'create view v as select * from place',
    'create materialized view v as select * from place with no data',
    'refresh materialized view place with no data',
    'create table t as select * from place with no data',
    'prepare p as select * from place',
    'drop foreign table place',
    'copy place from $$/tmp/file$$',
    'do $$ begin perform from place; end $$',
  ])('%s', (text) => {
    expect(planned(text)).toBeUndefined()
  })
})

describe('several statements', () => {
  const text = "select 'ä😀;'; /* € */ select * from place ;; create view v as table place; select 2"

  test('are each told apart', () => {
    expect(planned(text)).toEqual([false, true, false, false])
  })

  test('stand where they stood, counted in characters', () => {
    for (const statement of texts.analyse(text) ?? []) {
      const end = statement.start + [...statement.text].length
      expect([...text].slice(statement.start, end).join('')).toBe(statement.text)
    }
    expect(texts.analyse(text)?.[1]?.text.trim()).toBe('select * from place')
  })
})

describe('what is remembered', () => {
  test('the analysis and the tree of a text', () => {
    const [statement] = texts.analyse('select 1 from place') ?? []
    expect(texts.analyse('select 1 from place')?.[0]).toBe(statement)
    if (statement === undefined) throw new Error('nothing was found')
    expect(texts.treeOf(statement)).toBe(texts.treeOf(statement))
  })

  test('not of a very long text', () => {
    const long = `select 1 from place -- ${'x'.repeat(40_000)}`
    expect(texts.analyse(long)?.[0]).not.toBe(texts.analyse(long)?.[0])
  })
})

test('without virtual tables, nothing is planned', () => {
  expect(new StatementTexts([]).analyse('select * from place')).toBeUndefined()
})
