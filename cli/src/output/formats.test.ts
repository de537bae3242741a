import { types } from 'pg'
import { describe, expect, it } from 'vitest'
import type { Column, Row } from './column.js'
import type { Format } from './format-names.js'
import { writerOf } from './formats.js'
import type { WriterOptions } from './result-writer.js'

const { builtins } = types

const columns: readonly Column[] = [
  { name: 'city', type: builtins.TEXT },
  { name: 'n', type: builtins.INT8 },
  { name: 'remark', type: builtins.TEXT },
]

const rows: readonly Row[] = [
  ['Windsor', '9007199254740993', null],
  ['Zürich 😀', '7', ''],
]

function written(
  format: Format,
  options: Partial<WriterOptions> = {},
  result: { readonly columns: readonly Column[]; readonly batches: readonly (readonly Row[])[] } = {
    columns,
    batches: [rows],
  },
): string {
  const writer = writerOf(format, { header: true, separator: ',', ...options })
  const count = result.batches.flat().length
  return (
    writer.begin(result.columns) +
    result.batches.map((batch) => writer.rows(batch)).join('') +
    writer.end(count)
  )
}

const one = (type: number, ...values: (string | null)[]) => ({
  columns: [{ name: 'v', type }],
  batches: [values.map((value) => [value])],
})

describe('a table', () => {
  it('is laid out as by psql, and tells NULL from empty text', () => {
    expect(written('table')).toBe(
      [
        '   city    |        n         | remark',
        '-----------+------------------+--------',
        ' Windsor   | 9007199254740993 | <null>',
        ' Zürich 😀 |                7 |',
        '(2 rows)',
        '',
      ].join('\n'),
    )
    expect(written('table', {}, one(builtins.TEXT))).toBe(' v\n---\n(0 rows)\n')
    expect(written('table', { header: false }, one(builtins.INT4, '1'))).toBe(' 1\n')
  })

  it('shows what comes later whole, however wide', () => {
    const result = { columns, batches: [rows, [['x'.repeat(50), '1', 'y']]] }
    expect(written('table', {}, result)).toContain(`\n ${'x'.repeat(50)} |                1 | y\n(3 rows)\n`)
  })

  it('becomes records where the terminal is too narrow', () => {
    expect(written('table', { width: 30 })).toBe(written('line'))
    expect(written('table', { width: 80 })).toBe(written('table'))
  })

  it('folds its widest column where that makes it fit', () => {
    const words = 'Each distinct address that a query asks for takes one lookup of the plan.'
    const result = {
      columns: [
        { name: 'n', type: builtins.INT4 },
        { name: 'description', type: builtins.TEXT },
      ],
      batches: [[['1', words] as const, ['2', 'x'.repeat(60)] as const]],
    }
    expect(written('table', { width: 45 }, result)).toBe(
      [
        ' n |               description',
        '---+-----------------------------------------',
        ' 1 | Each distinct address that a query     .',
        '   | asks for takes one lookup of the plan.',
        ` 2 | ${'x'.repeat(39)}.`,
        `   | ${'x'.repeat(21)}`,
        '(2 rows)',
        '',
      ].join('\n'),
    )
    expect(written('table', { width: 27 }, result)).toBe(written('line', {}, result))
  })

  it('shows values of several lines as psql does, and lets nothing through to the terminal', () => {
    expect(written('table', {}, one(builtins.TEXT, 'a\nb', '\u001b[31m\t\u202e', '<null>'))).toBe(
      [
        '        v',
        '------------------',
        ' a               +',
        ' b',
        ' \\x1B[31m\\t\\u202E',
        ' "<null>"',
        '(3 rows)',
        '',
      ].join('\n'),
    )
  })
})

describe('records', () => {
  it('stand one below another', () => {
    expect(written('line')).toBe(
      [
        '-[ RECORD 1 ]-------',
        'city   | Windsor',
        'n      | 9007199254740993',
        'remark | <null>',
        '-[ RECORD 2 ]-------',
        'city   | Zürich 😀',
        'n      | 7',
        'remark |',
        '',
      ].join('\n'),
    )
    expect(written('line', {}, one(builtins.TEXT, 'a\nb'))).toBe('-[ RECORD 1 ]--\nv | a+\n  | b\n')
  })
})

