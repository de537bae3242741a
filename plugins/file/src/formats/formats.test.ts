/** Each format, read from real files as tables. */
import { gzipSync } from 'node:zlib'
import { errorOf } from '@millrace/plugin-sdk/testing'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FileHarness } from '../testing/file-harness.js'
import { parquetColumn } from './parquet-types.js'

let harness: FileHarness
beforeEach(async () => {
  harness = await FileHarness.start()
})
afterEach(() => harness.stop())

async function rowsOf(name: string, content: string | Uint8Array, own: object = {}) {
  await harness.write(name, content)
  return harness.rows({ source: name, ...own })
}

describe('CSV', () => {
  test('quotes, separators and line ends within them, CRLF, a byte order mark', async () => {
    const content = '\ufeffname,note\r\n"a ""b""","x, y\r\nz"\r\nc,d'
    expect(await rowsOf('t.csv', content)).toEqual([
      { name: 'a "b"', note: 'x, y\r\nz' },
      { name: 'c', note: 'd' },
    ])
  })

  test('line ends of several kinds', async () => {
    expect(await rowsOf('t.csv', 'a,b\r\n1,x\n2,y\r\n')).toEqual([
      { a: 1n, b: 'x' },
      { a: 2n, b: 'y' },
    ])
    expect(await rowsOf('mac.csv', 'a,b\r1,x\r2,y')).toHaveLength(2)
    expect(await rowsOf('within.csv', 'a,b\n1,x\ry\n')).toEqual([{ a: 1n, b: 'x\ry' }])
  })

  test('nothing is NULL, an empty text in quotes is one, and NULL is a text', async () => {
    expect(await rowsOf('t.csv', 'a,b,n\n,"",\n"NULL",NULL,""\n')).toEqual([
      { a: null, b: '', n: null },
      { a: 'NULL', b: 'NULL', n: '' },
    ])
    expect(await rowsOf('n.csv', 'a,b\nNULL,1\n"NULL",-\n', { nulls: ['NULL', '-'] })).toEqual([
      { a: null, b: 1n },
      { a: 'NULL', b: null },
    ])
  })

  test('which fields stand in quotes is known wherever they stand', async () => {
    const content = 'a,b,c\n\n#"\n"x, ""y""\n",,""\n,"",",\n"\n"","",\n'
    expect(await rowsOf('t.csv', content, { comment: '#' })).toEqual([
      { a: 'x, "y"\n', b: null, c: '' },
      { a: null, b: '', c: ',\n' },
      { a: '', b: '', c: null },
    ])
    const piped = 'a|b\n""|\n|""\n'
    expect(await rowsOf('p.csv', piped, { separator: '|' })).toEqual([
      { a: '', b: null },
      { a: null, b: '' },
    ])
  })

  test('leading zeros stay, and digits beyond 2^53', async () => {
    expect(await rowsOf('t.csv', 'zip,n,big\n01234,9007199254740993,12345678901234567890\n')).toEqual([
      { zip: '01234', n: 9007199254740993n, big: '12345678901234567890' },
    ])
  })

  test.each([
    ['numbers', '1,x\n2,y\n', ['c0', 'c1']],
    ['a repeated name', 'a,a\nx,y\n', ['c0', 'c1']],
    ['an empty name', 'a,\nx,y\n', ['c0', 'c1']],
    ['an address', '1.2.3.4\n1.2.3.5\n', ['c0']],
  ])('a first row with %s is no header', async (_, content, names) => {
    await harness.write('t.csv', content)
    expect(Object.keys(await harness.types({ source: 't.csv' }))).toEqual(names)
    expect(await harness.rows({ source: 't.csv' })).toHaveLength(2)
  })

  test('a header that must be one: names are made distinct, and fit PostgreSQL', async () => {
    const long = 'é'.repeat(40)
    const content = `a,a,,ctid,${long}\n1,2,3,4,5\n`
    await harness.write('t.csv', content)
    expect(await harness.types({ source: 't.csv', header: 'on' })).toEqual({
      a: 'bigint',
      a_2: 'bigint',
      c2: 'bigint',
      ctid_: 'bigint',
      [long.slice(0, 31)]: 'bigint',
    })
  })

  test('separators, comments', async () => {
    expect(await rowsOf('t.csv', '# from\na;b\n1;x\n#2;y\n', { separator: ';', comment: '#' })).toEqual([
      { a: 1n, b: 'x' },
    ])
    expect(await rowsOf('t.tsv', 'a\tb\n1\tx\n')).toEqual([{ a: 1n, b: 'x' }])
  })

  test.each([
    ['too few', 'a,b\n1,2\n3\n', 'line 3 of FILE: there is 1 field instead of 2'],
    ['too many', 'a,b\n1,2,3\n', 'line 2 of FILE: there are 3 fields instead of 2'],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n', /of FILE: it is no CSV: a quote is never closed/],
    [
      'something after a quote',
      'a,b\n1,"2"3\n',
      'line 2 of FILE: it is no CSV: something follows a closing quote',
    ],
    [
      'a quote in a field',
      'a,b\n1,x"y"\n',
      'line 2 of FILE: it is no CSV: a quote stands in the middle of a field',
    ],
    ['latin 1', Buffer.from('a\ncaf\xe9\n', 'latin1'), 'FILE is not UTF-8'],
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), 'FILE is not UTF-8'],
  ])('an error tells of %s', async (_, content, message) => {
    const path = await harness.write('t.csv', content)
    const error = await errorOf(harness.rows({ source: 't.csv' }))
    const said = error.message.replaceAll(path, 'FILE')
    if (typeof message === 'string') expect(said).toBe(message)
    else expect(said).toMatch(message)
    expect(error.hint).toBeDefined()
  })

  test('a value that does not fit is an error with line and column', async () => {
    const path = await harness.write('t.csv', `n\n${'1\n'.repeat(3)}x1\n`)
    const error = await errorOf(harness.rows({ source: 't.csv' }, {}, { sample_rows: 2 }))
    expect(error.message).toBe(
      `line 5 of ${path}: "x1" does not fit the column n, whose type is bigint by a sample`,
    )
    expect(error.hint).toContain('{ "n": "text" }')
    expect(
      await harness.rows({ source: 't.csv', columns: { n: 'text' } }, {}, { sample_rows: 2 }),
    ).toHaveLength(4)
    const own = await errorOf(harness.rows({ source: 't.csv', columns: { n: 'bigint' } }))
    expect(own.message).toBe(`line 5 of ${path}: "x1" is no bigint, which the column n is`)
  })

  test('an empty file has no columns, and a header alone no rows', async () => {
    expect(await rowsOf('empty.csv', '')).toEqual([])
    expect(await rowsOf('header.csv', 'a,b\n')).toEqual([])
  })

  test('a column of the settings that is not there', async () => {
    const error = await errorOf(rowsOf('t.csv', 'port,b\n1,2\n', { columns: { prot: 'text' } }))
    expect(error.message).toBe('the setting columns names "prot", and there is no such column')
    expect(error.detail).toBe('Columns are port, b.')
  })
})

