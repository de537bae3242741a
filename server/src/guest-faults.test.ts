/** What a guest survives: an extension that is missing, a server that crashes or is another one, a way back that is closed. */
import { setTimeout } from 'node:timers/promises'
import type { DebianServer } from '@millrace/sql-engine/testing/debian-postgres'
import type pg from 'pg'
import { describe, expect, onTestFinished } from 'vitest'
import { errorOf } from './testing/error-of.js'
import { hasServer, serverTest, startGuestGateway } from './testing/guest-gateway.js'

const cache = { ttl: 300_000, maxBytes: 64 * 1024 * 1024 }

async function gateway(server: DebianServer, more: Parameters<typeof startGuestGateway>[1] = {}) {
  const started = await startGuestGateway(server, { clientUrl: server.url('millrace'), cache, ...more })
  onTestFinished(() => started.stop())
  return started
}

async function run(server: DebianServer, ...statements: string[]): Promise<pg.QueryResult[]> {
  const client = await server.admin()
  const results: pg.QueryResult[] = []
  for (const statement of statements) results.push(await client.query(statement))
  await client.end()
  return results
}

const scan = "select city from place where ip = '1.1.1.1'"
const rows = [{ city: 'city of 1.1.1.1' }]
const cannotBeRead = {
  code: '0A000',
  message: expect.stringMatching(/^virtual table "(kind|place)" cannot be read from inside PostgreSQL$/),
  hint: expect.stringContaining('postgres_fdw'),
}

describe.runIf(hasServer)('without a way back to the gateway', () => {
  /** Where PostgreSQL meets a virtual table by itself. No API has rows for it to fetch: nothing must come out. */
  const met = [
    'do $$ begin perform count(*) from kind; end $$',
    "do $$ begin perform from kind where name = 'small' limit 1; end $$",
    'do $$ begin perform from pg_class c left join kind k on k.name = c.relname; end $$',
    'do $$ begin perform exists (select from kind); end $$',
    "do $$ begin perform array(select city from place where ip = '1.1.1.1'); end $$",
    'do $$ begin perform from kind where (select true); end $$',
    'create materialized view kept as select name from kind',
    'select pg_temp.ask()',
  ]

  serverTest.for([
    ['the extension is not there', 'drop extension postgres_fdw cascade'],
    ['it may not be used', 'revoke usage on foreign data wrapper postgres_fdw from millrace_engine'],
  ] as const)(
    'where %s, what PostgreSQL reads by itself is an error, never empty',
    async ([, taken], { server }) => {
      await run(server, taken)
      onTestFinished(async () => {
        await run(
          server,
          'create extension if not exists postgres_fdw',
          'grant usage on foreign data wrapper postgres_fdw to millrace_engine',
        )
      })
      const started = await gateway(server)
      expect(started.warnings).toContainEqual(
        expect.objectContaining({
          msg: 'functions, triggers and materialized views cannot read virtual tables',
        }),
      )
      const client = await started.connect()
      expect((await client.query(scan)).rows).toEqual(rows)
      await client.query(
        'create function pg_temp.ask() returns bigint language plpgsql as $$ begin return (select count(*) from kind); end $$',
      )
      for (const text of met) {
        expect([text, await errorOf(client.query(text))]).toMatchObject([text, cannotBeRead])
      }
      // Straight from PostgreSQL too, for whoever it is, a superuser among them.
      const superuser = await server.admin()
      onTestFinished(() => superuser.end())
      for (const text of [
        'select * from counting.kind',
        'select count(*) from counting.kind',
        'select from counting.kind where false or random() > 2',
        'copy (table counting.kind) to stdout',
      ]) {
        expect([text, await errorOf(superuser.query(text))]).toMatchObject([text, cannotBeRead])
      }
      await superuser.query('analyze counting.kind').catch(() => {}) // a view is nothing to analyze
      expect((await errorOf(client.query("insert into counting.kind values ('x')"))).code).toMatch(
        /^(42501|55000)$/,
      )
      // Users' views over them are read through.
      await client.query('create view pg_temp.seen as select city, ip from place')
      expect((await client.query("select city from pg_temp.seen where ip = '1.1.1.1'")).rows).toEqual(rows)
      expect(
        (await client.query('select c.relname, k.name from kind k left join pg_class c on false')).rowCount,
      ).toBe(2)
    },
  )

  serverTest('when the extension comes, functions read; when it goes, they are told', async ({ server }) => {
    const withdraw = 'revoke usage on foreign data wrapper postgres_fdw from millrace_engine'
    const grant = 'grant usage on foreign data wrapper postgres_fdw to millrace_engine'
    const read =
      'do $$ begin if (select count(*) from counting.kind) <> 2 then raise division_by_zero; end if; end $$'
    await run(server, withdraw)
    onTestFinished(async () => {
      await run(server, grant)
    })
    const first = await gateway(server)
    expect((await errorOf((await first.connect()).query(read))).code).toBe('0A000')
    await first.stop()
    await run(server, grant)
    const second = await gateway(server)
    const client = await second.connect()
    await client.query(read)
    // A view of the user's over a virtual table keeps it from being made anew.
    await client.query('create view public.seen as select city, ip from place')
    await second.stop()
    await run(server, withdraw)
    const third = await gateway(server)
    expect(third.warnings).toContainEqual(
      expect.objectContaining({
        table: '"counting"."place"',
        msg: expect.stringContaining('drop what depends on it'),
      }),
    )
    const later = await third.connect()
    expect(
      (await later.query(`${scan}; select city from public.seen where ip = '1.1.1.1'`)) as unknown,
    ).toMatchObject([{ rows }, { rows }])
    expect((await errorOf(later.query(read))).code).toBe('0A000')
    // What could not be made anew still has its foreign table: an error of another kind, and no rows.
    expect((await errorOf(later.query('do $$ begin perform from place; end $$'))).code).toMatch(
      /^(HV00|42501|08001)/,
    )
    await later.query('drop view public.seen')
  })

  serverTest(
    'where PostgreSQL cannot reach the gateway, that is told at the start and in each error',
    async ({ server }) => {
      // Of a network that is for documents only (RFC 5737); a name that does not resolve fails at once.
      const started = await gateway(server, { loopbackHost: 'gateway.invalid' })
      const client = await started.connect()
      expect((await client.query(scan)).rows).toEqual(rows)
      const error = await errorOf(client.query('do $$ begin perform count(*) from kind; end $$'))
      expect(error).toMatchObject({
        code: '08001',
        message: 'could not connect to server "millrace_loopback"',
      })
      while (started.warnings.length === 0) await setTimeout(5)
      expect(started.warnings).toContainEqual(
        expect.objectContaining({ msg: expect.stringContaining('engine.gateway_host') }),
      )
    },
  )
})

