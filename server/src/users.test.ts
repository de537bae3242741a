/** What the configuration's users see, and what they do not. */
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ServiceUser } from './service.js'
import { makeVerifier } from './startup/scram-verifier.js'
import { keeperPlugin } from './testing/keeper-plugin.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

const { plugin, asked } = keeperPlugin()

let gateway: TestGateway
let users: readonly ServiceUser[]

beforeAll(async () => {
  users = [
    { name: 'alice', connections: ['count*', 'archive'], verifier: await makeVerifier('of alice') },
    { name: "b'ob", connections: ['*'], verifier: await makeVerifier('of bob') },
    { name: 'carol', connections: ['all', 'archive'], verifier: await makeVerifier('of carol') },
  ]
  gateway = await startTestGateway({
    users,
    cache: { ttl: 60_000, maxBytes: 10_000_000 },
    connections: [
      { name: 'vault', plugin, settings: { keeps: 'open sesame' } },
      { name: 'archive', plugin, settings: { keeps: 'a candle' } },
      { name: 'all', plugin, members: ['vault', 'archive'] },
    ],
  })
})
afterAll(() => gateway?.stop())
beforeEach(() => {
  asked.splice(0)
  gateway.calls.splice(0)
})

const alice = () => gateway.connect({ user: 'alice', password: 'of alice' })
const bob = () => gateway.connect({ user: "b'ob", password: 'of bob' })
const carol = () => gateway.connect({ user: 'carol', password: 'of carol' })

async function rowsOf(client: pg.Client, query: string): Promise<unknown[][]> {
  return (await client.query({ text: query, rowMode: 'array' })).rows
}

describe('a user', () => {
  it('reads the tables of its connections, by name and by key, and again from the cache', async () => {
    const client = await alice()
    const place = `select city from place where ip = '1.1.1.1'`
    expect(await rowsOf(client, place)).toEqual([['city of 1.1.1.1']])
    expect(await rowsOf(client, place)).toEqual([['city of 1.1.1.1']])
    expect(await rowsOf(client, 'select name, size from counting.kind order by name')).toEqual([
      ['large', '100'],
      ['small', '1'],
    ])
    expect(await rowsOf(client, 'select name from kind where size > 1')).toEqual([['large']])
    expect(gateway.calls).toHaveLength(2)
    const joined = `select p.city from event e join place p on p.ip = e.address::inet where e.trail = 't2'`
    expect(await rowsOf(client, joined)).toEqual([['city of 3.3.3.3']])
    await client.end()
  })

  it('is no superuser, owns nothing of Millrace’s, and can become nobody else', async () => {
    const client = await alice()
    expect(
      await rowsOf(
        client,
        `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
                pg_has_role('millrace', 'MEMBER'), pg_has_role('millrace_user', 'SET')
           from pg_roles where rolname = current_user`,
      ),
    ).toEqual([[false, false, false, false, false, false, false]])
    expect(
      await rowsOf(client, `select nspname from pg_namespace where nspowner = 'alice'::regrole`),
    ).toEqual([['alice']])
    expect(await rowsOf(client, `select from pg_class where relowner = 'alice'::regrole`)).toEqual([])
    for (const role of ['millrace', 'millrace_user', 'millrace_engine', 'millrace_reader', `"b'ob"`]) {
      await expect(client.query(`set role ${role}`)).rejects.toMatchObject({ code: '42501' })
      await expect(client.query(`set session authorization ${role}`)).rejects.toMatchObject({ code: '42501' })
    }
    await client.end()
  })

  it('has a schema of its own, where it stores what it likes', async () => {
    const client = await alice()
    await client.query('create table kept as select name from kind')
    expect(await rowsOf(client, 'select count(*) from alice.kept')).toEqual([['2']])
    await client.query('create view large as select name from kind where size > 1')
    expect(await rowsOf(client, 'select * from large')).toEqual([['large']])
    await client.query('create materialized view held as select name from kind where size > 1')
    expect(await rowsOf(client, 'select * from held')).toEqual([['large']])
    await client.query('refresh materialized view held')
    await expect(client.query('create table public.not_here (a int)')).rejects.toMatchObject({
      code: '42501',
    })
    await expect(client.query('create schema another')).rejects.toMatchObject({ code: '42501' })
    await client.query('drop table kept; drop view large; drop materialized view held')
    await client.end()
  })

  it('sees no other connection: not its schema, tables, columns, search path, nor system tables', async () => {
    const client = await alice()
    expect(await rowsOf(client, 'show search_path')).toEqual([['"$user", public, archive, counting']])
    const listed = async (query: string) => JSON.stringify(await rowsOf(client, query))
    for (const query of [
      'select table_schema, table_name from information_schema.tables',
      'select table_schema, column_name from information_schema.columns',
      'select schema_name from information_schema.schemata',
      'select schemaname, tablename from pg_tables',
      'select name from millrace.connection',
      'select connection, name from millrace.table',
      'select connection, name from millrace.column',
      'select connection, table_name from millrace.cache',
      'select name, file_name from steampipe_internal.steampipe_connection',
      'select table_name from steampipe_internal.steampipe_plugin_column',
      `select relname, nspname from pg_class join pg_namespace n on n.oid = relnamespace where pg_table_is_visible(pg_class.oid)`,
    ]) {
      const answer = await listed(query)
      expect(answer).not.toMatch(/vault|"all"/)
      if (!query.includes('cache')) expect(answer).toMatch(/archive|counting|"secret"|kind/)
    }
    await expect(client.query('select * from pg_db_role_setting')).rejects.toMatchObject({ code: '42501' })
    await expect(client.query('select * from millrace.setting')).rejects.toMatchObject({ code: '42501' })
    await client.end()
  })

  it('is refused what it may not see in PostgreSQL’s words, before anything is fetched', async () => {
    const client = await carol()
    for (const [statement, message] of [
      ['select * from vault.secret', 'permission denied for schema vault'],
      ['explain select * from vault.secret', 'permission denied for schema vault'],
      ['explain analyze select * from vault.secret', 'permission denied for schema vault'],
      ['copy (select * from vault.secret) to stdout', 'permission denied for schema vault'],
      ['create table t as select * from vault.secret', 'permission denied for schema vault'],
      ['select * from kind', 'relation "kind" does not exist'],
      [`select millrace.cache_clear('vault.secret')`, 'virtual table "vault.secret" does not exist'],
    ] as const) {
      await expect(client.query(statement)).rejects.toMatchObject({
        message: expect.stringContaining(message),
      })
    }
    expect([...asked, ...gateway.calls]).toEqual([])
    await client.end()
  })

  it('reads it all where its connections are all there are', async () => {
    const client = await bob()
    expect(await rowsOf(client, 'select value from vault.secret')).toEqual([['open sesame']])
    expect(await rowsOf(client, 'select value from "all".secret order by 1')).toEqual([
      ['a candle'],
      ['open sesame'],
    ])
    await client.end()
  })
})