describe('JSON lines', () => {
  test('have the columns of all objects, and keep numbers', async () => {
    const content = '\ufeff{"a": 1, "s": "01"}\r\n\n{"a": 12345678901234567890, "__proto__": {"x": 1e400}}'
    const rows = await rowsOf('t.jsonl', content)
    expect(rows.map(({ a, s }) => ({ a, s }))).toEqual([
      { a: '1', s: '01' },
      { a: '12345678901234567890', s: null },
    ])
    expect(await harness.types({ source: 't.jsonl' })).toEqual({ a: 'numeric', s: 'text' })
  })

  test('may have fields with names that objects have anyway, and of PostgreSQL', async () => {
    const content = '{"constructor": 1, "toString": "x", "__proto__": 2, "xmin": 3}\n{}\n'
    await harness.write('t.jsonl', content)
    const { table } = await harness.table({ source: 't.jsonl' })
    expect(Object.keys(table.columns).slice(0, 4)).toEqual(['constructor', 'toString', '__proto___', 'xmin_'])
    expect(table.keys.constructor).toBeUndefined()
    const [first, second] = await harness.rows(
      { source: 't.jsonl' },
      { columns: ['constructor', '__proto___'] },
    )
    expect([first?.constructor, second?.constructor]).toEqual([1n, null])
  })

  test('that nest too deeply are an error', async () => {
    const content = `{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    expect((await errorOf(rowsOf('t.jsonl', content))).message).toBe('a value of JSON nests too deeply')
  })

  test.each([
    ['{"a": 1}\n{"a": \n', /^line 2 of .*t\.ndjson: it is no JSON: /],
    ['{"a": 1}\n\n[1]\n', /^line 3 of .*t\.ndjson: it is a list, not an object$/],
    ['12345678901234567890\n', /^line 1 of .*: it is a number, not an object$/],
  ])('an error names the line: %j', async (content, message) => {
    expect((await errorOf(rowsOf('t.ndjson', content))).message).toMatch(message)
  })
})

describe('JSON', () => {
  test.each([
    ['a list', '[{"a": 1}, {"a": 2}]', undefined],
    ['objects one after the other', '{"a": 1}\n{"a": 2}', undefined],
    ['a list within an object', '{"x": [{"a": 9}], "y": {"z": [{"a": 1}, {"a": 2}]}, "a": 3}', '/y/z'],
    ['a list whose name is unusual', '{"y.z": {"": [{"a": 9}], "~/": [{"a": 1}, {"a": 2}]}}', '/y.z/~0~1'],
  ])('%s', async (_, content, rows) => {
    const own = rows === undefined ? {} : { rows }
    expect(await rowsOf('t.json', content, own)).toEqual([{ a: 1n }, { a: 2n }])
  })

  test('keeps digits, wherever numbers stand', async () => {
    expect(
      await rowsOf('t.json', '[{"n": 9007199254740993, "j": {"n": 9007199254740993, "e": 1.0}}]'),
    ).toEqual([{ n: 9007199254740993n, j: '{"n":9007199254740993,"e":1}' }])
  })

  test('an empty list is no rows, and a missing one an error', async () => {
    expect(await rowsOf('t.json', '[]')).toEqual([])
    expect(await rowsOf('p.json', '{"a": []}', { rows: '/a' })).toEqual([])
    for (const rows of ['/b', '/c', '/a/0']) {
      const error = await errorOf(rowsOf('p.json', '{"a": [], "c": 1}', { rows }))
      expect(error.message).toMatch(new RegExp(`there is no list at ${rows}$`))
    }
    const object = await errorOf(rowsOf('o.json', '{"a": {"b": {}}}', { rows: '/a' }))
    expect(object.message).toMatch(/\/a is no list/)
  })

  test.each([
    ['[{"a": 1}, {"a": ', /it is no JSON/],
    ['[{"a": 1}} ', /after row 1 of .*: it is no JSON/],
    ['[1]', /row 1 of .*: it is a number, not an object/],
    ['[{"a": 1}] {"a": {"b": 2}}', /it does not go on with a list/],
    ['', /it is empty/],
    ['hello', /it is no JSON/],
  ])('an error for %j', async (content, message) => {
    expect((await errorOf(rowsOf('t.json', content))).message).toMatch(message)
  })
})

describe('Parquet', () => {
  const columnData = () => [
    { name: 'ip', data: ['1.2.3.4', '10.0.0.0/8', null], type: 'STRING' as const },
    { name: 'text', data: ['a', '', null], type: 'STRING' as const },
    { name: 'n', data: [1n, 9007199254740993n, null], type: 'INT64' as const },
    { name: 'd', data: [1.5, Number.NaN, null], type: 'DOUBLE' as const },
    { name: 'ok', data: [true, false, null], type: 'BOOLEAN' as const },
    {
      name: 'at',
      data: [new Date(0), new Date('2022-07-06T01:02:03.004Z'), null],
      type: 'TIMESTAMP' as const,
    },
    { name: 'j', data: [{ a: 1 }, [1], null], type: 'JSON' as const },
  ]

  test('has its own types; texts may be addresses', async () => {
    const content = new Uint8Array(parquetWriteBuffer({ columnData: columnData(), rowGroupSize: [2, 1] }))
    expect(await rowsOf('t.parquet', content)).toEqual([
      { ip: '1.2.3.4', text: 'a', n: 1n, d: 1.5, ok: true, at: '1970-01-01T00:00:00Z', j: '{"a":1}' },
      {
        ip: '10.0.0.0/8',
        text: '',
        n: 9007199254740993n,
        d: Number.NaN,
        ok: false,
        at: '2022-07-06T01:02:03.004Z',
        j: '[1]',
      },
      { ip: null, text: null, n: null, d: null, ok: null, at: null, j: null },
    ])
    expect(await harness.types({ source: 't.parquet' })).toEqual({
      ip: 'inet',
      text: 'text',
      n: 'bigint',
      d: 'double precision',
      ok: 'boolean',
      at: 'timestamp with time zone',
      j: 'jsonb',
    })
    // Rows are counted though no column is read.
    expect(await harness.rows({ source: 't.parquet' }, { columns: [] })).toHaveLength(3)
  })

  test('decimals keep their digits', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      {
        name: 'price',
        type: 'INT64' as const,
        converted_type: 'DECIMAL' as const,
        scale: 3,
        precision: 18,
        repetition_type: 'REQUIRED' as const,
      },
    ]
    const content = parquetWriteBuffer({
      schema,
      columnData: [{ name: 'price', data: [1234567.891, -0.005, 7] }],
    })
    expect(await rowsOf('t.parquet', new Uint8Array(content))).toEqual([
      { price: '1234567.891' },
      { price: '-0.005' },
      { price: '7.000' },
    ])
    expect(await harness.types({ source: 't.parquet' })).toEqual({ price: 'numeric' })
    const { convert } = parquetColumn({
      element: { name: 'price', converted_type: 'DECIMAL', scale: 3 },
      isLeaf: true,
    })
    expect(convert(123456789012345678n)).toBe('123456789012345.678')
    expect(convert(Uint8Array.of(0xff, 0xff, 0x38))).toBe('-0.200')
  })

  test.each([
    ['something else', 'hello, world, this is no Parquet'],
    ['too short', 'x'],
    ['half a file', new Uint8Array(parquetWriteBuffer({ columnData: columnData() })).slice(0, 200)],
  ])('an error for %s', async (_, content) => {
    expect((await errorOf(rowsOf('t.parquet', content))).message).toMatch(
      /t\.parquet: it cannot be read as Parquet: /,
    )
  })
})

describe('packed files', () => {
  /** `a,b`, `1,x`, `2,y`, as the command zstd packs it; with a checksum. */
  const zstd = Buffer.from('KLUv/QRYYQAAYSxiCjEseAoyLHkKLp8hRg==', 'base64')

  test.each([
    ['gzip', 't.csv.gz', gzipSync('a,b\n1,x\n2,y\n')],
    ['gzip in two parts', 't.csv.gz', Buffer.concat([gzipSync('a,b\n1,'), gzipSync('x\n2,y\n')])],
    ['gzip by another name', 't.csv', gzipSync('a,b\n1,x\n2,y\n')],
    ['zstd', 't.csv.zst', zstd],
  ])('%s', async (_, name, content) => {
    expect(await rowsOf(name, content)).toEqual([
      { a: 1n, b: 'x' },
      { a: 2n, b: 'y' },
    ])
  })

  test.each([
    ['gzip', 't.csv.gz', gzipSync('a,b\n1,x\n2,y\n').subarray(0, 20)],
    ['zstd', 't.csv.zst', zstd.subarray(0, 15)],
  ])('%s that is cut', async (_, name, content) => {
    expect((await errorOf(rowsOf(name, content))).message).toMatch(/is cut short or garbled$/)
  })
})
