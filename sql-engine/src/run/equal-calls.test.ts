/** One statement asks for nothing twice, whichever of its references to a table need it, and though nothing is kept. */
import { bigint, inet, text, timestamptz } from '@millrace/plugin-sdk'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Engine } from '../engine.js'
import { ClientSession } from '../testing/client-session.js'
import { countingPlugin } from '../testing/counting-plugin.js'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'

const instants = ['2026-01-01T00:00:00.001Z', '2026-01-01T00:00:00.002Z', '2026-01-01T00:00:01Z']

const { plugin, calls } = countingPlugin({
  event: {
    columns: { trail: text('Trail'), size: bigint('Size'), name: text('Name'), ip: inet('Address') },
    keys: {
      trail: { operators: ['='], require: 'required', valuesPerCall: 1 },
      size: { operators: ['=', '<', '>'], inherent: true },
    },
    rows: [1n, 2n, 3n, 4n].map((size) => ({
      trail: size < 3n ? 't1' : 't2',
      size,
      name: `n${size}`,
      ip: `1.1.1.${size}`,
    })),
  },
  place: {
    columns: { ip: inet('Address'), city: text('City'), country: text('Country') },
    keys: { ip: { operators: ['='], require: 'required', valuesPerCall: 2 } },
    rows: [1, 2, 3, 4, 5].map((last) => ({ ip: `1.1.1.${last}`, city: `c${last}`, country: `C${last}` })),
  },
  kind: {
    columns: { size: bigint('Size'), name: text('Name') },
    keys: { size: { operators: ['=', '>'], inherent: true } },
    rows: [1n, 2n, 3n, 4n].map((size) => ({ size, name: `k${size}` })),
  },
  tick: {
    columns: { at: timestamptz('Time'), name: text('Name') },
    keys: { at: { operators: ['=', '>'], require: 'required', valuesPerCall: 1 } },
    rows: instants.map((at, index) => ({ at, name: `i${index}` })),
  },
})

let postgres: TestPostgres
let engine: Engine
let session: ClientSession

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres?.stop())