describe.runIf(hasServer)('a server that goes', () => {
  serverTest(
    'and comes back: sessions end, rows are asked for again, committed rows are there',
    async ({ server }) => {
      const started = await gateway(server)
      const client = await started.connect()
      await client.query('create table public.kept (city text)')
      onTestFinished(async () => {
        await run(server, 'drop table public.kept')
      })
      await client.query(`insert into public.kept ${scan}`)
      await client.query('select name from kind')
      const calls = started.calls.length
      await client.query('select name from kind')
      expect(started.calls.length).toBe(calls)
      const ended = new Promise<Error>((resolve) => client.once('error', resolve))
      const lost = started.lost()
      await server.crash()
      await lost
      expect(await ended).toMatchObject({ code: expect.stringMatching(/^(57P01|08006)$/) })
      await server.start()
      await started.ready()
      const again = await started.connect()
      // Its scan tables were emptied by the crash: the rows come from the API, and all of them.
      expect((await again.query('select name from kind order by 1')).rows).toEqual([
        { name: 'large' },
        { name: 'small' },
      ])
      expect(started.calls.length).toBe(calls + 1)
      expect((await again.query('table public.kept')).rows).toEqual(rows)
      const [left] = await run(
        server,
        "select count(*)::int as tables from pg_class where relnamespace = 'millrace_scan'::regnamespace and relkind = 'r'",
      )
      expect(left?.rows).toEqual([{ tables: 1 }])
    },
  )

  serverTest(
    'or another one that answers in its place is noticed by the first session that gets there',
    async ({ server }) => {
      const started = await gateway(server)
      const client = await started.connect()
      expect((await client.query('select name from kind')).rowCount).toBe(2)
      // As after a failover: a promoted standby has the tables, and unlogged ones are empty.
      const lost = started.lost()
      await run(server, 'truncate millrace_internal.life')
      const scans = await run(
        server,
        "select oid::regclass::text as name from pg_class where relnamespace = 'millrace_scan'::regnamespace and relkind = 'r'",
      )
      for (const { name } of scans[0]?.rows ?? []) {
        // One of an earlier statement may have been dropped meanwhile.
        await run(server, `do $$ begin truncate ${name}; exception when undefined_table then end $$`)
      }
      const again = await started.connect()
      await lost
      expect((await again.query('select name from kind')).rowCount).toBe(2)
    },
  )

  serverTest('that stays away: sessions are told 57P03', async ({ server }) => {
    const started = await gateway(server)
    const lost = started.lost()
    await server.crash()
    await lost
    expect(await errorOf(started.connect())).toMatchObject({
      code: '57P03',
      message: "the engine's PostgreSQL cannot be used now",
    })
    await server.start()
    for (;;) {
      const client = await started.connect().catch(() => undefined)
      if (client === undefined) await setTimeout(50)
      else {
        expect((await client.query(scan)).rows).toEqual(rows)
        break
      }
    }
  })

  serverTest('or ends the session that holds the database: Millrace takes it again', async ({ server }) => {
    const started = await gateway(server)
    const lost = started.lost()
    await run(
      server,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'millrace on %'",
    )
    await lost
    await started.ready()
    expect((await (await started.connect()).query(scan)).rows).toEqual(rows)
  })
})

describe.runIf(hasServer)('tables of an earlier life', () => {
  serverTest('are dropped at the start', async ({ server }) => {
    const first = await gateway(server)
    await (await first.connect()).query('select name from kind')
    await run(server, 'create unlogged table millrace_scan.s_999999 (a int)')
    await run(server, 'alter table millrace_scan.s_999999 owner to millrace_engine')
    await first.stop()
    await gateway(server)
    const [left] = await run(
      server,
      "select relname from pg_class where relnamespace = 'millrace_scan'::regnamespace and relkind = 'r'",
    )
    expect(left?.rows).toEqual([])
  })
})
