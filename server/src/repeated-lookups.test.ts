/** Prepared lookups of one key that run again and again: nothing is asked of PostgreSQL between, as long as it holds. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let world: TestGateway
let client: pg.Client

beforeAll(async () => {
  world = await startTestGateway()
})
afterAll(() => world?.stop())

beforeEach(async () => {
  client = await world.connect({ options: '-c millrace.cache_ttl=3600' })
  world.calls.length = 0
})
afterEach(() => client.end())

const text = 'select city, $1::text as address from place where ip = $1::inet'
const byAddress = (address: unknown, name = 'lookup', from: pg.Client = client) =>
  from.query({ name, text: 'select city from place where ip = $1', values: [address] })
const cityOf = async (address: string) => (await byAddress(address)).rows.map(({ city }) => city)

const hiddenStatements = async () => {
  const { rows } = await client.query(`select name from pg_prepared_statements where name like 'millrace%'`)
  return rows.length
}

test('each address gets its own answer, known or not, over and over', async () => {
  for (let round = 0; round < 3; round++) {
    for (const address of ['1.1.1.1', '2.2.2.2', '9.9.9.9', '1.1.1.1']) {
      expect(await cityOf(address)).toEqual(address === '9.9.9.9' ? [] : [`city of ${address}`])
    }
  }
  expect(world.calls).toHaveLength(3)
  expect(await cityOf('::ffff:1.2.3.4')).toEqual([])
  expect(await cityOf('1.1.1.1/32')).toEqual(['city of 1.1.1.1'])
  expect((await byAddress(null)).rows).toEqual([])
  await expect(byAddress('nowhere')).rejects.toMatchObject({ code: '22P02' })
  expect(await cityOf('2.2.2.2')).toEqual(['city of 2.2.2.2'])
})

test('fields are those of the virtual table', async () => {
  const first = await byAddress('1.1.1.1')
  const again = await byAddress('1.1.1.1')
  expect(again.fields).toEqual(first.fields)
})

test('in one flight, before any answer has come', async () => {
  await cityOf('1.1.1.1')
  const answers = await Promise.all(['1.1.1.1', '2.2.2.2', '1.1.1.1', '3.3.3.3'].map(cityOf))
  expect(answers).toEqual(
    ['1.1.1.1', '2.2.2.2', '1.1.1.1', '3.3.3.3'].map((address) => [`city of ${address}`]),
  )
})

test('what a session sets meanwhile holds, however it does', async () => {
  await cityOf('1.1.1.1')
  world.calls.length = 0
  await client.query('set millrace.cache_ttl = 0')
  await cityOf('1.1.1.1')
  expect(world.calls).toHaveLength(1)
  await client.query('reset millrace.cache_ttl')
  await cityOf('1.1.1.1')
  await client.query(`select set_config($1, '0', false)`, ['millrace.cache_ttl'])
  await cityOf('1.1.1.1')
  expect(world.calls).toHaveLength(2)
})

test('a prepared statement that sets something, run between, holds too', async () => {
  const set = (value: string) =>
    client.query({
      name: 'set',
      text: `select set_config('millrace.cache_ttl', $1, false)`,
      values: [value],
    })
  await set('3600')
  await cityOf('1.1.1.1')
  await cityOf('1.1.1.1')
  world.calls.length = 0
  await set('0')
  await cityOf('1.1.1.1')
  expect(world.calls).toHaveLength(1)
})

test('what a lookup sets itself holds for the next', async () => {
  const text = `select city, set_config('millrace.cache_ttl', '0', false) from place where ip = $1`
  const setting = () => client.query({ name: 'setting', text, values: ['1.1.1.1'] })
  await setting()
  world.calls.length = 0
  await setting()
  expect(world.calls).toHaveLength(1)
})

test('a transaction that sees nothing new is answered all the same', async () => {
  await cityOf('1.1.1.1')
  await client.query('begin isolation level repeatable read')
  await client.query('select 1')
  const other = await world.connect({ options: '-c millrace.cache_ttl=3600' })
  await byAddress('3.3.3.3', 'lookup', other)
  expect(await cityOf('3.3.3.3')).toEqual(['city of 3.3.3.3'])
  expect(await cityOf('3.3.3.3')).toEqual(['city of 3.3.3.3'])
  await client.query('commit')
  expect(await cityOf('3.3.3.3')).toEqual(['city of 3.3.3.3'])
})

test('a transaction that has failed stays so, and the statement works afterwards', async () => {
  await cityOf('1.1.1.1')
  await client.query('begin')
  await cityOf('1.1.1.1')
  await expect(client.query('select 1/0')).rejects.toMatchObject({ code: '22012' })
  await expect(cityOf('1.1.1.1')).rejects.toMatchObject({ code: '25P02' })
  await client.query('rollback')
  expect(await cityOf('1.1.1.1')).toEqual(['city of 1.1.1.1'])
})

test('statements that are forgotten are prepared anew', async () => {
  await cityOf('1.1.1.1')
  await cityOf('1.1.1.1')
  await client.query('deallocate all')
  await expect(cityOf('1.1.1.1')).rejects.toMatchObject({ code: '26000' })
  expect((await byAddress('1.1.1.1', 'anew')).rows).toHaveLength(1)
})

test('an error in the statement itself is told in its own words, each time', async () => {
  const query = (divisor: number) =>
    client.query({
      name: 'divided',
      text: 'select 1 / $2::int as one, city from place where ip = $1',
      values: ['1.1.1.1', divisor],
    })
  expect((await query(1)).rows).toHaveLength(1)
  await expect(query(0)).rejects.toMatchObject({ code: '22012', message: 'division by zero' })
  expect((await query(1)).rows).toHaveLength(1)
  expect((await client.query(text, ['2.2.2.2'])).rows).toEqual([
    { city: 'city of 2.2.2.2', address: '2.2.2.2' },
  ])
})

test('hidden statements do not pile up', async () => {
  for (let round = 0; round < 10; round++) {
    await cityOf('1.1.1.1')
    await client.query('select 1')
  }
  await cityOf('1.1.1.1')
  expect(await hiddenStatements()).toBeLessThan(4)
})
