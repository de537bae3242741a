/** Millrace as a guest in a PostgreSQL that the user has: what it does there, what it leaves alone, and what it survives. */
import { errorOf as errorOfKind } from '@millrace/plugin-sdk/testing'
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { guestAddress } from '@millrace/sql-engine/postgres/guest/guest-address'
import { lookAtRemains, removeGuest } from '@millrace/sql-engine/postgres/guest/remove-guest'
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

const roles = (server: DebianServer) => ({
  clientUrl: server.url('millrace'),
  readerUrl: server.url('millrace_reader'),
})

async function gateway(server: DebianServer, options: GuestOptions = roles(server)): Promise<GuestGateway> {
  const started = await startGuestGateway(server, options)
  onTestFinished(() => started.stop())
  return started
}

const refusalOf = (promise: Promise<unknown>) => errorOfKind(promise, DatabaseError)

const scan = "select city from place where ip = '1.1.1.1'"
const rows = [{ city: 'city of 1.1.1.1' }]

describe.runIf(hasServer)('a PostgreSQL of the user’s', () => {
  describe('roles', () => {
    serverTest(
      'clients have one of their own, which may not write to what is Millrace’s',
      async ({ server }) => {
        const client = await (await gateway(server)).connect()
        expect((await client.query(`${scan}; select current_user as role`)) as unknown).toMatchObject([
          { rows },
          { rows: [{ role: 'millrace' }] },
        ])
        for (const text of [
          'create table millrace_scan.mine (a int)',
          'drop table millrace_internal.own_schema',
          'delete from millrace_internal.own_schema',
          'update millrace_internal.life set mark = mark',
          'drop schema counting cascade',
          'create view millrace.mine as select 1',
          'create function millrace_cast.mine() returns int language sql as $$ select 1 $$',
        ]) {
          expect([text, (await errorOf(client.query(text))).code]).toEqual([text, '42501'])
        }
        // It is no superuser's session, nor can it become one of the engine's.
        expect((await errorOf(client.query('set role millrace_engine'))).code).toBe('42501')
      },
    )

    serverTest(
      'without one, they have the engine’s, and the log says what that means',
      async ({ server }) => {
        const started = await gateway(server, {})
        expect((await (await started.connect()).query(scan)).rows).toEqual(rows)
        expect(started.warnings).toContainEqual(
          expect.objectContaining({
            role: 'millrace_engine',
            msg: expect.stringContaining('engine.client_url'),
          }),
        )
        const reader = started.connect({ user: 'millrace_reader' })
        expect(await errorOf(reader)).toMatchObject({
          code: '28000',
          hint: expect.stringContaining('engine.reader_url'),
        })
      },
    )

    serverTest('one that reads sees the virtual tables', async ({ server }) => {
      const client = await (await gateway(server)).connect({ user: 'millrace_reader' })
      expect((await client.query(scan)).rows).toEqual(rows)
      expect((await client.query('select current_user as role')).rows).toEqual([{ role: 'millrace_reader' }])
    })

    serverTest('names that need quotes', async ({ server }) => {
      const superuser = await server.admin('postgres')
      await superuser.query(
        `create role "My ""Role" login password 'x'; create role "It's" login password 'y'`,
      )
      await superuser.query('create database "My ""DB" owner "My ""Role"')
      onTestFinished(() => superuser.end())
      const url = (role: string, secret: string) =>
        `postgres://${encodeURIComponent(role)}:${secret}@127.0.0.1:${server.port}/${encodeURIComponent('My "DB')}`
      const started = await gateway(server, {
        url: url('My "Role', 'x'),
        clientUrl: url("It's", 'y'),
        connectionName: 'a "b',
        home: 'quotes',
      })
      const client = await started.connect()
      expect((await client.query(scan)).rows).toEqual(rows)
      expect(
        (await client.query(`select city from "My ""DB"."a ""b".place where ip = '2.2.2.2'`)).rows,
      ).toEqual([{ city: 'city of 2.2.2.2' }])
      expect(await errorOf(started.connect({ database: 'postgres' }))).toMatchObject({
        code: '3D000',
        hint: 'Connect to the database "My "DB".',
      })
    })
  })

  describe('what the user has there', () => {
    serverTest('is joined with virtual tables, and keeps its search path', async ({ server }) => {
      const superuser = await superuserOf(server)
      await superuser.query(`create schema shop; create table shop.visit (ip inet);
        insert into shop.visit values ('1.1.1.1'), ('2.2.2.2'); grant usage on schema shop to millrace;
        grant select on shop.visit to millrace; alter role millrace in database millrace set search_path = shop, public`)
      onTestFinished(async () => {
        await superuser.query('alter role millrace in database millrace reset all; drop schema shop cascade')
      })
      const started = await gateway(server)
      const client = await started.connect()
      const { rows: joined } = await client.query('select city from visit join place using (ip) order by ip')
      expect(joined.map(({ city }) => city)).toEqual(['city of 1.1.1.1', 'city of 2.2.2.2'])
      expect((await client.query('show search_path')).rows).toEqual([
        { search_path: 'shop, public, "counting", millrace_cast' },
      ])
      // Whoever does not come through Millrace notices nothing of it.
      expect((await superuser.query('show search_path')).rows).toEqual([{ search_path: '"$user", public' }])
      const own = await started.connect({ options: '-c search_path=public' })
      expect((await own.query('show search_path')).rows).toEqual([{ search_path: 'public' }])
    })

    serverTest('settings of the database do not keep Millrace from working', async ({ server }) => {
      const superuser = await superuserOf(server)
      const settings = [
        'default_transaction_read_only = on',
        "default_transaction_isolation = 'serializable'",
        "statement_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '1ms'",
        "search_path = 'nowhere'",
        "default_tablespace = 'nowhere'",
        "datestyle = 'German'",
        "log_min_duration_statement = '0'",
      ]
      for (const setting of settings) await superuser.query(`alter database millrace set ${setting}`)
      onTestFinished(async () => {
        await superuser.query('set statement_timeout = 0; set default_transaction_read_only = off')
        await superuser.query('alter database millrace reset all')
      })
      const options = '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0'
      const client = await (await gateway(server)).connect({ options })
      expect((await client.query("select city from counting.place where ip = '1.1.1.1'")).rows).toEqual(rows)
    })

    serverTest('settings of Millrace’s for a role count, from the next session on', async ({ server }) => {
      const superuser = await superuserOf(server)
      const started = await gateway(server)
      const show = async (options?: string) =>
        (
          await (
            await started.connect(options === undefined ? {} : { options })
          ).query('show millrace.max_api_calls')
        ).rows[0]['millrace.max_api_calls']
      expect(await show()).toMatch(/ \(default\)$/)
      await superuser.query('alter role millrace set millrace.max_api_calls = 7')
      onTestFinished(async () => {
        await superuser.query('alter role millrace reset millrace.max_api_calls')
      })
      expect(await show()).toBe('7')
      expect(await show('-c millrace.max_api_calls=9')).toBe('9')
    })

    serverTest('a schema of a connection’s name is left alone', async ({ server }) => {
      const superuser = await superuserOf(server)
      // Of the same owner, which is no reason to take it for Millrace's.
      await superuser.query(
        'create schema ours authorization millrace_engine; create table ours.place (ip inet, city text)',
      )
      onTestFinished(async () => {
        await superuser.query('drop schema ours cascade')
      })
      const started = await gateway(server, { ...roles(server), connectionName: 'ours' })
      expect(started.warnings).toContainEqual(
        expect.objectContaining({ connection: 'ours', msg: expect.stringContaining('is not ours') }),
      )
      expect((await superuser.query('select * from ours.place')).rows).toEqual([])
      await started.stop()
      const { engineConfig, names } = await guestAddress({ url: server.url() })
      await removeGuest(engineConfig, names)
      expect((await superuser.query('select * from ours.place')).rows).toEqual([])
    })

    serverTest.for(['millrace', 'millrace_scan', 'steampipe_internal'])(
      'a schema %s keeps Millrace out, and is left alone',
      async (name, { server }) => {
        const superuser = await superuserOf(server)
        const { engineConfig, names } = await guestAddress({ url: server.url() })
        await removeGuest(engineConfig, names)
        await superuser.query(`create schema ${name} authorization millrace_engine`)
        onTestFinished(async () => {
          await superuser.query(`drop schema ${name}`)
        })
        expect(await refusalOf(startGuestGateway(server))).toMatchObject({
          sqlState: 'F0000',
          message: `there is a schema "${name}" in the database that is not Millrace's`,
        })
      },
    )
  })

  describe('removal', () => {
    serverTest('leaves the database as it was before', async ({ server }) => {
      const superuser = await superuserOf(server)
      const { engineConfig, names } = await guestAddress({ url: server.url() })
      await removeGuest(engineConfig, names)
      const objects = `select pg_describe_object(classid, objid, objsubid) as object from (
          select 'pg_class'::regclass::oid as classid, oid as objid, 0 as objsubid from pg_class where relnamespace <> 'pg_toast'::regnamespace
          union all select 'pg_namespace'::regclass, oid, 0 from pg_namespace
          union all select 'pg_proc'::regclass, oid, 0 from pg_proc
          union all select 'pg_foreign_server'::regclass, oid, 0 from pg_foreign_server
          union all select 'pg_user_mapping'::regclass, oid, 0 from pg_user_mapping
          union all select 'pg_default_acl'::regclass, oid, 0 from pg_default_acl) as every order by 1`
      const before = (await superuser.query(objects)).rows
      const started = await gateway(server)
      const client = await started.connect()
      await client.query(scan)
      expect(await refusalOf(removeGuest(engineConfig, names))).toMatchObject({
        sqlState: '55P03',
        detail: expect.stringMatching(/"millrace on .*, process \d+".* \(PostgreSQL's process \d+\)/),
      })
      await client.query('create view seen as select city from place')
      await started.stop()
      const refusal = await refusalOf(removeGuest(engineConfig, names))
      expect(refusal).toMatchObject({
        sqlState: '2BP01',
        detail: expect.stringContaining('view public.seen'),
      })
      expect(refusal.detail).not.toMatch(/toast|type/)
      await superuser.query('drop view public.seen')
      expect((await lookAtRemains(engineConfig, names)).schemas).toContain('counting')
      await removeGuest(engineConfig, names)
      expect((await superuser.query(objects)).rows).toEqual(before)
      expect((await lookAtRemains(engineConfig, names)).schemas).toEqual([])
    })
  })
})