describe('an aggregator with members that a user may not see', () => {
  it('is refused as a whole, without their names, and answers for those that it may see', async () => {
    const client = await carol()
    const refusal = await client.query('select value from "all".secret').catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      code: '42501',
      message: 'permission denied for table secret',
      hint: `Ask for some of them: sp_connection_name IN ('archive').`,
    })
    expect(JSON.stringify(Object.values(Object(refusal)))).not.toContain('vault')
    expect(asked).toEqual([])
    expect(
      await rowsOf(client, `select value from "all".secret where sp_connection_name = 'archive'`),
    ).toEqual([['a candle']])
    expect(await rowsOf(client, `select name, connections from millrace.connection order by name`)).toEqual([
      ['all', ['archive']],
      ['archive', null],
    ])
    await client.end()
  })
})

describe('what PostgreSQL says of privileges holds', () => {
  it('the owner grants and revokes a table by SQL, and SET ROLE shows what another sees', async () => {
    const owner = await gateway.connect()
    const client = await carol()
    await owner.query('grant usage on schema vault to carol; grant select on vault.secret to carol')
    expect(await rowsOf(client, 'select value from vault.secret')).toEqual([['open sesame']])
    expect(await rowsOf(client, 'select count(*) from "all".secret')).toEqual([['2']])
    await owner.query('revoke select on vault.secret from carol')
    await expect(client.query('select value from vault.secret')).rejects.toMatchObject({
      code: '42501',
      message: 'permission denied for table secret',
      hint: undefined,
    })
    await owner.query('grant select (name) on vault.secret to carol')
    await expect(client.query('select name from vault.secret')).rejects.toMatchObject({ code: '42501' })
    await owner.query(
      'revoke select (name) on vault.secret from carol; revoke usage on schema vault from carol',
    )
    await owner.query('set role carol')
    await expect(owner.query('select value from vault.secret')).rejects.toMatchObject({ code: '42501' })
    expect(await rowsOf(owner, 'select value from archive.secret')).toEqual([['a candle']])
    await owner.query('reset role')
    expect(await rowsOf(owner, 'select value from vault.secret')).toEqual([['open sesame']])
    await owner.end()
    await client.end()
  })

  it('a view of the owner’s shows what it shows, and nothing else; so does a function with its rights', async () => {
    const owner = await gateway.connect()
    await owner.query(`create view public.names as select name from vault.secret;
      create function public.name_of_it() returns text language sql security definer set search_path = ''
        as 'select name from vault.secret';
      create function public.asked() returns text language sql as 'select name from vault.secret';
      grant select on public.names to carol`)
    const client = await carol()
    expect(await rowsOf(client, 'select * from public.names')).toEqual([['it']])
    expect(await rowsOf(client, 'select public.name_of_it()')).toEqual([['it']])
    await expect(client.query('select public.asked()')).rejects.toMatchObject({ code: '42501' })
    await owner.query('drop view public.names; drop function public.name_of_it(), public.asked()')
    await owner.end()
    await client.end()
  })

  it('functions and DO blocks of a user see what it sees', async () => {
    const client = await carol()
    await client.query(`create function counted(name text) returns bigint language plpgsql as $$
      declare found bigint;
      begin execute format('select count(*) from %s', name) into found; return found; end $$`)
    expect(await rowsOf(client, `select counted('archive.secret')`)).toEqual([['1']])
    await expect(client.query(`select counted('vault.secret')`)).rejects.toMatchObject({ code: '42501' })
    await expect(client.query(`select counted('"all".secret')`)).rejects.toMatchObject({
      message: expect.stringContaining('permission denied for table secret'),
    })
    expect(asked).not.toContain('open sesame')
    await client.query('drop function counted')
    await client.end()
  })
})

