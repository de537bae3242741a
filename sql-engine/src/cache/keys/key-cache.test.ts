/** Statements that are answered from lookups made for earlier ones, one by one. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bigint, inet, text } from '@millrace/plugin-sdk'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Engine } from '../../engine.js'
import { ClientSession } from '../../testing/client-session.js'
import { type CountingPlugin, countingPlugin } from '../../testing/counting-plugin.js'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.js'

const places = [1, 2, 3, 4, 5].map((last) => ({ ip: `1.1.1.${last}`, city: `c${last}`, size: BigInt(last) }))
const words = ['a', 'A', "it's", '\\', '', 'two', 'two', '{a,"b\\"}', 'NULL', 'a,b'].map((word, index) => ({
  word,
  meaning: `${word} ${index}`,
}))

/** What happens in a call before it is answered. */
let inCall: (signal: AbortSignal) => Promise<void> = async () => {}

function makePlugin(cache = { lookup: 'ip', persist: true, ttl: 86_400 }): CountingPlugin {
  return countingPlugin(
    {
      place: {
        columns: { ip: inet('Address'), city: text('City'), size: bigint('Size') },
        keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
        rows: places,
        cache,
      },
      word: {
        columns: { word: text('Word'), meaning: text('Meaning') },
        keys: { word: { operators: ['='], require: 'required', valuesPerCall: 1 } },
        rows: words,
        cache: { lookup: 'word' },
      },
    },
    (_, signal) => inCall(signal),
  )
}

function versionOf({ plugin, calls }: CountingPlugin, version: string): CountingPlugin {
  return { plugin: { ...plugin, version }, calls }
}

let postgres: TestPostgres
let crashed = () => {}
let engine: Engine
let session: ClientSession
let calls: CountingPlugin['calls'] = []

beforeAll(async () => {
  postgres = await startTestPostgres({ onCrash: () => crashed() })
})
afterAll(() => postgres?.stop())

async function start(
  { plugin, calls: noted }: CountingPlugin = makePlugin(),
  { settings = {}, maxBytes = 10_000_000, ttl = 300_000, cacheTtl = undefined as number | undefined } = {},
): Promise<void> {
  engine = await Engine.start({
    postgres,
    connections: [{ name: 'counting', plugin, settings, cacheTtl }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache: { ttl, maxBytes },
  })
  session = await openSession()
  calls = noted
}

async function stop(): Promise<void> {
  await session.close().catch(() => {})
  await engine.stop()
}

async function restart(...how: Parameters<typeof start>): Promise<void> {
  await stop()
  await start(...how)
}

const openSession = () => ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)

beforeEach(() => start())
afterEach(async () => {
  inCall = async () => {}
  await engine.clearCache()
  await stop()
})

const list = (...last: readonly number[]) => last.map((one) => `'1.1.1.${one}'`).join(', ')
const citiesOf = async (...last: readonly number[]) =>
  (await session.query(`select city from place where ip in (${list(...last)}) order by 1`)).map(
    ({ city }) => city,
  )
const waiting = 'select from pg_locks where not granted'
const asked = () => calls.flatMap(({ quals }) => quals.map((qual) => qual.replaceAll('1.1.1.', '')))

test('each key is asked for once, also one of which nothing is known', async () => {
  expect(await citiesOf(1, 2, 9)).toEqual(['c1', 'c2'])
  expect(await citiesOf(2, 3, 9)).toEqual(['c2', 'c3'])
  expect(await citiesOf(1, 2, 3, 9)).toEqual(['c1', 'c2', 'c3'])
  expect(await citiesOf(9)).toEqual([])
  expect(asked()).toEqual(['ip = 1, 2', 'ip = 9', 'ip = 3'])
})

test('fewer columns are answered from more; others are asked for', async () => {
  await session.query(`select * from place where ip = '1.1.1.1'`)
  expect(await citiesOf(1)).toEqual(['c1'])
  expect(calls).toHaveLength(1)
  expect(await citiesOf(2)).toEqual(['c2'])
  expect(await session.query(`select city, size from place where ip = '1.1.1.2'`)).toEqual([
    { city: 'c2', size: '2' },
  ])
  expect(calls).toHaveLength(3)
})

