/** Statements that are answered from rows fetched for earlier ones. */
import { randomBytes } from 'node:crypto'
import { bigint, inet, text, timestamptz } from '@millrace/plugin-sdk'
import { pino } from 'pino'
import { beforeEach, describe, expect } from 'vitest'
import { Engine } from '../engine.js'
import { ClientSession } from '../testing/client-session.js'
import { countingPlugin } from '../testing/counting-plugin.js'
import { freshEngineTest } from '../testing/engine-test.js'

const rows = [1n, 2n, 3n, 4n].map((size) => ({ trail: size < 3n ? 't1' : 't2', size, name: `n${size}` }))

const { plugin, calls } = countingPlugin({
  event: {
    columns: { trail: text('Trail'), size: bigint('Size'), name: text('Name') },
    keys: {
      trail: { operators: ['='], require: 'required' },
      size: { operators: ['=', '<', '>'], inherent: true },
    },
    orders: { size: ['asc', 'desc'] },
    rows,
  },
  log: {
    columns: { trail: text('Trail'), at: timestamptz('Time'), line: bigint('Line') },
    keys: {
      trail: { operators: ['='], require: 'required', valuesPerCall: 1 },
      at: { operators: ['=', '<', '<=', '>', '>='], inherent: true, immutable: true },
      line: { operators: ['<', '<=', '>', '>='], inherent: true, immutable: true },
    },
    // Two rows at each instant, a microsecond apart from the next.
    rows: Array.from({ length: 40 }, (_, line) => ({
      trail: 't',
      at: `2026-01-01T00:00:00.0000${String(line >> 1).padStart(2, '0')}Z`,
      line: BigInt(line),
    })),
  },
  place: {
    columns: { ip: inet('Address'), city: text('City') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
    rows: [1, 2, 3, 4, 5].map((last) => ({ ip: `1.1.1.${last}`, city: `c${last}` })),
  },
  word: {
    columns: { word: text('Word'), length: bigint('Length') },
    keys: { word: { operators: ['='], require: 'required', valuesPerCall: 1 } },
    rows: ['a', 'A', "it's", '\\', ''].map((word) => ({ word, length: BigInt(word.length) })),
  },
})

/** Rows whose size on disk is that of their texts, which cannot be compressed. */
const texts = [
  { name: 'small', text: 'a' },
  ...Array.from({ length: 10 }, () => ({ name: 'large', text: randomBytes(50_000).toString('hex') })),
]
const library = countingPlugin({
  book: {
    columns: { name: text('Name'), text: text('Text') },
    keys: { name: { operators: ['='], require: 'required' } },
    rows: texts,
  },
})

const test = freshEngineTest({ plugin, cache: { ttl: 60_000, maxBytes: 10_000_000 } })

beforeEach(() => {
  calls.length = 0
})

const namesOf = async (session: ClientSession, condition: string) =>
  (await session.query(`select name from event where ${condition} order by 1`)).map(({ name }) => name)

test('the same and narrower conditions make no call', async ({ session }) => {
  expect(await namesOf(session, `trail in ('t1', 't2')`)).toEqual(['n1', 'n2', 'n3', 'n4'])
  expect(calls).toHaveLength(1)
  expect(await namesOf(session, `trail in ('t2', 't1')`)).toEqual(['n1', 'n2', 'n3', 'n4'])
  expect(await namesOf(session, `trail = 't2'`)).toEqual(['n3', 'n4'])
  expect(await namesOf(session, `trail = 't2' and name like '%3'`)).toEqual(['n3'])
  expect(calls).toHaveLength(1)
  // The column was not among those that were filled.
  expect(await namesOf(session, `trail = 't2' and size > 3`)).toEqual(['n4'])
  expect(calls).toHaveLength(2)
  expect(await namesOf(session, `trail = 't2' and size = 4`)).toEqual(['n4'])
  expect(calls).toHaveLength(2)
  expect(await namesOf(session, `trail = 't2' and size > 2`)).toEqual(['n3', 'n4'])
  expect(calls).toHaveLength(3)
})

test('the first rows answer for all only where there are fewer than were asked for', async ({ session }) => {
  const first = (session: ClientSession, count: number, direction: string) =>
    session.query(`select name, size from event where trail = 't1' order by size ${direction} limit ${count}`)
  expect(await first(session, 1, 'desc')).toMatchObject([{ name: 'n2' }])
  expect(await first(session, 1, 'asc')).toMatchObject([{ name: 'n1' }])
  expect(await first(session, 2, 'asc')).toMatchObject([{ name: 'n1' }, { name: 'n2' }])
  expect(calls).toHaveLength(3)
  expect(await first(session, 3, 'asc')).toMatchObject([{ name: 'n1' }, { name: 'n2' }])
  expect(await first(session, 1, 'desc')).toMatchObject([{ name: 'n2' }])
  expect(await namesOf(session, `trail = 't1'`)).toEqual(['n1', 'n2'])
  expect(calls).toHaveLength(4)
})

test('sessions share what is kept', async ({ session, engine, postgres }) => {
  const other = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
  const statement = `select name from event where trail = 't1'`
  await Promise.all([session.query(statement), other.query(statement)])
  await other.query(statement)
  expect(calls).toHaveLength(1)
  await other.close()
})

test('a session chooses for itself how old rows may be', async ({ session }) => {
  await namesOf(session, `trail = 't1'`)
  await session.query('set millrace.cache_ttl = 0')
  expect(await namesOf(session, `trail = 't1'`)).toEqual(['n1', 'n2'])
  expect(calls).toHaveLength(2)
  await session.query('reset millrace.cache_ttl')
  await namesOf(session, `trail = 't1'`)
  expect(calls).toHaveLength(2)
  await session.query(`set millrace.cache_ttl = 'an hour'`)
  await expect(namesOf(session, `trail = 't1'`)).rejects.toMatchObject({
    sqlState: '22023',
    message: 'invalid value for parameter "millrace.cache_ttl": "an hour"',
  })
  await session.query('reset millrace.cache_ttl')
})

test('what is kept is dropped with the engine, and when its rows are gone', async ({ session, engine }) => {
  const scanTables = async (session: ClientSession) =>
    Number(
      (
        await session.query(
          `select count(*) from pg_class where relkind = 'r' and relnamespace = 'pg_millrace_scan'::regnamespace`,
        )
      )[0]?.count,
    )
  await namesOf(session, `trail = 't1'`)
  expect(await scanTables(session)).toBe(1)
  engine.forgetRows()
  while ((await scanTables(session)) > 0) {}
  await namesOf(session, `trail = 't1'`)
  expect(calls).toHaveLength(2)
})

describe('a wider range', () => {
  const instant = (microseconds: number) =>
    `'2026-01-01 00:00:00.0000${String(microseconds).padStart(2, '0')}Z'`
  const linesOf = async (session: ClientSession, condition: string) =>
    (await session.query(`select line from log where trail = 't' and ${condition} order by line`)).map(
      ({ line }) => Number(line),
    )
  const lines = (first: number, last: number) =>
    Array.from({ length: (last - first + 1) * 2 }, (_, index) => first * 2 + index)
  const asked = () => calls.map(({ quals }) => quals.filter((qual) => !qual.startsWith('trail')).join(' '))

  test('asks for what is missing at its ends, to the microsecond', async ({ session }) => {
    const between = (first: number, last: number) =>
      linesOf(session, `at between ${instant(first)} and ${instant(last)}`)
    expect(await between(5, 9)).toEqual(lines(5, 9))
    expect(await between(5, 12)).toEqual(lines(5, 12))
    expect(await between(2, 12)).toEqual(lines(2, 12))
    expect(await between(0, 19)).toEqual(lines(0, 19))
    expect(await between(1, 18)).toEqual(lines(1, 18))
    expect(await linesOf(session, `at > ${instant(3)} and at < ${instant(17)}`)).toEqual(lines(4, 16))
    const times = calls.map(({ pushed }) => pushed.at)
    expect(times.map((quals) => quals?.map(({ operator }) => operator))).toEqual([
      ['>=', '<='],
      ['>', '<='],
      ['>=', '<'],
      ['>=', '<='],
    ])
  })

  test('without an end, and of numbers', async ({ session }) => {
    expect(await linesOf(session, 'line < 10')).toEqual(lines(0, 4))
    expect(await linesOf(session, 'line >= 5 and line <= 13')).toEqual(lines(0, 6).slice(5))
    expect(await linesOf(session, 'line > 20')).toHaveLength(19)
    expect(await linesOf(session, 'line >= 2')).toHaveLength(38)
    expect(asked()).toEqual(['line < 10', 'line <= 13 line >= 10', 'line > 20', 'line <= 20 line > 13'])
  })

  test('of keys of which some are known in it, has each row once', async ({ session }) => {
    const early = `select at, line from log where trail in ('t', 'u') and at < ${instant(5)}`
    const late = `select at, line from log where trail in ('t', 't', 't', 't') and at < ${instant(9)}`
    // Neither knows of the other, for both are on their way.
    await session.query(`${early} union all ${late}`)
    const both = `select at, line from log where trail in ('t', 'u') and at < ${instant(9)}`
    expect(await session.query(both)).toHaveLength(18)
  })

  test('is asked for as a whole where other conditions or columns are not covered', async ({ session }) => {
    await linesOf(session, `at <= ${instant(5)} and line < 6`)
    expect(await linesOf(session, `at <= ${instant(9)}`)).toEqual(lines(0, 9))
    await session.query(`select at from log where trail = 't' and line < 6`)
    const rows = await session.query(`select at, line from log where trail = 't' and line < 8`)
    expect(rows).toHaveLength(8)
    expect(calls).toHaveLength(4)
  })
})

describe('lookups', () => {
  const ips = (...last: readonly number[]) => last.map((one) => `'1.1.1.${one}'`).join(', ')
  const citiesOf = async (session: ClientSession, ...last: readonly number[]) =>
    (await session.query(`select city from place where ip in (${ips(...last)}) order by 1`)).map(
      ({ city }) => city,
    )
  const asked = () => calls.flatMap(({ quals }) => quals.map((qual) => qual.replaceAll('1.1.1.', '')))

  test('ask for the keys that are not known, those without a row too', async ({ session }) => {
    expect(await citiesOf(session, 1, 2, 9)).toEqual(['c1', 'c2'])
    expect(await citiesOf(session, 2, 3, 9)).toEqual(['c2', 'c3'])
    expect(await citiesOf(session, 1, 2, 3, 9)).toEqual(['c1', 'c2', 'c3'])
    expect(await citiesOf(session, 3, 4, 5, 1)).toEqual(['c1', 'c3', 'c4', 'c5'])
    expect(asked()).toEqual(['ip = 1, 2', 'ip = 9', 'ip = 3', 'ip = 4, 5'])
  })

  test('put together, are rows as others are: whole, joined, in transactions of any kind', async ({
    session,
  }) => {
    await session.query(`select * from place where ip in (${ips(1, 2)})`)
    await session.query(`select * from place where ip in (${ips(3)})`)
    await session.query('begin isolation level repeatable read, read only')
    await session.query('select 1')
    const [row] = await session.query(
      `select p.*, to_jsonb(p) as whole, (select count(*) from place q where q.ip in (${ips(1, 2, 3)})) as n
       from place p where p.ip in (${ips(1, 3)}) and p.city = 'c3'`,
    )
    await session.query('commit')
    expect(row).toMatchObject({ ip: '1.1.1.3', city: 'c3', whole: { ip: '1.1.1.3', city: 'c3' }, n: '3' })
    expect(asked()).toEqual(['ip = 1, 2', 'ip = 3'])
  })

  test('tell texts apart byte by byte', async ({ session }) => {
    const wordsOf = async (session: ClientSession, ...words: readonly string[]) => {
      const list = words.map((word) => `'${word.replaceAll("'", "''")}'`).join(', ')
      return (
        await session.query(`select word from word where word in (${list}) order by word collate "C"`)
      ).map(({ word }) => word)
    }
    expect(await wordsOf(session, 'a', "it's")).toEqual(['a', "it's"])
    expect(await wordsOf(session, 'A', "it's", '\\')).toEqual(['A', '\\', "it's"])
    expect(await wordsOf(session, 'a', 'A', '', '\\')).toEqual(['', 'A', '\\', 'a'])
    expect(calls).toHaveLength(5)
  })

  test('leave nothing behind', async ({ session, engine }) => {
    await citiesOf(session, 1, 2)
    await citiesOf(session, 2, 3)
    engine.forgetRows()
    const left = `select from pg_class where relnamespace = 'pg_millrace_scan'::regnamespace`
    while ((await session.query(left)).length > 0) {}
  })
})

test('a scan that is larger on disk than all that may be kept is not kept, and drives nothing out', async ({
  postgres,
}) => {
  const { plugin, calls } = library
  const small = await Engine.start({
    postgres,
    connections: [{ name: 'library', plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache: { ttl: 60_000, maxBytes: 900_000 },
  })
  const reader = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, small)
  const lengthOf = async (name: string) =>
    (await reader.query(`select sum(length(text))::int as length from book where name = '${name}'`))[0]
      ?.length
  expect(await lengthOf('small')).toBe(1)
  for (let round = 1; round <= 2; round++) {
    expect(await lengthOf('large')).toBe(1_000_000)
    const staged = `select from pg_class where relkind = 'r' and relnamespace = 'pg_millrace_scan'::regnamespace`
    while ((await reader.query(staged)).length > 1) {}
    expect(await lengthOf('small')).toBe(1)
    expect(calls).toHaveLength(1 + round)
  }
  await reader.close()
  await small.stop()
})
