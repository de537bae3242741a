/** Gateways over one PostgreSQL of the user's: what one has fetched answers the others, and what one asks, no other asks. */
import { errorOf as errorOfKind } from '@millrace/plugin-sdk/testing'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import type { DebianServer } from '@millrace/sql-engine/testing/debian-postgres'
import { describe, expect, onTestFinished } from 'vitest'
import { errorOf } from './testing/error-of.js'
import {
  type GuestGateway,
  type GuestOptions,
  hasServer,
  serverTest,
  startGuestGateway,
  superuserOf,
} from './testing/guest-gateway.js'
import { until } from './testing/until.js'

const cache = { ttl: 600_000, maxBytes: 64_000_000 }

async function gateways(server: DebianServer, count: number, options: GuestOptions = {}) {
  const started: GuestGateway[] = []
  for (let index = 0; index < count; index++) {
    const one = await startGuestGateway(server, {
      cache,
      clientUrl: server.url('millrace'),
      home: `home ${index}`,
      ...options,
    })
    onTestFinished(() => one.stop())
    started.push(one)
  }
  return started
}

async function pair(server: DebianServer, options?: GuestOptions): Promise<[GuestGateway, GuestGateway]> {
  const [one, other] = await gateways(server, 2, options)
  if (one === undefined || other === undefined) throw new Error('two gateways were to start')
  // Lookups outlive the gateways of an earlier test.
  await (await one.connect()).query('select millrace.cache_clear()')
  return [one, other]
}

const place = "select city from place where ip = '1.1.1.1'"
const hosts = (ips: readonly string[]) =>
  `select name from host where ip in (${ips.map((ip) => `'${ip}'`).join(', ')}) order by 1`
const kinds = 'select name from kind order by 1'

describe.runIf(hasServer)('rows that one gateway has fetched', () => {
  serverTest('answer another', async ({ server }) => {
    const [one, other] = await pair(server)
    const asking = await one.connect()
    const reading = await other.connect()
    expect((await asking.query(kinds)).rows).toEqual([{ name: 'large' }, { name: 'small' }])
    expect(one.calls).toHaveLength(1)
    expect((await reading.query(kinds)).rows).toEqual([{ name: 'large' }, { name: 'small' }])
    expect((await reading.query('select count(*) from kind')).rows).toEqual([{ count: '2' }])
    expect(other.calls).toHaveLength(0)
  })

  serverTest('are forgotten by all, once one is told to', async ({ server }) => {
    const [one, other] = await pair(server)
    const asking = await one.connect()
    const reading = await other.connect()
    await asking.query(kinds)
    await reading.query(kinds)
    await reading.query('select millrace.cache_clear()')
    await asking.query(kinds)
    await reading.query(kinds)
    expect([one.calls.length, other.calls.length]).toEqual([2, 0])
  })

  serverTest('are not taken where they are too old', async ({ server }) => {
    const [one, other] = await pair(server)
    const asking = await one.connect()
    for (const statement of [kinds, hosts(['1.1.1.1'])]) await asking.query(statement)
    const reading = await other.connect()
    await reading.query('set millrace.cache_ttl = 0.001')
    for (const statement of [kinds, hosts(['1.1.1.1'])]) await reading.query(statement)
    expect(other.calls.map(({ table }) => table)).toEqual(['kind', 'host'])
  })

  serverTest('are asked for once, when both want them at the same time', async ({ server }) => {
    const [one, other] = await pair(server)
    const admin = await superuserOf(server)
    for (const statement of [kinds, place, hosts(['1.1.1.1', '2.2.2.2'])]) {
      const before = one.calls.length
      const held = one.holdCall()
      const first = (await one.connect()).query(statement)
      const { answer } = await held
      const second = (await other.connect()).query(statement)
      await until(admin, 'select from millrace_internal.shared_flight where is_awaited')
      answer()
      expect((await first).rows).toEqual((await second).rows)
      expect([one.calls.length - before, other.calls.length]).toEqual([1, 0])
    }
  })

  serverTest('of lookups answer another, which asks for the other keys only', async ({ server }) => {
    const [one, other] = await pair(server)
    await (await one.connect()).query(hosts(['1.1.1.1', '3.3.3.3', '9.9.9.9']))
    const reading = await other.connect()
    expect((await reading.query(hosts(['3.3.3.3', '9.9.9.9']))).rows).toEqual([
      { name: 'host at 3.3.3.3' },
      { name: 'host at 3.3.3.3' },
    ])
    expect(other.calls).toHaveLength(0)
    const all = await reading.query(hosts(['1.1.1.1', '2.2.2.2', '3.3.3.3']))
    expect(all.rows.map(({ name }) => name)).toEqual([1, 2, 3, 3].map((n) => `host at ${n}.${n}.${n}.${n}`))
    expect(other.calls.map(({ quals }) => quals)).toEqual([['ip = 2.2.2.2']])
  })

  serverTest('are asked for by another, where the one that asks gives up', async ({ server }) => {
    const [one, other] = await pair(server)
    const admin = await superuserOf(server)
    const held = one.holdCall()
    const client = await one.connect()
    const first = errorOf(client.query(kinds))
    await held
    const second = (await other.connect()).query(kinds)
    await until(admin, 'select from millrace_internal.shared_flight where is_awaited')
    await admin.query(`select pg_terminate_backend(${Object(client).processID})`)
    await first
    expect((await second).rows).toHaveLength(2)
    expect(other.calls).toHaveLength(1)
  })
})

