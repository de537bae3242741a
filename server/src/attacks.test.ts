/** What an ordinary user tries, to see what is not its own: each must fail, and nothing of the others' may show. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeVerifier } from './startup/scram-verifier.js'
import { keeperPlugin } from './testing/keeper-plugin.js'
import { password, startTestGateway, type TestGateway } from './testing/test-gateway.js'

const { plugin, asked } = keeperPlugin()
const secret = 'the combination of the vault'
const statement = 'a statement of bob'

let gateway: TestGateway
let alice: pg.Client
let bob: pg.Client
let bobsProcess = 0

beforeAll(async () => {
  gateway = await startTestGateway({
    cache: { ttl: 600_000, maxBytes: 10_000_000 },
    users: [
      { name: 'alice', connections: ['mine', 'counting'], verifier: await makeVerifier('of alice') },
      { name: 'bob', connections: ['*'], verifier: await makeVerifier('of bob') },
    ],
    connections: [
      { name: 'mine', plugin, settings: { keeps: 'a toy' } },
      { name: 'vault', plugin, settings: { keeps: secret } },
    ],
  })
  bob = await gateway.connect({ user: 'bob', password: 'of bob' })
  await bob.query('begin')
  await bob.query(`select '${statement}', value from vault.secret`)
  await bob.query(`select city from place where ip = '3.3.3.3'`)
  await bob.query(`create table bob.own as select 'of bob only' as word`)
  await bob.query('commit')
  bobsProcess = (await bob.query('select pg_backend_pid() as pid')).rows[0].pid
  alice = await gateway.connect({ user: 'alice', password: 'of alice' })
  asked.splice(0)
})
afterAll(() => gateway?.stop())

/** What all statements together answer, however far they get. */
async function answersOf(client: pg.Client, statements: string): Promise<string> {
  try {
    const results: unknown = await client.query(statements)
    return JSON.stringify([results].flat().map((result) => Object(result).rows))
  } catch (error) {
    return JSON.stringify({ ...Object(error), message: Object(error).message })
  } finally {
    await client.query('rollback').catch(() => {})
    await client.query('reset all')
  }
}

