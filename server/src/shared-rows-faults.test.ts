/** What goes wrong among gateways over one PostgreSQL: it makes no answer wrong, and keeps nobody waiting. */
import { setTimeout as delay } from 'node:timers/promises'
import type { DebianServer } from '@millrace/sql-engine/testing/debian-postgres'
import pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import {
  type GuestGateway,
  hasServer,
  serverTest,
  startGuestGateway,
  superuserOf,
} from './testing/guest-gateway.js'
import { until } from './testing/until.js'

const kinds = 'select name from kind order by 1'
const host = "select name from host where ip = '1.1.1.1'"

async function start(server: DebianServer, home: string): Promise<GuestGateway> {
  const started = await startGuestGateway(server, {
    cache: { ttl: 600_000, maxBytes: 64_000_000 },
    clientUrl: server.url('millrace'),
    heartbeat: 100,
    home,
  })
  onTestFinished(() => started.stop())
  return started
}

/** The other one is that which PostgreSQL asks. */
async function pair(server: DebianServer): Promise<readonly [GuestGateway, GuestGateway]> {
  const one = await start(server, 'one')
  const other = await start(server, 'other')
  await (await one.connect()).query('select millrace.cache_clear()')
  return [one, other]
}

const tablesOf = ({ calls }: GuestGateway) => calls.map(({ table }) => table)

/** Lookups' tables, the oldest first. */
async function keyTables(client: pg.Client): Promise<readonly string[]> {
  const { rows } =
    await client.query(`select relname from pg_class where relkind = 'r' and relname like '%\\_keys'
    and relnamespace = 'millrace_lookup'::regnamespace order by oid`)
  return rows.map(({ relname }) => `millrace_lookup."${relname}"`)
}