describe.runIf(hasServer)('gateways over one database', () => {
  serverTest('must have the same tables', async ({ server }) => {
    await pair(server)
    const refused = startGuestGateway(server, { home: 'third', connectionName: 'another' })
    expect(await errorOfKind(refused, DatabaseError)).toMatchObject({
      sqlState: '55000',
      message: 'other gateways work in the database with other tables than this one has',
      detail: expect.stringContaining('"another"."place" is missing there'),
    })
  })

  serverTest('leave nothing behind but what answers the others', async ({ server }) => {
    const [one, other] = await pair(server)
    const admin = await superuserOf(server)
    await (await one.connect()).query(kinds)
    await (await other.connect()).query(kinds)
    await one.stop()
    expect((await (await other.connect()).query('select count(*) from kind')).rows).toEqual([{ count: '2' }])
    await other.stop()
    const { rows } = await admin.query(`select relname from pg_class
      where relnamespace = 'millrace_scan'::regnamespace and relkind in ('r', 'v')`)
    expect(rows).toEqual([])
  })

  serverTest('take away what one has left that has died', async ({ server }) => {
    await gateways(server, 1, { heartbeat: 20 })
    const admin = await superuserOf(server)
    await admin.query(`create table millrace_scan.s_zzzz_1 (a int); create view millrace_scan.s_zzzz_2 as
      select * from millrace_scan.s_zzzz_1`)
    for (const name of ['table millrace_scan.s_zzzz_1', 'view millrace_scan.s_zzzz_2'])
      await admin.query(`alter ${name} owner to millrace_engine`)
    await until(admin, `select where to_regclass('millrace_scan.s_zzzz_1') is null`)
  })

  serverTest('follow each other’s changes of the catalog', async ({ server }) => {
    const [one, other] = await pair(server)
    const client = await one.connect()
    const reading = await other.connect()
    await one.setConnections(['counting', 'late'])
    expect((await client.query('select count(*) from late.kind')).rows).toEqual([{ count: '2' }])
    // Not the same connections yet: PostgreSQL would ask the gateway, and that PostgreSQL, without end.
    expect(await errorOf(reading.query('select count(*) from late.kind'))).toMatchObject({
      code: '55000',
      message: 'a virtual table is read that this gateway does not know',
    })
    expect((await reading.query('select count(*) from counting.kind')).rows).toEqual([{ count: '2' }])
    await other.setConnections(['counting', 'late'])
    expect((await reading.query('select count(*) from late.kind')).rows).toEqual([{ count: '2' }])
    // A table that is made anew is another relation, also to those who have known it before.
    await one.setConnections(['counting'])
    await one.setConnections(['counting', 'late'])
    await expect
      .poll(async () => (await reading.query('select count(*) from late.kind')).rows)
      .toEqual([{ count: '2' }])
  })

  serverTest(
    'are asked by PostgreSQL itself, also when the last one to come has gone',
    async ({ server }) => {
      const [one, other] = await pair(server)
      const client = await one.connect()
      await client.query(`create function cities() returns setof text language plpgsql as $$
      begin return query select city from place where ip = '1.1.1.1'; end $$`)
      onTestFinished(async () => {
        const admin = await server.admin()
        await admin.query('drop function cities')
        await admin.end()
      })
      expect((await client.query('select * from cities()')).rows).toEqual([{ cities: 'city of 1.1.1.1' }])
      await other.stop()
      await expect
        .poll(() => client.query('select * from cities()').then(({ rows }) => rows, String))
        .toEqual([{ cities: 'city of 1.1.1.1' }])
    },
  )

  serverTest('fill materialized views, whichever of them PostgreSQL asks', async ({ server }) => {
    const [one] = await pair(server)
    const client = await one.connect()
    await client.query('create table visit (ip inet)')
    await client.query(`insert into visit values ('1.1.1.1'), ('2.2.2.2')`)
    onTestFinished(async () => {
      const admin = await server.admin()
      await admin.query('drop table visit cascade')
      await admin.end()
    })
    // The other one is the last to have come, so that PostgreSQL asks it, for addresses that it does not know.
    await client.query('create materialized view seen as select city from visit join place using (ip)')
    expect((await client.query('select city from seen order by 1')).rows).toEqual([
      { city: 'city of 1.1.1.1' },
      { city: 'city of 2.2.2.2' },
    ])
  })
})
