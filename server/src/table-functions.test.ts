/** SQL functions over virtual tables, through the gateway. */
import { describe, expect } from 'vitest'
import { asked } from './testing/asked.js'
import { errorOf } from './testing/error-of.js'
import { test } from './testing/gateway-test.js'

describe('an SQL function in FROM', () => {
  const text = 'select o.n, c.city from own o, lateral city_of(o.ip) c order by o.n'
  const rows = [
    { n: 1, city: 'city of 1.1.1.1' },
    { n: 2, city: 'city of 2.2.2.2' },
  ]
  const calls = ['place: ip = 1.1.1.1', 'place: ip = 2.2.2.2']

  test.beforeAll(async ({ client }) => {
    await client.query(
      `create table own (n int, ip inet);
       insert into own values (1, '1.1.1.1'), (2, '2.2.2.2');
       create function city_of (address inet) returns table (city text) language sql stable
         as 'select city from place where ip = address'`,
    )
  })

  test('gets its keys from the join, in another session and with parameters', async ({ harness }) => {
    const other = await harness.connect()
    expect((await other.query(text)).rows).toEqual(rows)
    expect(asked(harness)).toEqual(calls)
    expect((await other.query('select city from city_of($1)', ['1.1.1.1'])).rows).toEqual([
      { city: 'city of 1.1.1.1' },
    ])
  })

  test('whose body stands between BEGIN ATOMIC and END', async ({ harness, client }) => {
    await client.query(`create function atomic (address inet) returns table (city text) language sql stable
      begin atomic select p.city from place p where p.ip = address; end`)
    expect((await client.query(text.replace('city_of', 'atomic'))).rows).toEqual(rows)
    expect(asked(harness)).toEqual(calls)
    await client.query('drop function atomic')
  })

  test('whose body changes is expanded anew', async ({ client }) => {
    const called = `select city from changing('1.1.1.1')`
    const create = (body: string) =>
      client.query(
        `create or replace function changing (a inet) returns table (city text) language sql stable as '${body}'`,
      )
    await create('select city from place where ip = a')
    expect((await client.query(called)).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    await create('select upper(city) from place where ip = a')
    expect((await client.query(called)).rows).toEqual([{ city: 'CITY OF 1.1.1.1' }])
    await client.query('drop function changing')
  })

  test('that calls itself ends as PostgreSQL ends it', async ({ client }) => {
    await client.query(`set check_function_bodies = off;
      create function endless (a inet) returns table (city text) language sql stable
        as 'select c.city from place p, endless(a) c where p.ip = a'`)
    const error = await errorOf(client.query(`select * from endless('1.1.1.1')`))
    expect(error.code).toBe('54001')
    await client.query('drop function endless; reset check_function_bodies')
  })
})
