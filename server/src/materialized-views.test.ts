/** Materialized views over virtual tables: PostgreSQL runs their queries by itself, with the rows that it is lent. */
import type pg from 'pg'
import { describe, expect } from 'vitest'
import { asked } from './testing/asked.js'
import { test } from './testing/gateway-test.js'
import { describe as describeMessage, RawClient } from './testing/raw-client.js'
import { bindMessage, bindRest, executeMessage, parseMessage, syncMessage } from './wire/frontend-messages.js'

test.afterEach(async ({ client }) => {
  await client.query(
    'drop materialized view if exists located; drop function if exists cities(); drop function if exists upper_city(text)',
  )
})

const joined = `select e.name, p.city from event e join place p on p.ip = e.address::inet
  where e.trail = 't1' and e.address ~ '^\\d'`

const rows = [
  { name: 'a', city: 'city of 1.1.1.1' },
  { name: 'b', city: 'city of 2.2.2.2' },
]

const calls = ['event: trail = t1', 'place: ip = 1.1.1.1', 'place: ip = 2.2.2.2']

const located = async (client: pg.Client) => (await client.query('select * from located order by name')).rows

describe('keys that only a join gives', () => {
  test.for([
    ['a simple query', (text: string) => text],
    ['an extended query', (text: string) => ({ text, values: [] })],
    ['a named statement', (text: string) => ({ name: text.slice(0, 10), text, values: [] })],
  ] as const)('by %s', async ([_, queryOf], { harness, client }) => {
    const run = (text: string) => client.query(queryOf(text))
    const created = await run(`create materialized view located as ${joined}`)
    expect([created.command, created.rowCount]).toEqual(['SELECT', 2])
    expect(asked(harness)).toEqual(calls)
    harness.calls.length = 0
    expect(await located(client)).toEqual(rows)
    expect(asked(harness)).toEqual([])
    await run('refresh materialized view located')
    expect(asked(harness)).toEqual(calls)
    expect(await located(client)).toEqual(rows)
  })

  test('among other statements of a text, and concurrently', async ({ harness, client }) => {
    await client.query(`create materialized view located as ${joined}; create unique index on located (name)`)
    await client.query('select 1; refresh materialized view concurrently located; select 2')
    expect(await located(client)).toEqual(rows)
    expect(asked(harness)).toEqual([...calls, ...calls].sort())
  })

  test('by way of a view', async ({ client }) => {
    await client.query(
      "create view numeric as select name, address::inet ip from event where trail = 't1' and address ~ '^\\d'",
    )
    try {
      await client.query(
        'create materialized view located as select name, city from numeric natural join place',
      )
      expect(await located(client)).toEqual(rows)
    } finally {
      await client.query('drop view numeric cascade')
    }
  })

  test('in a transaction that is rolled back', async ({ client }) => {
    await client.query('begin')
    await client.query(`create materialized view located as ${joined}`)
    expect(await located(client)).toEqual(rows)
    await client.query('rollback')
    await expect(located(client)).rejects.toThrow('"located" does not exist')
  })
})

test('with no data, nothing is asked; nor if there is one already', async ({ harness, client }) => {
  await client.query(`create materialized view located as ${joined} with no data`)
  await client.query(`create materialized view if not exists located as ${joined}`)
  await client.query('refresh materialized view located with no data')
  expect(asked(harness)).toEqual([])
  await expect(located(client)).rejects.toThrow('has not been populated')
})

test('what has no key is refused with the hint that a query gets', async ({ client }) => {
  await expect(client.query('create materialized view located as select * from place')).rejects.toMatchObject(
    {
      code: 'HV002',
      hint: expect.stringContaining('Add a condition'),
    },
  )
})

describe('nothing but the query reads what is lent', () => {
  /** Reads the tables by itself, for another key than the query has. */
  const cities = `create function cities() returns text language sql as
    $$ select string_agg(city, ',' order by city) from counting.place where ip in ('1.1.1.1', '3.3.3.3') $$`

  test('a function that the query calls', async ({ client }) => {
    await client.query(cities)
    await client.query(`create materialized view located as
      select city as name, cities() as city from place where ip = '1.1.1.1'`)
    expect(await located(client)).toEqual([
      { name: 'city of 1.1.1.1', city: 'city of 1.1.1.1,city of 3.3.3.3' },
    ])
    await client.query('refresh materialized view located')
    expect(await located(client)).toEqual([
      { name: 'city of 1.1.1.1', city: 'city of 1.1.1.1,city of 3.3.3.3' },
    ])
  })

  test('a table that the query reads twice', async ({ client }) => {
    await client.query(`create materialized view located as
      select a.city as name, b.city from place a, place b where a.ip = '1.1.1.1' and b.ip = '2.2.2.2'`)
    expect(await located(client)).toEqual([{ name: 'city of 1.1.1.1', city: 'city of 2.2.2.2' }])
  })

  test('a view with a barrier', async ({ client }) => {
    await client.query(
      "create view guarded with (security_barrier) as select city from place where ip = '3.3.3.3'",
    )
    try {
      await client.query(`create materialized view located as
        select p.city as name, g.city from place p, guarded g where p.ip = '1.1.1.1'`)
      expect(await located(client)).toEqual([{ name: 'city of 1.1.1.1', city: 'city of 3.3.3.3' }])
    } finally {
      await client.query('drop view guarded cascade')
    }
  })

  test('the next statement of the transaction', async ({ client }) => {
    await client.query(cities)
    await client.query(
      `create materialized view located as select ip::text as name, city from place where ip = '1.1.1.1'`,
    )
    const results = await client.query('begin; refresh materialized view located; select cities(); commit')
    const [, , selected] = results as unknown as readonly pg.QueryResult[]
    expect(selected?.rows).toEqual([{ cities: 'city of 1.1.1.1,city of 3.3.3.3' }])
  })

  test('the next statement of a pipeline', async ({ harness, client }) => {
    await client.query(cities)
    await client.query(
      `create materialized view located as select ip::text as name, city from place where ip = '1.1.1.1'`,
    )
    const raw = await RawClient.connect(harness.config)
    try {
      for (const text of ['refresh materialized view located', 'select cities()']) {
        raw.send(parseMessage('', text, []), bindMessage('', '', bindRest(undefined)), executeMessage(''))
      }
      raw.send(syncMessage)
      const replies = await raw.until('Z')
      expect(replies.map(describeMessage).join('\n')).toContain('city of 1.1.1.1,city of 3.3.3.3')
    } finally {
      raw.close()
    }
  })

  test('a statement after one that failed', async ({ client }) => {
    await client.query(cities)
    await client.query(
      `create materialized view located as select 1 / (length(city) - 15) as name, city from place where ip = '1.1.1.1' with no data`,
    )
    await expect(client.query('refresh materialized view located')).rejects.toThrow('division by zero')
    expect((await client.query('select cities()')).rows).toEqual([
      { cities: 'city of 1.1.1.1,city of 3.3.3.3' },
    ])
  })
})