describe.runIf(hasServer)('gateways over one database', () => {
  serverTest('may start at the same time, where there is nothing yet', async ({ server }) => {
    const all = await Promise.all(['one', 'two', 'three'].map((home) => start(server, home)))
    for (const one of all) expect((await (await one.connect()).query(kinds)).rows).toHaveLength(2)
    expect(all.flatMap((one) => tablesOf(one))).toEqual(['kind'])
  })

  serverTest('forget lookups of those that have gone, too', async ({ server }) => {
    const [one, other] = await pair(server)
    await (await one.connect()).query(host)
    await one.stop()
    const client = await other.connect()
    await client.query('select millrace.cache_clear()')
    expect((await client.query(host)).rows).toHaveLength(1)
    expect(tablesOf(other)).toEqual(['host'])
  })

  for (const [what, statement] of [
    ['scans', kinds],
    ['lookups', host],
  ] as const) {
    serverTest(`forget ${what} that are read while they are to be forgotten`, async ({ server }) => {
      const [one, other] = await pair(server)
      const [clearing, reading] = [await other.connect(), await other.connect()]
      await clearing.query("select name from host where ip = '9.9.9.9'")
      await (await one.connect()).query(statement)
      const locking = await superuserOf(server)
      const [first = ''] = await keyTables(locking)
      await locking.query(`begin; lock table ${first} in exclusive mode`)
      const cleared = clearing.query('select millrace.cache_clear()')
      await until(await superuserOf(server), "select from pg_stat_activity where wait_event_type = 'Lock'")
      // An open transaction keeps what it reads.
      await reading.query(`begin; ${statement}`)
      await locking.query('commit')
      await cleared
      await clearing.query(statement)
      // For what is asked during the clearing or after it, the API is asked anew.
      expect([one.calls.length, other.calls.length]).toEqual([1, 2])
    })
  }

  serverTest('ask again where it could not be told that a call has ended', async ({ server }) => {
    const [one, other] = await pair(server)
    const locking = await superuserOf(server)
    // Within a transaction, PostgreSQL shows the activity of one moment.
    const watching = await superuserOf(server)
    const held = one.holdCall()
    const first = (await one.connect()).query(kinds)
    const { answer } = await held
    await locking.query('begin; lock table millrace_internal.shared_flight in exclusive mode')
    answer()
    await first
    const landing = `from pg_stat_activity where query ~ 'WITH landed' and wait_event_type = 'Lock'`
    await until(watching, `select ${landing}`)
    await watching.query(`select pg_terminate_backend(pid) ${landing}`)
    await locking.query('commit; delete from millrace_internal.shared_scan')
    expect((await (await other.connect()).query(kinds)).rows).toHaveLength(2)
  })

  serverTest(
    'take over what one asks that has fallen silent, though its connection stands',
    async ({ server }) => {
      const [one, other] = await pair(server)
      const held = one.holdCall()
      const asking = (await one.connect()).query(kinds)
      const { answer } = await held
      const client = await superuserOf(server)
      const { rows } = await client.query('select gateway from millrace_internal.shared_flight')
      // As if it stood still: it is not seen, and holds its lock all the same.
      const silent = new pg.Client(server.url())
      await silent.connect()
      onTestFinished(() => silent.end())
      await silent.query(`select pg_advisory_lock(${Buffer.from('mill').readInt32BE(0)}, 4711)`)
      await client.query('update millrace_internal.shared_flight set gateway = 4711 where gateway = $1', [
        rows[0].gateway,
      ])
      expect((await (await other.connect()).query(kinds)).rows).toHaveLength(2)
      answer()
      await asking
    },
  )

  serverTest(
    'fill materialized views for processes with the number of one that has died',
    async ({ server }) => {
      const [one] = await pair(server)
      const client = await one.connect()
      const { rows } = await client.query('select pg_backend_pid() as process')
      const own = await superuserOf(server)
      await own.query(
        `insert into millrace_internal.shared_loopback select $1, 77, 'counting.place'::regclass, 's_25_1', 'millrace_scan.s_25_1', '{city}'`,
        [rows[0].process],
      )
      onTestFinished(async () => {
        await own.query('drop table if exists visit cascade')
      })
      await client.query('create table visit (ip inet)')
      await client.query(`insert into visit values ('1.1.1.1'), ('2.2.2.2')`)
      await client.query('create materialized view seen as select city from visit join place using (ip)')
      expect((await client.query('select city from seen')).rows).toHaveLength(2)
    },
  )

  serverTest(
    'do not wait for each other’s rows up to a limit, which would not answer them',
    async ({ server }) => {
      const [one, other] = await pair(server)
      const statement = 'select name from event limit 5'
      const held = [one.holdCall(), other.holdCall()]
      const asked = [(await one.connect()).query(statement), (await other.connect()).query(statement)]
      for (const { answer } of await Promise.all(held)) answer()
      for (const { rows } of await Promise.all(asked)) expect(rows).toHaveLength(5)
    },
  )

  serverTest(
    'take no rows that are too old for one, since they are young enough for another',
    async ({ server }) => {
      const [one, other] = await pair(server)
      const [patient, strict] = [await other.connect(), await other.connect()]
      await strict.query('set millrace.cache_ttl = 0.5')
      await patient.query("select name from host where ip = '9.9.9.9'")
      await (await one.connect()).query(host)
      await delay(600)
      const locking = await superuserOf(server)
      const tables = await keyTables(locking)
      await locking.query(
        `begin; ${tables.map((table) => `lock table ${table} in access exclusive mode`).join('; ')}`,
      )
      const waiting = await superuserOf(server)
      const first = patient.query(host)
      await until(
        waiting,
        `select from pg_stat_activity where query ~ 'LOCK TABLE' and wait_event_type = 'Lock'`,
      )
      const second = strict.query(host)
      // That it waits for the same flight cannot be seen; where it does not, it asks all the same.
      await delay(200)
      await locking.query('commit')
      await Promise.all([first, second])
      expect(tablesOf(other).filter((table) => table === 'host')).toHaveLength(2)
    },
  )
})
