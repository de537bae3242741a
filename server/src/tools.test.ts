/**
 * What tools list: the tables of the connections, and none of ours that come and go. The queries are those by which
 * each tool asks, as far as they say what is a table; .ci/drivers asks by some of the tools themselves.
 */
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

let harness: TestGateway
let client: pg.Client
/** Has scans open, of which PostgreSQL has the tables. */
let reader: pg.Client

beforeAll(async () => {
  harness = await startTestGateway()
  client = await harness.connect()
  reader = await harness.connect({ options: '-c millrace.cache_ttl=300' })
  // Rows that are kept: of a scan, and of lookups.
  await reader.query("select name from event where trail = 't2'")
  await reader.query("select city from place where ip = '1.1.1.1'")
  await client.query('create table own (a int primary key); create view seen as select city from place')
  // Tables that are being read, one of them under a view of ours.
  await reader.query(
    "begin; declare c cursor for select name, city from event, place where trail = 't1' and ip = address::inet and address ~ '^1'",
  )
})

afterAll(() => harness?.stop())

const ofConnections = ['counting.event', 'counting.kind', 'counting.place']
const ofMillrace = [
  ...['cache', 'column', 'connection', 'plugin', 'scan', 'scan_summary', 'setting', 'table'].map(
    (name) => `millrace.${name}`,
  ),
  ...['connection', 'connection_state', 'plugin', 'plugin_column', 'plugin_limiter', 'scan_metadata'].map(
    (name) => `steampipe_internal.steampipe_${name}`,
  ),
  'steampipe_internal.steampipe_scan_metadata_summary',
  'steampipe_internal.steampipe_server_settings',
]
const ofUsers = ['public.own', 'public.seen']

const hidden = async () =>
  Number(
    (
      await client.query(
        "select count(*) from pg_class where relnamespace::regnamespace::text ~ '^pg_millrace' and relkind = 'r'",
      )
    ).rows[0].count,
  )

const userSchemas = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"

// A guest cannot replace PostgreSQL's own views, which then show its tables, too.
describe.skipIf(isDebian)('listed by', () => {
  test.each([
    [
      'information_schema.tables (Power BI, Fivetran, Airbyte)',
      `select table_schema, table_name from information_schema.tables
        where table_schema not in ('information_schema', 'pg_catalog')`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      "Sequelize's showAllTables",
      `select table_schema, table_name from information_schema.tables
        where table_type like '%TABLE' and table_type != 'VIEW' and table_schema != 'pg_catalog'
          and table_schema != 'information_schema'`,
      [...ofConnections, ...ofMillrace, 'public.own'],
    ],
    [
      "Grafana's picker",
      `select quote_ident(table_schema), quote_ident(table_name) from information_schema.tables
        where quote_ident(table_schema) not in ('information_schema', 'pg_catalog', '_timescaledb_cache')
          and table_schema = any (string_to_array(replace(current_setting('search_path'), ' ', ''), ','))`,
      [...ofConnections, ...ofUsers],
    ],
    [
      'information_schema.columns (Looker, Redash, Retool)',
      `select distinct table_schema, table_name from information_schema.columns
        where table_schema not in ('pg_catalog', 'information_schema')`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      'pg_tables (code generators)',
      `select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
      [...ofConnections, ...ofMillrace, 'public.own'],
    ],
    [
      'pg_stat_user_tables (monitors)',
      'select schemaname, relname from pg_stat_user_tables',
      [...ofConnections, ...ofMillrace, 'public.own'],
    ],
    [
      "pgJDBC's getTables with TABLE and VIEW (dbt, Metabase before 49, Appsmith)",
      `select n.nspname, c.relname from pg_namespace n join pg_class c on c.relnamespace = n.oid
        where (c.relkind = 'r' and ${userSchemas}) or (c.relkind = 'v' and ${userSchemas})`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      "Metabase's sync",
      `select n.nspname, c.relname from pg_class c join pg_namespace n on c.relnamespace = n.oid
        where n.nspname !~ '^(information_schema|catalog_history|pg_)' and c.relkind in ('r', 'p', 'v', 'f', 'm')`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      "SQLAlchemy's get_table_names (pandas, Superset, jupysql)",
      `select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = any (array['r', 'p']) and c.relpersistence != 't' and n.nspname = 'counting'`,
      ofConnections,
    ],
    [
      "SQLAlchemy's get_schema_names",
      `select nspname, '' from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'`,
      ['counting.', 'millrace.', 'public.', 'steampipe_internal.'],
    ],
    [
      "drizzle's introspection",
      `select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
          and n.nspname not like 'pg_%'`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      "Prisma's introspection",
      `select n.nspname, c.relname from pg_class c join pg_namespace n on c.relnamespace = n.oid
        where c.relkind = 'r' and n.nspname = any (array['counting'])`,
      ofConnections,
    ],
    [
      'psql: \\dt',
      `select n.nspname, c.relname from pg_class c left join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', '') and n.nspname <> 'pg_catalog' and n.nspname !~ '^pg_toast'
          and n.nspname <> 'information_schema' and pg_table_is_visible(c.oid)`,
      [...ofConnections, 'public.own'],
    ],
    [
      'ADBC',
      `select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relkind in ('r', 'v', 'm', 'f', 'p')`,
      [...ofConnections, ...ofMillrace, ...ofUsers],
    ],
    [
      "DBeaver's and pgAdmin's tables of a schema",
      `select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'counting' and c.relkind not in ('i', 'I', 'c')`,
      ofConnections,
    ],
  ])('%s', async (_, sql, expected) => {
    const before = await hidden()
    expect(before).toBeGreaterThan(3)
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    expect(rows.map((row) => row.join('.')).sort()).toEqual([...expected].sort())
  })

  test('with columns, their types and comments, and what is a key column', async () => {
    const { rows } = await client.query(
      `select column_name, data_type, is_nullable,
              pg_catalog.col_description('counting.place'::regclass, ordinal_position::int) as comment
         from information_schema.columns where table_name = 'place' and ordinal_position < 3 order by ordinal_position`,
    )
    expect(rows).toEqual([
      {
        column_name: 'ip',
        data_type: 'inet',
        is_nullable: 'YES',
        comment: 'Address (Key column: =; required)',
      },
      { column_name: 'city', data_type: 'text', is_nullable: 'YES', comment: 'City' },
    ])
  })

  test('while a call is in flight', async () => {
    const holding = harness.holdCall()
    const asking = (await harness.connect()).query('select size from kind')
    const held = await holding
    const { rows } = await client.query(
      "select table_schema from information_schema.tables where table_schema ~ 'millrace_' or table_schema = 'counting'",
    )
    expect(rows).toHaveLength(3)
    held.answer()
    await asking
  })
})

