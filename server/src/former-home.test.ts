/** A home that was made before virtual tables were ordinary tables. */
import { prepareDatabase } from '@millrace/sql-engine/postgres/prepare-database'
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

/** What such a home has, as far as it matters; nobody has used `unused`. */
const former = `
  DROP OWNED BY millrace_reader;
  DROP ROLE millrace_reader;
  SET allow_system_table_mods = on;
  ALTER SCHEMA pg_millrace RENAME TO millrace_internal;
  ALTER SCHEMA pg_millrace_scan RENAME TO millrace_scan;
  ALTER SCHEMA pg_millrace_lookup RENAME TO millrace_lookup;
  DROP SCHEMA pg_millrace_table;
  CREATE UNLOGGED TABLE millrace_scan.s_7 (a int);
  CREATE EXTENSION postgres_fdw SCHEMA millrace_internal;
  CREATE FOREIGN DATA WRAPPER millrace_loopback HANDLER millrace_internal.postgres_fdw_handler;
  CREATE SERVER millrace_loopback FOREIGN DATA WRAPPER millrace_loopback OPTIONS (dbname 'millrace', port '1');
  CREATE USER MAPPING FOR millrace SERVER millrace_loopback OPTIONS (user 'millrace', password 'old');
  CREATE SCHEMA counting;
  GRANT USAGE ON SCHEMA counting TO millrace;
  CREATE FOREIGN TABLE counting.event (trail text OPTIONS (key_operators '='), address text, name text,
    sp_connection_name text, sp_ctx jsonb, _ctx jsonb) SERVER millrace_loopback;
  CREATE FOREIGN TABLE counting.place (ip inet, city text, is_eu boolean, more text,
    sp_connection_name text, sp_ctx jsonb, _ctx jsonb) SERVER millrace_loopback;
  CREATE FOREIGN TABLE counting.unused (a text) SERVER millrace_loopback;
  GRANT SELECT ON ALL TABLES IN SCHEMA counting TO millrace;
  CREATE SCHEMA millrace;
  GRANT USAGE, CREATE ON SCHEMA millrace TO millrace;
  CREATE FOREIGN TABLE millrace.cache_clear_call (table_name text, scans bigint) SERVER millrace_loopback;
  SET ROLE millrace;
  CREATE VIEW public.first_events WITH (security_barrier = false) AS SELECT name, address FROM counting.event WHERE trail = 't1';
  CREATE MATERIALIZED VIEW public.kept AS SELECT name FROM counting.event WHERE trail = 't2' WITH NO DATA;
  CREATE FUNCTION public.names() RETURNS SETOF text LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT name FROM counting.event WHERE trail = 't1' AND name < 'c'; END;
  CREATE VIEW public.with_former_type AS SELECT city, more FROM counting.place WHERE ip = '1.1.1.1'`

/** Only homes of the embedded PostgreSQL are as old as that. */
const homeTest = test.skipIf(isDebian)

let harness: TestGateway
let client: pg.Client

beforeAll(async () => {
  if (isDebian) return
  harness = await startTestGateway({
    before: async ({ engineConfig }) => {
      const engine = new pg.Client(engineConfig)
      await engine.connect()
      await engine.query(former)
      await engine.end()
      await prepareDatabase(engineConfig, pino({ level: 'silent' }))
    },
  })
  client = await harness.connect()
})

afterAll(() => harness?.stop())

beforeEach(() => {
  if (isDebian) return
  harness.calls.length = 0
})

const valuesOf = async (sql: string) => (await client.query({ text: sql, rowMode: 'array' })).rows.flat()

homeTest('has the role that only reads, with what it may read', async () => {
  const reader = await harness.connect({ user: 'millrace_reader' })
  const { rows } = await reader.query(`select name from counting.event where trail = 't1' order by 1 limit 1`)
  expect(rows).toHaveLength(1)
  await expect(reader.query('create table x ()')).rejects.toThrow(/read-only/)
  await expect(reader.query('begin read write; create table millrace.x ()')).rejects.toThrow(
    /permission denied/,
  )
})

homeTest('lists its tables as a new one does', async () => {
  const listed = await valuesOf(
    `select format('%s.%s', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = relnamespace
      where relkind in ('r', 'f', 'v', 'm') and nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
  )
  expect(listed).toEqual([
    'counting.event',
    'counting.kind',
    'counting.place',
    'millrace.cache',
    'millrace.column',
    'millrace.connection',
    'millrace.plugin',
    'millrace.scan',
    'millrace.scan_summary',
    'millrace.setting',
    'millrace.table',
    'public.first_events',
    'public.kept',
    'public.with_former_type',
    'steampipe_internal.steampipe_connection',
    'steampipe_internal.steampipe_connection_state',
    'steampipe_internal.steampipe_plugin',
    'steampipe_internal.steampipe_plugin_column',
    'steampipe_internal.steampipe_plugin_limiter',
    'steampipe_internal.steampipe_scan_metadata',
    'steampipe_internal.steampipe_scan_metadata_summary',
    'steampipe_internal.steampipe_server_settings',
  ])
  expect(await valuesOf("select nspname from pg_namespace where nspname ~ '^millrace_'")).toEqual([])
  expect(await valuesOf("select to_regclass('pg_millrace_scan.s_7')")).toEqual([null])
  expect(await valuesOf('select extname from pg_extension')).toEqual(['plpgsql'])
})

homeTest('has views that go on, with the conditions on them', async () => {
  expect(await valuesOf("select name from first_events where address = '2.2.2.2'")).toEqual(['b'])
  expect(harness.calls.map(({ table, columns }) => [table, columns])).toEqual([
    ['event', ['address', 'name', 'trail']],
  ])
  const joined = `select v.name, p.city from first_events v join place p on p.ip = try_inet(v.address) order by 1`
  expect(await valuesOf(joined)).toEqual(['a', 'city of 1.1.1.1', 'b', 'city of 2.2.2.2'])
})

homeTest(
  'has views that a dump can take to another home, and others that PostgreSQL does not let be changed',
  async () => {
    expect(await valuesOf("select definition from pg_views where viewname = 'first_events'")).toEqual([
      expect.stringContaining('FROM event'),
    ])
    expect(await valuesOf("select reloptions from pg_class where relname = 'first_events'")).toEqual([
      ['security_barrier=false'],
    ])
    const left = await valuesOf("select relname from pg_class where relname ~ '^former' order by 1")
    expect(left).toEqual(['former.counting.event', 'former.counting.place'])
  },
)

homeTest('has materialized views that are refreshed, and functions', async () => {
  await client.query('refresh materialized view kept')
  expect(await valuesOf('select name from kept')).toEqual(['d'])
  expect((await valuesOf('select * from names()')).sort()).toEqual(['a', 'b'])
})

homeTest('has a view over a column whose type has changed, for which PostgreSQL asks by itself', async () => {
  expect(await valuesOf('select city, more from with_former_type')).toEqual(['city of 1.1.1.1', null])
})