describe('is refused, and tells nothing', () => {
  it.each([
    // Files and programs.
    `select pg_read_file('/etc/hostname')`,
    `select pg_read_binary_file('postmaster.pid')`,
    `select pg_ls_dir('.')`,
    `select * from pg_ls_logdir()`,
    `select pg_stat_file('/etc/hostname')`,
    `select lo_import('/etc/hostname')`,
    `select lo_export(1, '/tmp/x')`,
    `create temp table t (a text); copy t from '/etc/hostname'`,
    `create temp table t (a text); copy t to '/tmp/x'`,
    `create temp table t (a text); copy t from program 'id'`,
    `copy (select 1) to program 'id'`,
    `load '/tmp/x.so'`,
    `create function f() returns int language c as '/tmp/x.so', 'f'`,
    `create function f() returns int language internal as 'pg_backend_pid'`,
    // Extensions, languages, foreign servers.
    'create extension dblink',
    'create extension postgres_fdw',
    'create extension file_fdw',
    'create extension adminpack',
    'create extension plperl',
    'create language plpython3u',
    'create foreign data wrapper w',
    'create server s foreign data wrapper millrace_loopback',
    'create foreign table alice.f (name text) server millrace_loopback',
    'create user mapping for alice server millrace_loopback',
    `alter user mapping for alice server millrace_loopback options (set user 'bob')`,
    `alter server millrace_loopback options (set host '192.0.2.1')`,
    'import foreign schema vault from server millrace_loopback into alice',
    'select umoptions from pg_user_mapping',
    // Roles.
    'set role bob',
    'set role millrace',
    'set role millrace_user',
    'set role millrace_engine',
    'set session authorization bob',
    'create role r',
    'create user u superuser',
    'alter role alice superuser',
    'alter role alice createrole',
    'alter role millrace nologin',
    `alter role bob password 'x'`,
    'grant millrace to alice',
    'grant bob to alice',
    'grant millrace_user to alice with set true',
    'grant alice to bob',
    'grant pg_read_all_data to alice',
    'revoke millrace_user from bob',
    'drop role bob',
    'drop owned by alice',
    'reassign owned by bob to alice',
    'select rolpassword from pg_authid',
    'select * from pg_shadow',
    // Others' tables and schemas, by every way to a table.
    'select * from vault.secret',
    'table vault.secret',
    'explain select * from vault.secret',
    'explain (analyze, verbose) select * from vault.secret',
    'declare c cursor for select * from vault.secret',
    'prepare p as select * from vault.secret',
    'copy (select * from vault.secret) to stdout',
    'create table alice.t as select * from vault.secret',
    'create view alice.v as select * from vault.secret',
    'create materialized view alice.m as select * from vault.secret',
    'create table alice.t (like vault.secret)',
    'create table alice.t () inherits (vault.secret)',
    'alter table vault.secret no inherit vault.secret',
    `select * from U&"v\\0061ult"."secret"`,
    `do $$ begin execute 'select * from va' || 'ult.secret'; end $$`,
    `select query_to_xml('select * from vault.secret', true, true, '')`,
    `select table_to_xml('vault.secret', true, true, '')`,
    `select schema_to_xml('vault', true, true, '')`,
    `select * from pg_millrace_table."vault.secret"`,
    'select * from bob.own',
    'select * from pg_millrace.known_schema',
    'select * from pg_millrace.mock_authentication',
    'select * from millrace.setting',
    `set search_path = vault; select * from secret`,
    'analyze vault.secret; select * from pg_stats where schemaname = $$vault$$',
    'create index on mine.secret (name)',
    'create trigger t before insert on mine.secret execute function pg_millrace.refuse_rows()',
    'create rule r as on select to mine.secret do instead select 1',
    `insert into mine.secret values ('a', 'b')`,
    'alter table mine.secret owner to alice',
    'begin; lock table vault.secret',
    // The database, the server, and what everybody's statements pass through.
    'create schema other',
    'create table public.t (a int)',
    'create table pg_millrace_scan.s_1 (a int)',
    'create function millrace.f() returns int language sql as $$ select 1 $$',
    'create event trigger e on ddl_command_start execute function pg_millrace.millrace_refuse_drop_owned()',
    'create publication p for all tables',
    `create subscription s connection 'host=x' publication p`,
    'create database d',
    'drop database millrace',
    `alter database millrace set search_path = ''`,
    'alter system set log_statement = all',
    `set log_statement = 'all'`,
    'set allow_system_table_mods = on',
    'set session_preload_libraries = x',
    'set row_security = off; select * from vault.secret',
    'update pg_class set relacl = null',
    'delete from pg_authid',
    'select pg_reload_conf()',
    'select pg_rotate_logfile()',
    'select pg_promote()',
    'checkpoint',
    'select pg_read_all_settings',
    'show data_directory',
    'show hba_file',
    'select * from pg_hba_file_rules',
    'select * from pg_file_settings',
    'select lo_get(lo_from_bytea(0, $$x$$)) from pg_largeobject',
    `select millrace.cache_clear('vault.secret')`,
  ])('%s', async (statements) => {
    const answers = await answersOf(alice, statements)
    expect(answers).toMatch(
      /"code":"(42501|42P01|0A000|42704|42883|42703|58P01|42601|42P07|42602|0LP01|2BP01|42710|55006|42P17)"/,
    )
    expect(answers).not.toMatch(new RegExp(`${secret}|${statement}|of bob only|${password}`))
    expect(asked).not.toContain(secret)
  })
})