test.skipIf(isDebian)('no view that everybody reads shows what is ours', async () => {
  const { rows: views } = await client.query(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'v' and has_table_privilege(c.oid, 'select') and (n.nspname = 'information_schema'
        or n.nspname = 'pg_catalog' and c.relname !~ '_(all|sys)_|^pg_stat_activity$|^pg_(locks|stats)')`,
  )
  expect(views.length).toBeGreaterThan(100)
  const shown: string[] = []
  for (const { name } of views) {
    const { rows } = await client.query(`select from ${name} t where t::text ~ 'pg_millrace_' limit 1`)
    if (rows.length > 0) shown.push(name)
  }
  expect(shown).toEqual([])
})

test.skipIf(isDebian)('statements of ours are not among those that a session has prepared', async () => {
  const session = await harness.connect()
  const own = { name: 'mine', text: 'select name from event where trail = $1', values: ['t1'] }
  await session.query(own)
  await session.query(own)
  const { rows } = await session.query({ text: 'select name from pg_prepared_statements', name: 'asking' })
  expect(rows.map(({ name }) => name).sort()).toEqual(['asking', 'mine'])
})

describe('by PostgreSQL itself, a virtual table', () => {
  const inside = (body: string) => client.query(`do $$ begin ${body}; end $$`)

  test.each([
    "insert into event values ('t1')",
    "update event set name = ''",
    'delete from event',
    'truncate event',
    'lock table event in exclusive mode',
    "perform from event where trail = 't1' for update",
    'create index on event (name)',
    'alter table event add column more int',
    'drop table event',
    'create table child () inherits (counting.event)',
  ])('is not written to or changed: %s', async (body) => {
    harness.calls.length = 0
    await expect(inside(body)).rejects.toMatchObject({ code: '42501' })
    expect(harness.calls).toEqual([])
  })

  test('has no rows of its own, not even a superuser’s', async () => {
    const engine = new pg.Client(harness.postgres.adminConfig)
    await engine.connect()
    try {
      const inserting = engine.query("insert into counting.event values ('t1')")
      await expect(inserting).rejects.toMatchObject({
        code: '0A000',
        message: 'cannot insert into virtual table "event"',
      })
    } finally {
      await engine.end()
    }
  })

  test('gives the rows that a query gives, of the columns and with the conditions that it needs', async () => {
    harness.calls.length = 0
    await client.query(
      "create function names() returns setof text language plpgsql as $$ begin return query select name from event where trail = 't1' and name < 'c' order by name; end $$",
    )
    expect((await client.query({ text: 'select * from names()', rowMode: 'array' })).rows).toEqual([
      ['a'],
      ['b'],
    ])
    expect(harness.calls.map(({ columns, quals }) => [columns, quals])).toEqual([
      [['name', 'trail'], ['trail = t1']],
    ])
  })

  test('is a source of statements that write elsewhere', async () => {
    await client.query('create temp table sizes (name text, size bigint)')
    await inside(
      'insert into sizes select name, 0 from kind; update sizes s set size = k.size from kind k where k.name = s.name',
    )
    await inside("delete from sizes using kind k where k.size = sizes.size and k.name = 'large'")
    await inside(`merge into sizes s using kind k on k.name = s.name when matched then update set size = k.size + 1
      when not matched then insert values (k.name, -1)`)
    const { rows } = await client.query('select name, size from sizes order by 1')
    expect(rows).toEqual([
      { name: 'large', size: '-1' },
      { name: 'small', size: '2' },
    ])
    await inside('perform * from kind, sizes for update of sizes')
  })

  test.each([
    'analyze place',
    'analyze verbose kind',
    'analyze',
    'vacuum',
    'vacuum analyze kind',
    'do $$ begin analyze place; end $$',
  ])('is not asked for by %s', async (text) => {
    harness.calls.length = 0
    // One who is no superuser may meet a table that is dropped meanwhile: a temporary one of a session that has ended.
    await vi.waitFor(() => client.query(text), 10_000)
    expect(harness.calls).toEqual([])
  })

  test('without ONLY in a materialized view, which would have no rows', async () => {
    await expect(
      client.query("create materialized view m as select name from only event where trail = 't1'"),
    ).rejects.toMatchObject({ code: '0A000', message: expect.stringContaining('ONLY') })
    // Where the gateway replaces the table, ONLY means nothing.
    const { rows } = await client.query("select name from only event where trail = 't2'")
    expect(rows).toEqual([{ name: 'd' }])
  })

  test('lends its columns to a table of the user’s that takes rows', async () => {
    await client.query('create temp table kept (like event including all)')
    await client.query("insert into kept select * from event where trail = 't2'")
    expect((await client.query('select name from kept')).rows).toEqual([{ name: 'd' }])
  })
})

describe('a cast that gives NULL', () => {
  test('joins without a condition that keeps other texts out', async () => {
    harness.calls.length = 0
    const { rows } = await client.query(
      "select e.name, p.city from event e left join place p on p.ip = try_inet(e.address) where e.trail = 't1' order by 1",
    )
    expect(rows).toEqual([
      { name: 'a', city: 'city of 1.1.1.1' },
      { name: 'b', city: 'city of 2.2.2.2' },
      { name: 'c', city: null },
    ])
    expect(harness.calls.map(({ table }) => table).sort()).toEqual(['event', 'place', 'place'])
  })

  test('of each type', async () => {
    const { rows } = await client.query({
      text: `select try_bigint('7'), try_bigint('x'), try_boolean('yes'), try_boolean('2'), try_cidr('10.0.0.0/8')::text,
        try_cidr('10.0.0.1/8'), try_date('2024-02-29')::text, try_date('2023-02-29'), try_double('1e3'),
        try_double('1e999'), try_inet('::1')::text, try_inet('cloudtrail.amazonaws.com'), try_jsonb('[1]'),
        try_jsonb('[1'), try_numeric('1.50')::text, try_numeric('1,5'), try_timestamptz('2024-01-01 00:00Z') is null,
        try_timestamptz('yesterdayish'), try_uuid('x'), try_inet(null), try_cast('5', null::int), try_cast('x', 7),
        try_cast('[1,3)', null::int4range)::text, try_cast('nope', null::counting.event) is null`,
      rowMode: 'array',
    })
    expect(rows[0]).toEqual([
      '7',
      null,
      true,
      null,
      '10.0.0.0/8',
      null,
      '2024-02-29',
      null,
      1000,
      null,
      '::1/128',
      null,
      [1],
      null,
      '1.50',
      null,
      false,
      null,
      null,
      null,
      5,
      7,
      '[1,3)',
      true,
    ])
  })

  test('of a parameter', async () => {
    const text = 'select try_inet($1)::text as ip, try_cast($1, 0) as number'
    expect((await client.query(text, ['no address'])).rows).toEqual([{ ip: null, number: 0 }])
    expect((await client.query(text, ['5'])).rows).toEqual([{ ip: null, number: 5 }])
    const keyed = 'select city from place where ip = try_inet($1)'
    expect((await client.query(keyed, ['2.2.2.2'])).rows).toEqual([{ city: 'city of 2.2.2.2' }])
    expect((await client.query(keyed, ['no address'])).rows).toEqual([])
  })

  // From PostgreSQL 16 on: pg_input_is_valid.
  test.skipIf(isDebian)('is put in place by PostgreSQL, and may run side by side', async () => {
    const { rows } = await client.query({
      text: "explain (verbose, costs off) select try_inet(t) from unnest(array['a']) t",
      rowMode: 'array',
    })
    expect(rows.flat().join('\n')).toContain("pg_input_is_valid(t, 'inet'::text)")
    const traits = await client.query(
      "select distinct provolatile, proparallel from pg_proc where proname ~ '^try_' and pronamespace = 'pg_catalog'::regnamespace",
    )
    expect(traits.rows).toEqual([{ provolatile: 's', proparallel: 's' }])
  })
})