test('texts are told apart byte by byte, and a key may have several rows', async () => {
  const meaningsOf = async (...keys: readonly string[]) => {
    const quoted = keys.map((key) => `'${key.replaceAll("'", "''")}'`).join(', ')
    const rows = await session.query(`select meaning from word where word in (${quoted})`)
    return rows.map(({ meaning }) => meaning).sort()
  }
  expect(await meaningsOf('a', "it's", 'two')).toEqual(['a 0', "it's 2", 'two 5', 'two 6'])
  expect(await meaningsOf('A', "it's", '\\', 'two')).toEqual(['A 1', '\\ 3', "it's 2", 'two 5', 'two 6'])
  expect(await meaningsOf('a', 'A', '', '\\')).toEqual([' 4', 'A 1', '\\ 3', 'a 0'])
  expect(calls).toHaveLength(6)
  const odd = ['{a,"b\\"}', 'NULL', 'a,b']
  for (const _ of [1, 2]) {
    expect(await meaningsOf(...odd)).toEqual(['NULL 8', 'a,b 9', '{a,"b\\"} 7'])
  }
  expect(calls).toHaveLength(9)
})

test('other conditions, joins, limits and whole rows see the rows that they would', async () => {
  await citiesOf(1, 2, 3)
  expect(
    await session.query(`select v.i, p.city from (values (inet '1.1.1.2'), ('1.1.1.4')) v (i)
      left join place p on p.ip = v.i order by 1`),
  ).toEqual([
    { i: '1.1.1.2', city: 'c2' },
    { i: '1.1.1.4', city: 'c4' },
  ])
  expect(await session.query(`select city from place where ip = '1.1.1.3' limit 1`)).toEqual([{ city: 'c3' }])
  expect(await session.query(`select city from place where ip = '1.1.1.3' and city = 'c1'`)).toEqual([])
  expect(asked()).toEqual(['ip = 1, 2', 'ip = 3', 'ip = 4'])
})

test('a limit asks for no more keys than it needs', async () => {
  const rows = await session.query(`select ip from place where ip in (${list(1, 2, 3, 4, 5)}) limit 1`)
  expect(rows).toHaveLength(1)
  expect(calls[0]?.limit).toBe(1)
})

test('a transaction that sees nothing new is answered by rows of its own', async () => {
  await session.query('begin isolation level repeatable read, read only')
  await session.query('select 1')
  expect(await citiesOf(1)).toEqual(['c1'])
  expect(await citiesOf(1)).toEqual(['c1'])
  await session.query('commit')
  expect(await citiesOf(1)).toEqual(['c1'])
  expect(calls.length).toBeLessThanOrEqual(2)
})

test('who asks for a key that is on its way waits for it; who has gone keeps nobody from it', async () => {
  const other = await openSession()
  let called = () => {}
  let answer = () => {}
  const arrived = new Promise<void>((resolve) => {
    called = resolve
  })
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  inCall = () => {
    called()
    return answered
  }
  const leaving = new AbortController()
  const first = session.query(`select city from place where ip in (${list(1, 2)})`, leaving.signal)
  await arrived
  const second = other.query(`select city from place where ip in (${list(2)})`)
  leaving.abort()
  await expect(first).rejects.toMatchObject({ sqlState: '57014' })
  answer()
  expect(await second).toEqual([{ city: 'c2' }])
  await other.close()
})

test('an error is told and not kept', async () => {
  inCall = async () => {
    throw new Error('no')
  }
  await expect(citiesOf(1)).rejects.toMatchObject({ sqlState: 'HV000' })
  inCall = async () => {}
  expect(await citiesOf(1)).toEqual(['c1'])
})