describe('what others have asked for', () => {
  it('is read by no name: scan tables, lookups, views of a statement', async () => {
    const one = await bob()
    await one.query('begin')
    await one.query('select value from vault.secret')
    await one.query(`select city from counting.place where ip in ('1.1.1.1', '2.2.2.2')`)
    const other = await alice()
    const { rows } = await other.query(`select n.nspname, c.relname from pg_class c
      join pg_namespace n on n.oid = relnamespace
      where nspname ~ '^pg_millrace_(scan|lookup|table)' and relkind in ('r', 'v', 'f')`)
    expect(rows.length).toBeGreaterThan(4)
    for (const { nspname, relname } of rows) {
      const name = `${nspname}.${pg.escapeIdentifier(relname)}`
      await expect(other.query(`select * from ${name}`)).rejects.toMatchObject({
        code: expect.stringMatching(/42501|42P01/),
      })
    }
    await one.query('commit')
    await one.end()
    await other.end()
  })

  it('shows up in no view of activity', async () => {
    const one = await bob()
    await one.query(`select 'a statement of bob''s', value from vault.secret`)
    const other = await alice()
    const { rows } = await other.query('select * from pg_stat_activity')
    expect(JSON.stringify(rows)).not.toContain('of bob')
    expect((await other.query('select * from millrace.scan')).rows).toEqual([])
    expect((await other.query('select * from pg_prepared_statements')).rows).toEqual([])
    const pid = (await one.query('select pg_backend_pid() as pid')).rows[0].pid
    await expect(other.query('select pg_terminate_backend($1)', [pid])).rejects.toMatchObject({
      code: '42501',
    })
    await one.end()
    await other.end()
  })
})

describe('a change of the users', () => {
  it('takes effect for sessions that are there', async () => {
    const staying = await alice()
    const leaving = await carol()
    const ended = new Promise<unknown>((resolve) => leaving.on('error', resolve))
    await gateway.setUsers([
      { name: 'alice', connections: ['vault'], verifier: await makeVerifier('of alice') },
      { name: 'dave', connections: ['archive'], verifier: await makeVerifier('of dave') },
    ])
    expect(await ended).toMatchObject({ code: '57P01' })
    expect(await rowsOf(staying, 'select value from vault.secret')).toEqual([['open sesame']])
    await expect(staying.query('select * from archive.secret')).rejects.toMatchObject({ code: '42501' })
    const dave = await gateway.connect({ user: 'dave', password: 'of dave' })
    expect(await rowsOf(dave, 'select value from secret')).toEqual([['a candle']])
    await expect(carol()).rejects.toMatchObject({ code: '28P01' })
    await gateway.setUsers(users)
    expect(await rowsOf(await carol(), 'select value from archive.secret')).toEqual([['a candle']])
    await Promise.all([staying.end(), dave.end().catch(() => {})])
  })

  it('leaves what a former user has stored, until it comes again', async () => {
    const client = await carol()
    await client.query('create table carol.mine as select 1 as one')
    await client.end()
    await gateway.setUsers(users.filter(({ name }) => name !== 'carol'))
    await expect(carol()).rejects.toMatchObject({ code: '28P01' })
    const owner = await gateway.connect()
    expect(await rowsOf(owner, 'select one from carol.mine')).toEqual([[1]])
    await gateway.setUsers(users)
    const again = await carol()
    expect(await rowsOf(again, 'select one from mine')).toEqual([[1]])
    await again.query('drop table mine')
    await again.end()
    await owner.end()
  })

  it('leaves nothing of a former user that has stored nothing', async () => {
    await gateway.setUsers([...users, { name: 'erin', connections: ['*'] }])
    await gateway.setUsers(users)
    const straight = await gateway.connectStraight()
    expect((await straight.query(`select from pg_roles where rolname = 'erin'`)).rowCount).toBe(0)
    expect((await straight.query(`select from pg_namespace where nspname = 'erin'`)).rowCount).toBe(0)
  })
})

it('leaves dumps as they were: no privilege of Millrace’s objects is a change of theirs', async () => {
  const straight = await gateway.connectStraight()
  const { rows } = await straight.query(`
    select c.relname from pg_init_privs p join pg_class c on c.oid = p.objoid and p.classoid = 'pg_class'::regclass
     where p.objsubid = 0 and p.initprivs is distinct from c.relacl and c.relowner = 'millrace_engine'::regrole`)
  expect(rows).toEqual([])
})