/** Cache times in milliseconds, and bytes. */
async function start(cache: { readonly ttl: number; readonly maxBytes: number }): Promise<void> {
  engine = await Engine.start({
    postgres,
    connections: [{ name: 'counting', plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache,
  })
  session = await ClientSession.open({ ...postgres.engineConfig, user: 'millrace' }, engine)
  calls.length = 0
}

async function stop(): Promise<void> {
  await session.close()
  await engine.stop()
}

const asked = () => calls.map(({ table, quals }) => `${table}: ${quals.join('; ')}`.replaceAll('1.1.1.', ''))

/** The values of a statement's only column. */
async function valuesOf(statement: string): Promise<readonly unknown[]> {
  return (await session.query(statement)).map((row) => Object.values(row)[0])
}

describe.each([
  { title: 'where nothing is kept', ttl: 0, maxBytes: 1_000_000 },
  { title: 'where there is no room to keep anything', ttl: 60_000, maxBytes: 0 },
])('$title', (cache) => {
  beforeEach(async () => {
    await start(cache)
    return stop
  })

  test('lists of keys that overlap', async () => {
    const names = await valuesOf(
      `select name from event where trail in ('t1', 't2') union all
       select name from event where trail = 't2' and name <> 'n3' union all
       select name from event where trail in ('t3', 't2', 't1') and name = 'n1' order by 1`,
    )
    expect(names).toEqual(['n1', 'n1', 'n2', 'n3', 'n4', 'n4'])
    expect(asked().toSorted()).toEqual(['event: trail = t1', 'event: trail = t2', 'event: trail = t3'])
  })

  test('lists of keys that several calls take together', async () => {
    const cities = await valuesOf(
      `select a.city || b.city from place a join place b on a.country <> b.country
       where a.ip in ('1.1.1.1', '1.1.1.2', '1.1.1.3') and b.ip in ('1.1.1.5', '1.1.1.3', '1.1.1.2', '1.1.1.4')
       order by 1`,
    )
    expect(cities).toHaveLength(10)
    expect(asked().toSorted()).toEqual(['place: ip = 1, 2', 'place: ip = 3', 'place: ip = 4, 5'])
  })

  test('keys of types that are not written as they are read', async () => {
    const [first, second, third] = instants
    const names = await valuesOf(
      `select name from tick t where at in ('${first}', '${second}') union all
       select name from tick t where at in ('${second}', '${third}') order by 1`,
    )
    expect(names).toEqual(['i0', 'i1', 'i1', 'i2'])
    expect(calls).toHaveLength(3)
  })

  test('keys with other conditions on their column', async () => {
    const [first, second, third] = instants
    const names = await valuesOf(
      `select name from tick t where at in ('${first}', '${second}') and at > '2026-01-01' union all
       select name from tick t where at in ('${second}', '${third}') and at > '2026-01-01' order by 1`,
    )
    expect(names).toEqual(['i0', 'i1', 'i1', 'i2'])
    expect(calls).toHaveLength(3)
  })

  test('lists in another order', async () => {
    expect(
      await valuesOf(
        `select a.name from kind a, kind b where a.size in (1, 2) and b.size in (2, 1, 2) order by 1`,
      ),
    ).toEqual(['k1', 'k1', 'k2', 'k2'])
    expect(asked()).toEqual(['kind: size = 1, 2'])
  })

  test('keys that are known only when others have answered', async () => {
    const cities = await valuesOf(
      `select p.city from event e join place p on p.ip = e.ip where e.trail = 't1' union all
       select city from place where ip in ('1.1.1.2', '1.1.1.3') order by 1`,
    )
    expect(cities).toEqual(['c1', 'c2', 'c2', 'c3'])
    expect(asked().toSorted()).toEqual(['event: trail = t1', 'place: ip = 1', 'place: ip = 2, 3'])
  })

  test('a narrower question waits for a wider one', async () => {
    expect(
      await valuesOf(
        `select count(name || size) from kind union all select count(name) from kind where size > 2`,
      ),
    ).toEqual(['4', '2'])
    expect(asked()).toEqual(['kind: '])
  })

  test('rows that are limited, and all of them', async () => {
    const statement = `(select size from kind limit 2) union all select size from kind`
    expect(await valuesOf(statement)).toHaveLength(6)
    expect(calls).toMatchObject([{ limit: undefined }])
    calls.length = 0
    // All rows have not what the few of them need.
    expect(await valuesOf(`select (select name from kind limit 1) from kind where size > 0`)).toHaveLength(4)
    expect(asked().toSorted()).toEqual(['kind: ', 'kind: size > 0'])
  })

  test.each([
    [
      'by constants',
      `select city from place where ip = '1.1.1.1' union all select country from place where ip = '1.1.1.1'`,
    ],
    [
      'by joins',
      `select a.city, b.country from event e
       join place a on a.ip = e.ip left join place b on b.ip = e.ip where e.trail = 't1'`,
    ],
    [
      'by subqueries',
      `select (select city from place p where p.ip = e.ip), (select country from place p where p.ip = e.ip)
       from event e where e.trail = 't1'`,
    ],
    [
      'by joins with tables that are the same',
      `select p.city from event e join place p on p.ip = e.ip where e.trail = 't1' union all
       select p.country from event e join place p on p.ip = e.ip where e.trail = 't1'`,
    ],
  ])('references that need other columns of the same rows, %s', async (_, statement) => {
    expect(await session.query(statement)).not.toEqual([])
    const places = calls.filter(({ table }) => table === 'place')
    expect(places).toMatchObject([{ columns: ['city', 'country', 'ip'] }])
    expect(asked().length - places.length).toBeLessThanOrEqual(1)
  })

  test('references that need other columns of other rows get no more than they need', async () => {
    await session.query(
      `select p.city from event e join place p on p.ip = e.ip where e.trail = 't1' union all
       select p.country from event e join place p on p.ip = e.ip where e.trail = 't2'`,
    )
    const columns = calls.filter(({ table }) => table === 'place').map((call) => call.columns)
    expect(columns.toSorted()).toEqual([
      ['city', 'ip'],
      ['country', 'ip'],
    ])
  })

  test('columns that the engine adds', async () => {
    const names = await valuesOf(
      `select p.city from event e join place p on p.ip = e.ip where e.trail = 't1' union all
       select city || sp_connection_name from place where ip in ('1.1.1.1', '1.1.1.2') order by 1`,
    )
    expect(names).toEqual(['c1', 'c1counting', 'c2', 'c2counting'])
    expect(asked().toSorted()).toEqual(['event: trail = t1', 'place: ip = 1, 2'])
  })

  test('in transactions whose snapshot is fixed', async () => {
    await session.query('begin isolation level repeatable read, read only')
    await session.query('select 1')
    const names = await valuesOf(
      `select name from event where trail in ('t1', 't2') union all
       select name from event where trail in ('t2', 't3') order by 1`,
    )
    await session.query('commit')
    expect(names).toEqual(['n1', 'n2', 'n3', 'n3', 'n4', 'n4'])
    expect(calls).toHaveLength(3)
  })

  test('the next statement asks anew, and nothing is left behind', async () => {
    const statement = `select name from event where trail = 't1' union all
      select name from event where trail in ('t1', 't2')`
    await session.query(statement)
    await session.query(statement)
    expect(calls).toHaveLength(4)
    const left = `select from pg_class where relnamespace = 'pg_millrace_scan'::regnamespace`
    while ((await session.query(left)).length > 0) {}
  })
})