describe('after a restart', () => {
  test('keys are known, those without rows too', async () => {
    await citiesOf(1, 9)
    await restart()
    expect(await citiesOf(1, 9)).toEqual(['c1'])
    expect(await citiesOf(9)).toEqual([])
    expect(calls).toEqual([])
  })

  test.each<[string, CountingPlugin, Parameters<typeof start>[1]]>([
    ['another account', makePlugin(), { settings: { key: 'another' } }],
    ['another version', versionOf(makePlugin(), '2'), {}],
    ['a table that does not say so', makePlugin({ lookup: 'ip', persist: false, ttl: 60 }), {}],
  ])('rows are not those of %s', async (_, plugin, options) => {
    await citiesOf(1)
    await restart(plugin, options)
    expect(await citiesOf(1)).toEqual(['c1'])
    expect(calls).toHaveLength(1)
    await restart()
    expect(await citiesOf(1)).toEqual(['c1'])
    // The other one's start has dropped what was here.
    expect(calls).toHaveLength(1)
  })

  test('what was cleared does not come back', async () => {
    await citiesOf(1)
    await engine.clearCache()
    await restart()
    expect(await citiesOf(1)).toEqual(['c1'])
    expect(calls).toHaveLength(1)
  })

  test('what was kept before can be cleared, though nobody has asked for it yet', async () => {
    await citiesOf(1)
    await restart()
    await engine.clearCache()
    expect(await citiesOf(1)).toEqual(['c1'])
    expect(calls).toHaveLength(1)
  })

  test('what is cleared while the first statement reads which keys are known answers nobody after that', async () => {
    await citiesOf(1)
    await restart()
    const locker = new pg.Client(postgres.engineConfig)
    await locker.connect()
    const { rows } = await locker.query(`select oid::regclass::text as name from pg_class
      where relnamespace = 'pg_millrace_lookup'::regnamespace and relname like '%\\_keys'`)
    await locker.query(`begin; lock table ${rows.map(({ name }) => name).join(', ')}`)
    const reading = citiesOf(1)
    await expect.poll(async () => (await locker.query(waiting)).rowCount).toBe(1)
    const clearing = engine.clearCache()
    await locker.query('rollback')
    await locker.end()
    expect(await reading).toEqual(['c1'])
    await clearing
    expect(await citiesOf(1)).toEqual(['c1'])
    expect(calls).toHaveLength(1)
  })

  test('of PostgreSQL by a crash, no key is known without its rows', async () => {
    await citiesOf(1, 9)
    const pid = Number((await readFile(join(postgres.home, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
    const gone = new Promise<void>((resolve) => {
      crashed = () => {
        engine.forgetRows()
        resolve()
      }
    })
    await session.close()
    process.kill(pid, 'SIGKILL')
    await gone
    await postgres.ready()
    session = await openSession()
    expect(await citiesOf(1, 2, 9)).toEqual(['c1', 'c2'])
    expect(await citiesOf(1, 2, 9)).toEqual(['c1', 'c2'])
  })

  test('of the connection to PostgreSQL, what was to be dropped is not asked again', async () => {
    await citiesOf(1)
    const [before] = await tableNames()
    const reader = new pg.Client(postgres.adminConfig)
    await reader.connect()
    await reader.query(`begin; lock table pg_millrace_lookup.${before} in access share mode`)
    await engine.clearCache()
    engine.forgetRows()
    expect(await citiesOf(1)).toEqual(['c1'])
    // What the engine does as soon as nobody reads it.
    await reader.query(`rollback; drop table if exists pg_millrace_lookup.${before}`)
    await reader.end()
    expect(await citiesOf(1)).toEqual(['c1'])
    expect(calls).toHaveLength(2)
  })

  async function tableNames(): Promise<unknown[]> {
    const rows = await session.query(`select relname from pg_class
      where relnamespace = 'pg_millrace_lookup'::regnamespace and relkind = 'r' and relname !~ '_keys$'`)
    return rows.map(({ relname }) => relname)
  }
})

test('rows are asked for anew when they are older than the session wants', async () => {
  await citiesOf(1)
  await session.query('set millrace.cache_ttl = 0.001')
  await session.query('select pg_sleep(0.002)')
  await citiesOf(1)
  await session.query('set millrace.cache_ttl = 0')
  await citiesOf(1)
  await session.query('reset millrace.cache_ttl')
  await citiesOf(1)
  expect(calls).toHaveLength(3)
})

test('rows that are on their way for longer than the session wants are asked for anew', async () => {
  const other = await openSession()
  await other.query('set millrace.cache_ttl = 0.001')
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const arrived = new Promise<void>((resolve) => {
    inCall = () => {
      inCall = async () => {}
      resolve()
      return answered
    }
  })
  const first = citiesOf(1)
  await arrived
  await other.query('select pg_sleep(0.002)')
  expect(await other.query(`select city from place where ip in (${list(1)})`)).toEqual([{ city: 'c1' }])
  expect(calls).toHaveLength(2)
  answer()
  expect(await first).toEqual(['c1'])
  await other.close()
})

test('a connection, or the whole server, may keep nothing', async () => {
  await restart(makePlugin(), { cacheTtl: 0 })
  await citiesOf(1)
  await citiesOf(1)
  expect(calls).toHaveLength(2)
  await restart(makePlugin(), { ttl: 0 })
  await citiesOf(1)
  await citiesOf(1)
  expect(calls).toHaveLength(2)
})

describe('bounded by size on disk', () => {
  /** A quarter of what is kept is for lookups. */
  const bound = 1_000_000
  const small = { maxBytes: bound * 4 }
  // Nothing that could be compressed, and some that stand in a table of their own.
  const articles = Array.from({ length: 400 }, (_, number) => ({
    number: BigInt(number),
    text: randomBytes(number % 10 === 0 ? 10_000 : 1000).toString('hex'),
  }))
  const makeLibrary = () =>
    countingPlugin({
      article: {
        columns: { number: bigint('Number'), text: text('Text') },
        keys: { number: { operators: ['='], require: 'required', valuesPerCall: 50 } },
        rows: articles,
        cache: { lookup: 'number', persist: true },
      },
    })
  const from = (start: number, count: number) => Array.from({ length: count }, (_, index) => start + index)
  async function read(numbers: readonly number[]): Promise<void> {
    const rows = await session.query(
      `select number, text from article where number in (${numbers.join(', ')}) order by number`,
    )
    expect(rows).toEqual(numbers.map((number) => ({ number: String(number), text: articles[number]?.text })))
  }
  const sizeOnDisk = async () =>
    Number(
      (
        await session.query(`select coalesce(sum(pg_total_relation_size(oid)), 0)::int as bytes from pg_class
          where relnamespace = 'pg_millrace_lookup'::regnamespace and relkind = 'r'`)
      )[0]?.bytes,
    )
  /** What is thrown away is dropped in the background. */
  const untilWithinBound = async () => {
    while ((await sizeOnDisk()) > bound) {}
  }

  test('what was asked for longest ago makes room, and nothing is lost or doubled', async () => {
    await restart(makeLibrary(), small)
    for (let round = 0; round < 15; round++) {
      // The first ones are asked for again and again.
      await read([...from(0, 5), ...from(10 + round * 25, 25)])
      await untilWithinBound()
    }
    expect(await sizeOnDisk()).toBeGreaterThan(bound / 4)
    calls.length = 0
    await read(from(0, 5))
    await read(from(360, 25))
    expect(calls).toEqual([])
    await read(from(10, 25))
    expect(calls.length).toBeGreaterThan(0)
  })

  test('keys that are asked for anew take no more room each time', async () => {
    await restart(makeLibrary(), { ...small, cacheTtl: 1 })
    for (let round = 0; round < 20; round++) {
      await read(from(0, 50))
      await session.query('select pg_sleep(0.002)')
      await untilWithinBound()
    }
    expect(calls.length).toBeGreaterThan(15)
  })

  test('a transaction that has read what is thrown away goes on, and then it goes', async () => {
    await restart(makeLibrary(), small)
    const other = await openSession()
    await other.query('begin')
    const question = `select text from article where number in (${from(0, 30).join(', ')}) order by number`
    const answer = await other.query(question)
    for (let start = 30; start < 330; start += 30) await read(from(start, 30))
    expect(await other.query(question)).toEqual(answer)
    await other.query('commit')
    await untilWithinBound()
    await other.close()
  })

  test('of an earlier life, too, when less may be kept now', async () => {
    await restart(makeLibrary())
    for (let start = 0; start < 400; start += 50) await read(from(start, 50))
    expect(await sizeOnDisk()).toBeGreaterThan(bound)
    await restart(makeLibrary(), small)
    await read([399])
    await untilWithinBound()
    await read([399])
    expect(calls).toEqual([])
    await restart(makeLibrary(), small)
    await read([399])
    expect(calls).toEqual([])
  })

  test('what is cleared while room is made does not come back', async () => {
    await restart(makeLibrary(), small)
    for (let start = 0; start < 200; start += 40) {
      await read(from(start, 40))
      await engine.clearCache()
      calls.length = 0
      await read(from(start, 2))
      expect(calls).toHaveLength(1)
    }
  })
})

test('clearing leaves no table behind', async () => {
  await citiesOf(1)
  await engine.clearCache()
  const tables = `select from pg_class where relnamespace = 'pg_millrace_lookup'::regnamespace and relkind = 'r'`
  while ((await session.query(tables)).length > 0) {}
})