describe('CSV', () => {
  it('tells NULL from empty text, and quotes what needs it', () => {
    expect(written('csv')).toBe('city,n,remark\nWindsor,9007199254740993,\nZürich 😀,7,""\n')
    expect(written('csv', {}, one(builtins.TEXT, 'a"b', 'a,b', 'a\nb', '\\.', ' ', null, ''))).toBe(
      'v\n"a""b"\n"a,b"\n"a\nb"\n"\\."\n" "\n\n""\n',
    )
    expect(written('csv', { header: false, separator: ';' }, one(builtins.TEXT, 'a,b', 'a;b'))).toBe(
      'a,b\n"a;b"\n',
    )
  })
})

describe('JSON', () => {
  const value = (type: number, text: string | null) => {
    const document = written('jsonl', {}, one(type, text))
    expect(document.trimEnd()).not.toContain('\n')
    expect(() => JSON.parse(document)).not.toThrow()
    return document.slice('{"v":'.length, -2)
  }

  it.each<[keyof typeof builtins, string | null, string]>([
    ['INT8', '9223372036854775807', '9223372036854775807'],
    ['NUMERIC', '-0.10000000000000000000001', '-0.10000000000000000000001'],
    ['NUMERIC', 'NaN', '"NaN"'],
    ['FLOAT8', '1e+20', '1e+20'],
    ['FLOAT8', '-Infinity', '"-Infinity"'],
    ['BOOL', 'true', 'true'],
    ['TEXT', null, 'null'],
    ['TEXT', '', '""'],
    ['TEXT', 'null', '"null"'],
    ['JSONB', '{"a": 12345678901234567890}', '{"a": 12345678901234567890}'],
    ['JSON', '{\n"a": "x\\ny"}', '{ "a": "x\\ny"}'],
    ['JSONB', 'null', 'null'],
    ['TIMESTAMP', '2022-07-06 20:38:09.5', '"2022-07-06T20:38:09.5"'],
    ['TIMESTAMPTZ', '2022-07-06 20:38:09+00', '"2022-07-06T20:38:09+00:00"'],
    ['TIMESTAMPTZ', '2022-07-06 20:38:09+05:30', '"2022-07-06T20:38:09+05:30"'],
    ['TIMESTAMPTZ', 'infinity', '"infinity"'],
    ['DATE', '2022-07-06', '"2022-07-06"'],
  ])('has %s %j as %s', (type, text, json) => {
    expect(value(builtins[type], text)).toBe(json)
  })

  it.each<[number, string, string]>([
    [1009, '{a,NULL,"NULL","x,\\"y"}', '["a",null,"NULL","x,\\"y"]'],
    [1016, '{{1,2},{9007199254740993,NULL}}', '[[1,2],[9007199254740993,null]]'],
    [1000, '{t,f}', '[true,false]'],
    [3807, '{"{\\"a\\": 1}"}', '[{"a": 1}]'],
    [1009, '{}', '[]'],
  ])('has arrays of type %i as arrays: %s', (type, text, json) => {
    expect(value(type, text)).toBe(json)
  })

  it('is one document for a result, with the types of its columns', () => {
    expect(JSON.parse(written('json'))).toMatchObject({
      columns: [
        { name: 'city', data_type: 'TEXT' },
        { name: 'n', data_type: 'INT8' },
        { name: 'remark', data_type: 'TEXT' },
      ],
      rows: [
        { city: 'Windsor', remark: null },
        { city: 'Zürich 😀', remark: '' },
      ],
    })
    expect(JSON.parse(written('json', {}, one(1009)))).toEqual({
      columns: [{ name: 'v', data_type: '_TEXT' }],
      rows: [],
    })
  })

  it('keeps all of several columns with one name', () => {
    const result = {
      columns: ['a', 'a', 'a_2', 'a'].map((name) => ({ name, type: builtins.INT4 })),
      batches: [[['1', '2', '3', '4']]],
    }
    expect(written('jsonl', {}, result)).toBe('{"a":1,"a_3":2,"a_2":3,"a_4":4}\n')
  })
})

describe('Markdown', () => {
  it('shows values, not what Markdown would make of them', () => {
    expect(written('markdown')).toBe(
      '| city | n | remark |\n| --- | --: | --- |\n| Windsor | 9007199254740993 | *null* |\n| Zürich 😀 | 7 |  |\n',
    )
    expect(written('markdown', {}, one(builtins.TEXT, 'a|b\n<c> `d` e_f _g_ *h*'))).toContain(
      '| a\\|b<br>\\<c\\> \\`d\\` e_f \\_g\\_ \\*h\\* |\n',
    )
  })
})