it.each(['cancel', 'terminate'])('other sessions: pg_%s_backend', async (how) => {
  expect(await answersOf(alice, `select pg_${how}_backend(${bobsProcess})`)).toContain('"code":"42501"')
  expect((await bob.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

describe('shows nothing of others', () => {
  it.each([
    'select * from pg_stat_activity',
    'select pg_stat_get_backend_activity(n) from generate_series(1, 100) n',
    'select * from pg_prepared_statements',
    'select * from pg_cursors',
    'select * from pg_user_mappings',
    'select * from pg_foreign_server',
    'select * from pg_stats',
    'select * from information_schema.user_mapping_options',
    'select * from information_schema.views',
    'select * from pg_views',
    'select * from pg_tables',
    'select * from pg_roles',
    'select * from millrace.scan',
    'select * from millrace.scan_summary',
    'select * from millrace.connection',
    'select * from millrace.table',
    'select * from millrace.column',
    'select * from millrace.cache',
    'select * from steampipe_internal.steampipe_connection',
    'select * from steampipe_internal.steampipe_connection_state',
    'select * from steampipe_internal.steampipe_plugin_limiter',
    'select * from steampipe_internal.steampipe_scan_metadata',
    'show search_path',
  ])('%s', async (text) => {
    const answers = await answersOf(alice, text)
    expect(answers).not.toContain('"code"')
    expect(answers).not.toMatch(new RegExp(`vault|${secret}|${statement}|of bob|${password}|password=`))
  })
})

describe('does not lead anywhere', () => {
  it('operators of its own before PostgreSQL’s, which say that a name is another, or that all may be read', async () => {
    await alice.query(`
      create function alice.yes(oid, oid) returns bool language sql immutable as 'select true';
      create function alice.yes(oid, regclass) returns bool language sql immutable as 'select true';
      create function alice.yes(name, name) returns bool language sql immutable as 'select true';
      create function alice.no(oid, oid) returns bool language sql immutable as 'select false';
      create function alice.no(oid, regclass) returns bool language sql immutable as 'select false';
      create operator alice.= (leftarg = oid, rightarg = oid, function = alice.yes);
      create operator alice.= (leftarg = oid, rightarg = regclass, function = alice.yes);
      create operator alice.= (leftarg = name, rightarg = name, function = alice.yes)`)
    try {
      for (const function_ of ['yes', 'no']) {
        await alice.query(`drop operator alice.= (oid, oid); drop operator alice.= (oid, regclass);
          create operator alice.= (leftarg = oid, rightarg = oid, function = alice.${function_});
          create operator alice.= (leftarg = oid, rightarg = regclass, function = alice.${function_})`)
        const all = `set search_path = alice, mine, counting, pg_catalog;`
        for (const query of [
          'select value from mine.secret',
          'select name from millrace.connection',
          'select connection from millrace.table',
        ]) {
          expect(await answersOf(alice, `${all} ${query}`)).not.toMatch(new RegExp(`vault"|${secret}`))
        }
      }
      expect(asked).not.toContain(secret)
      expect(
        await answersOf(alice, 'set search_path = alice, pg_catalog; select * from vault.secret'),
      ).toContain('42501')
    } finally {
      await alice.query(`drop operator alice.= (oid, oid); drop operator alice.= (oid, regclass);
        drop operator alice.= (name, name); drop function alice.yes(oid, oid), alice.yes(oid, regclass),
        alice.yes(name, name), alice.no(oid, oid), alice.no(oid, regclass)`)
    }
  })

  it('an operator of its own that takes one table for another', async () => {
    await alice.query(`create function alice.other(oid, oid) returns bool language plpgsql as $$ begin
        return $1 operator(pg_catalog.=) case
          when $2 operator(pg_catalog.<>) 'mine.secret'::pg_catalog.regclass then $2
          else (select c.oid from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
            where n.nspname operator(pg_catalog.=) 'vault' and c.relname operator(pg_catalog.=) 'secret') end;
      end $$;
      create operator alice.= (leftarg = oid, rightarg = oid, function = alice.other)`)
    const query = 'set search_path = alice, mine, pg_catalog; select value from mine.secret'
    expect(await answersOf(alice, query)).toContain('a toy')
    expect(asked).not.toContain(secret)
    await alice.query('drop operator alice.= (oid, oid); drop function alice.other')
  })

  it('functions of its own with the names of those that decide', async () => {
    await alice.query(`create function alice.has_table_privilege(oid, text) returns bool language sql as 'select true';
      create function alice.to_regclass(text) returns regclass language sql as $$ select 'mine.secret'::regclass $$`)
    expect(
      await answersOf(alice, 'set search_path = alice, pg_catalog; select * from vault.secret'),
    ).toContain('42501')
    await alice.query('drop function alice.has_table_privilege, alice.to_regclass')
  })

  it('a table or view of its own in place of a virtual one', async () => {
    await alice.query('create temp table secret (value text)')
    expect(await answersOf(alice, 'select * from secret')).toBe('[[]]')
    await alice.query('drop table pg_temp.secret')
  })

  it('a leaky function over what others have looked up: only rows that were asked for reach it', async () => {
    await bob.query(`select city from place where ip in ('2.2.2.2', '3.3.3.3')`)
    await alice.query(`create function alice.leak(city text) returns bool language plpgsql cost 0.0000001 as
      $$ begin raise notice 'leaked: %', city; return true; end $$`)
    const heard: string[] = []
    const listen = ({ message = '' }: { message?: string | undefined }) => heard.push(message)
    alice.on('notice', listen)
    await alice.query(`select city from place where ip = '1.1.1.1' and alice.leak(city)`)
    alice.off('notice', listen)
    expect(heard).toEqual(['leaked: city of 1.1.1.1'])
    await alice.query('drop function alice.leak')
  })

  it('a prepared statement, a cursor or a view from before its right was taken away', async () => {
    const owner = await gateway.connect()
    await owner.query('grant usage on schema vault to alice; grant select on vault.secret to alice')
    const early = await gateway.connect({ user: 'alice', password: 'of alice' })
    await early.query(
      'prepare early as select value from vault.secret; create view alice.v as select * from vault.secret',
    )
    expect((await early.query('execute early')).rows).toEqual([{ value: secret }])
    expect((await early.query('select value from alice.v')).rows).toEqual([{ value: secret }])
    const named = { name: 'named', text: 'select value from vault.secret' }
    expect((await early.query(named)).rows).toEqual([{ value: secret }])
    await owner.query('revoke select on vault.secret from alice; revoke usage on schema vault from alice')
    for (const text of ['execute early', 'select value from alice.v', 'table alice.v']) {
      await expect(early.query(text)).rejects.toMatchObject({ code: '42501' })
    }
    await expect(early.query(named)).rejects.toMatchObject({ code: '42501' })
    await early.query('drop view alice.v')
    await early.end()
    await owner.end()
  })
})

describe('on the wire', () => {
  const login = (config: pg.ClientConfig) =>
    gateway.connect({ user: 'alice', password: 'of alice', ...config })

  it.each([
    { options: '-c role=bob' },
    { options: '-c role=millrace' },
    { options: '-c session_authorization=millrace_engine' },
    { options: '-c allow_system_table_mods=on' },
    { database: 'postgres' },
    { database: 'template1' },
    { user: 'millrace' },
    { user: 'millrace_engine' },
    { user: 'millrace_reader' },
    { user: 'millrace_user' },
    { user: 'bob' },
    { user: 'alice ' },
    { user: 'ALICE' },
    { user: '', password: '' },
    { application_name: `millrace_loopback 1` },
    { replication: 'database' },
  ])('%j: not let in, or not as anybody else', async (config) => {
    const refusal = await login(config).then(
      async (client) => (await client.query('select current_user, session_user')).rows,
      (error: unknown) => error,
    )
    expect(refusal).toMatchObject({
      code: expect.stringMatching(/28P01|28000|42501|22023|0A000|55P02|3D000/),
    })
  })

  it('nobody is PostgreSQL who only says so, with the number of another’s process', async () => {
    for (const application_name of [`millrace_loopback ${bobsProcess}`, `millrace_analyze ${bobsProcess}`]) {
      await expect(login({ application_name })).rejects.toMatchObject({ code: '28P01' })
    }
  })
})
