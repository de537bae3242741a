/** Files of Parquet, read back by a reader that is not the writer's. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { types } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openExportFile } from '../sink.js'
import { parquetOutlet } from './parquet-outlet.js'
import { clockMicrosecondsOf, daysOf, timeMicrosecondsOf } from './times.js'

const { builtins } = types

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-parquet-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A column of a type, of values as PostgreSQL prints them. */
async function write(name: string, type: number, values: readonly (string | null)[]): Promise<string> {
  const path = join(folder, `${name}.parquet`)
  const outlet = parquetOutlet(await openExportFile(path))
  try {
    await outlet.begin([{ name: 'a', type }])
    await outlet.rows(values.map((value) => [value]))
    await outlet.end(values.length)
    await outlet.finish()
  } catch (error) {
    await outlet.abandon()
    throw error
  }
  return path
}

async function read(path: string): Promise<unknown[]> {
  const file = await asyncBufferFromFile(path)
  const parsers = {
    timestampFromMilliseconds: (time: bigint) => time,
    timestampFromMicroseconds: (time: bigint) => time,
    timestampFromNanoseconds: (time: bigint) => time,
    dateFromDays: (days: number) => days,
    stringFromBytes: (bytes: Uint8Array) => bytes && new TextDecoder().decode(bytes),
  }
  // What a list's NULL is to the reader.
  return (await parquetReadObjects({ file, parsers, utf8: false })).map(({ a }) => a ?? null)
}

describe('values in Parquet', () => {
  it.each<[string, number, (string | null)[], unknown[]]>([
    ['int4', builtins.INT4, ['-2147483648', null, '7'], [-2147483648, null, 7]],
    ['int8', builtins.INT8, ['9223372036854775807', null], [9223372036854775807n, null]],
    ['float8', builtins.FLOAT8, ['0.1', '-Infinity', 'NaN'], [0.1, Number.NEGATIVE_INFINITY, Number.NaN]],
    [
      'numeric',
      builtins.NUMERIC,
      ['12345678901234567890.00123', 'NaN', null],
      ['12345678901234567890.00123', 'NaN', null],
    ],
    ['bool', builtins.BOOL, ['true', 'false', null], [true, false, null]],
    ['text', builtins.TEXT, ['', 'Grüße 🌊', null], ['', 'Grüße 🌊', null]],
    ['jsonb', builtins.JSONB, ['{"n": 12345678901234567890}', null], ['{"n": 12345678901234567890}', null]],
    ['inet', builtins.INET, ['10.0.0.0/8', '::1', null], ['10.0.0.0/8', '::1', null]],
    [
      'uuid',
      builtins.UUID,
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ],
    ['bytea', builtins.BYTEA, ['\\x00ff', '\\x'], [new Uint8Array([0, 255]), new Uint8Array()]],
    ['timestamptz', builtins.TIMESTAMPTZ, ['1970-01-01 05:30:00.000001+05:30', null], [1n, null]],
    ['timestamp', builtins.TIMESTAMP, ['1969-12-31 23:59:59.5'], [-500000n]],
    ['date', builtins.DATE, ['2000-03-01', null], [11017, null]],
    ['text[]', 1009, ['{a,NULL,"b,c",""}', '{}', null], [['a', null, 'b,c', ''], [], null]],
    ['int8[]', 1016, ['{9007199254740993}'], [[9007199254740993n]]],
    ['an unknown type', 99_999, ['(1,x)'], ['(1,x)']],
  ])('%s', async (name, type, values, expected) => {
    expect(await read(await write(name, type, values))).toEqual(expected)
  })

  it.each([
    ['infinity', builtins.TIMESTAMPTZ],
    ['-infinity', builtins.DATE],
    ['01/02/2026', builtins.DATE],
    ['{{1,2},{3,4}}', 1007],
  ])('%s has none: that is told, and no file is left', async (value, type) => {
    await expect(write('none', type, [value])).rejects.toMatchObject({
      message: expect.stringContaining(
        `the column "a" has "${value}", which its type in Parquet cannot hold`,
      ),
      exitCode: 1,
    })
    expect((await readdir(folder)).filter((file) => file.includes('none'))).toEqual([])
  })

  it('no rows are a file with columns', async () => {
    const path = await write('empty', builtins.INT4, [])
    expect(await read(path)).toEqual([])
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(path))
    expect(schema.map(({ name }) => name)).toEqual(['root', 'a'])
  })

  it('rows are written in groups, and come back in order', async () => {
    const numbers = Array.from({ length: 120_001 }, (_, index) => String(index))
    const path = await write('groups', builtins.INT4, numbers)
    const { row_groups: groups } = await parquetMetadataAsync(await asyncBufferFromFile(path))
    expect(groups.map(({ num_rows: rows }) => rows)).toEqual([50_000n, 50_000n, 20_001n])
    expect(await read(path)).toEqual(numbers.map(Number))
  })
})

describe('times', () => {
  it('are those of JavaScript, as far as that has them', () => {
    for (let day = -1_000_000; day < 2_000_000; day += 373) {
      const iso = new Date(day * 86_400_000).toISOString()
      if (/^\d{4}/.test(iso)) expect(daysOf(iso.slice(0, 10))).toBe(day)
    }
  })

  it('go beyond, in both directions', () => {
    // select extract(epoch from '…'::timestamptz) * 1000000
    expect(timeMicrosecondsOf('294276-12-31 23:59:59.999999+00')).toBe(9224318015999999999n)
    expect(timeMicrosecondsOf('4713-01-01 00:00:00+00 BC')).toBe(-210863520000000000n)
    expect(daysOf('0001-12-31 BC')).toBe((daysOf('0001-01-01') ?? 0) - 1)
    expect(clockMicrosecondsOf('23:59:59.000001')).toBe(86_399_000_001n)
  })
})
