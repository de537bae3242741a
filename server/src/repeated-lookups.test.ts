/** Prepared lookups of one key that run again and again: nothing is asked of PostgreSQL between, as long as it holds. */
import type pg from 'pg'
import { expect } from 'vitest'
import { gatewayTest } from './testing/gateway-test.js'

const test = gatewayTest.extend('client', async ({ harness }, { onCleanup }) => {
  const client = await harness.connect({ options: '-c millrace.cache_ttl=3600' })
  onCleanup(() => client.end())
  return client
})

const text = 'select city, $1::text as address from place where ip = $1::inet'
const byAddress = (client: pg.Client, address: unknown, name = 'lookup') =>
  client.query({ name, text: 'select city from place where ip = $1', values: [address] })
const cityOf = async (client: pg.Client, address: string) =>
  (await byAddress(client, address)).rows.map(({ city }) => city)

const hiddenStatements = async (client: pg.Client) => {
  const { rows } = await client.query(`select name from pg_prepared_statements where name like 'millrace%'`)
  return rows.length
}

test('each address gets its own answer, known or not, over and over', async ({ harness, client }) => {
  for (let round = 0; round < 3; round++) {
    for (const address of ['1.1.1.1', '2.2.2.2', '9.9.9.9', '1.1.1.1']) {
      expect(await cityOf(client, address)).toEqual(address === '9.9.9.9' ? [] : [`city of ${address}`])
    }
  }
  expect(harness.calls).toHaveLength(3)
  expect(await cityOf(client, '::ffff:1.2.3.4')).toEqual([])
  expect(await cityOf(client, '1.1.1.1/32')).toEqual(['city of 1.1.1.1'])
  expect((await byAddress(client, null)).rows).toEqual([])
  await expect(byAddress(client, 'nowhere')).rejects.toMatchObject({ code: '22P02' })
  expect(await cityOf(client, '2.2.2.2')).toEqual(['city of 2.2.2.2'])
})

test('fields are those of the virtual table', async ({ client }) => {
  const first = await byAddress(client, '1.1.1.1')
  const again = await byAddress(client, '1.1.1.1')
  expect(again.fields).toEqual(first.fields)
})

test('in one flight, before any answer has come', async ({ client }) => {
  await cityOf(client, '1.1.1.1')
  const answers = await Promise.all(
    ['1.1.1.1', '2.2.2.2', '1.1.1.1', '3.3.3.3'].map((address) => cityOf(client, address)),
  )
  expect(answers).toEqual(
    ['1.1.1.1', '2.2.2.2', '1.1.1.1', '3.3.3.3'].map((address) => [`city of ${address}`]),
  )
})

test('what a session sets meanwhile holds, however it does', async ({ harness, client }) => {
  await cityOf(client, '1.1.1.1')
  harness.calls.length = 0
  await client.query('set millrace.cache_ttl = 0')
  await cityOf(client, '1.1.1.1')
  expect(harness.calls).toHaveLength(1)
  await client.query('reset millrace.cache_ttl')
  await cityOf(client, '1.1.1.1')
  await client.query(`select set_config($1, '0', false)`, ['millrace.cache_ttl'])
  await cityOf(client, '1.1.1.1')
  expect(harness.calls).toHaveLength(2)
})

test('a prepared statement that sets something, run between, holds too', async ({ harness, client }) => {
  const set = (value: string) =>
    client.query({
      name: 'set',
      text: `select set_config('millrace.cache_ttl', $1, false)`,
      values: [value],
    })
  await set('3600')
  await cityOf(client, '1.1.1.1')
  await cityOf(client, '1.1.1.1')
  harness.calls.length = 0
  await set('0')
  await cityOf(client, '1.1.1.1')
  expect(harness.calls).toHaveLength(1)
})

test('what a lookup sets itself holds for the next', async ({ harness, client }) => {
  const text = `select city, set_config('millrace.cache_ttl', '0', false) from place where ip = $1`
  const setting = () => client.query({ name: 'setting', text, values: ['1.1.1.1'] })
  await setting()
  harness.calls.length = 0
  await setting()
  expect(harness.calls).toHaveLength(1)
})
test('a transaction that sees nothing new is answered all the same', async ({ harness, client }) => {
  await cityOf(client, '1.1.1.1')
  await client.query('begin isolation level repeatable read')
  await client.query('select 1')
  const other = await harness.connect({ options: '-c millrace.cache_ttl=3600' })
  await byAddress(other, '3.3.3.3')
  expect(await cityOf(client, '3.3.3.3')).toEqual(['city of 3.3.3.3'])
  expect(await cityOf(client, '3.3.3.3')).toEqual(['city of 3.3.3.3'])
  await client.query('commit')
  expect(await cityOf(client, '3.3.3.3')).toEqual(['city of 3.3.3.3'])
})

test('a transaction that has failed stays so, and the statement works afterwards', async ({ client }) => {
  await cityOf(client, '1.1.1.1')
  await client.query('begin')
  await cityOf(client, '1.1.1.1')
  await expect(client.query('select 1/0')).rejects.toMatchObject({ code: '22012' })
  await expect(cityOf(client, '1.1.1.1')).rejects.toMatchObject({ code: '25P02' })
  await client.query('rollback')
  expect(await cityOf(client, '1.1.1.1')).toEqual(['city of 1.1.1.1'])
})

test('statements that are forgotten are prepared anew', async ({ client }) => {
  await cityOf(client, '1.1.1.1')
  await cityOf(client, '1.1.1.1')
  await client.query('deallocate all')
  await expect(cityOf(client, '1.1.1.1')).rejects.toMatchObject({ code: '26000' })
  expect((await byAddress(client, '1.1.1.1', 'anew')).rows).toHaveLength(1)
})

test('an error in the statement itself is told in its own words, each time', async ({ client }) => {
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

test('hidden statements do not pile up', async ({ client }) => {
  for (let round = 0; round < 10; round++) {
    await cityOf(client, '1.1.1.1')
    await client.query('select 1')
  }
  await cityOf(client, '1.1.1.1')
  expect(await hiddenStatements(client)).toBeLessThan(4)
})
