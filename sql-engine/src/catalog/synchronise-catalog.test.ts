import {
  bigint,
  type Columns,
  definePlugin,
  inet,
  jsonb,
  type StaticPlugin,
  type Table,
  text,
} from '@millrace/plugin-sdk'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'
import { setLoopback } from './loopback.js'
import { synchroniseCatalog } from './synchronise-catalog.js'

function table(name: string, columns: Columns, keys: Table['keys'] = {}): Table {
  return { name, description: `The ${name}s.`, columns, keys, list: async function* () {}, examples: [] }
}

function plugin(...tables: Table[]): StaticPlugin {
  return definePlugin<unknown, unknown>({
    name: 'acme',
    description: "Acme's things",
    config: z.unknown(),
    connect: () => undefined,
    tables,
  })
}

const user = table(
  'acme_user',
  { id: text('Its key.'), address: inet('Where it was.'), age: bigint('In years.') },
  { id: { operators: ['=', '~~'], require: 'required', valuesPerCall: 50 }, age: { operators: ['=', '<'] } },
)

let postgres: TestPostgres
let engine: Client
let client: Client
const warnings: Record<string, unknown>[] = []
const log = pino({ level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line)) })

const synchronise = (connections: Readonly<Record<string, StaticPlugin>>) =>
  synchroniseCatalog(
    engine,
    postgres,
    Object.entries(connections).map(([name, plugin]) => ({
      name,
      plugin,
      tables: { kind: 'found', tables: plugin.tables },
    })),
    { log },
  )

const asClient = async () => {
  const connected = new Client({ ...postgres.engineConfig, user: 'millrace', options: '-c jit=off' })
  await connected.connect()
  return connected
}

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

beforeEach(async () => {
  engine = new Client(postgres.engineConfig)
  await engine.connect()
  client = await asClient()
})
afterEach(async () => {
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await synchronise({})
  await client.end()
  await engine.end()
  warnings.length = 0
})

const nameTypes = async (relation: string) =>
  (
    await client.query<{ column: string; type: string }>(
      `SELECT attname AS column, format_type(atttypid, atttypmod) AS type FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [relation],
    )
  ).rows.map(({ column, type }) => `${column} ${type}`)

const engineColumns = ['sp_connection_name text', 'sp_ctx jsonb', '_ctx jsonb']

describe('the catalog', () => {
  test('shows a schema for each connection, with typed and described columns', async () => {
    const tables = await synchronise({ acme: plugin(user), acme2: plugin(user) })

    expect(await nameTypes('acme.acme_user')).toEqual([
      'id text',
      'address inet',
      'age bigint',
      ...engineColumns,
    ])
    expect(tables.map(({ schema, oid }) => [schema, typeof oid])).toEqual([
      ['acme', 'number'],
      ['acme2', 'number'],
    ])
    expect(tables[0]?.columns[1]).toEqual({
      name: 'address',
      type: 'inet',
      databaseType: 'inet',
      attnum: 2,
      description: 'Where it was.',
    })
    const { rows } = await client.query(
      `SELECT $1::regclass::oid::int AS oid, obj_description($1::regclass, 'pg_class') AS table,
              col_description($1::regclass, 2) AS column, obj_description('acme'::regnamespace, 'pg_namespace') AS schema`,
      ['acme.acme_user'],
    )
    expect(rows).toEqual([
      { oid: tables[0]?.oid, table: 'The acme_users.', column: 'Where it was.', schema: "Acme's things" },
    ])
  })

  test('tells key columns in comments, and in the options of the foreign table', async () => {
    await synchronise({ acme: plugin(user) })
    const { rows } = await client.query(
      `SELECT attname, unnest(attfdwoptions) AS option FROM pg_attribute
        WHERE attrelid = 'pg_millrace_table."acme.acme_user"'::regclass ORDER BY 1, 2`,
    )
    expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
      'age key_operators==, <',
      'id key_operators==, ~~',
      'id key_require=required',
      'id key_values_per_call=50',
    ])
    const comments = await client.query(
      `SELECT col_description('acme.acme_user'::regclass, attnum) AS comment FROM pg_attribute
        WHERE attrelid = 'acme.acme_user'::regclass AND attname IN ('id', 'age') ORDER BY attnum`,
    )
    expect(comments.rows.map(({ comment }) => comment)).toEqual([
      'Its key. (Key column: =, ~~; required)',
      'In years. (Key column: =, <)',
    ])
  })

  test('puts the schemas on the search path, after public', async () => {
    await synchronise({ zeta: plugin(user), acme: plugin(user) })
    const session = await asClient()
    try {
      const { rows } = await session.query('SHOW search_path')
      expect(rows).toEqual([{ search_path: 'public, acme, zeta' }])
      const before = await session.query(
        `SELECT 'acme_user'::regclass::oid = 'acme.acme_user'::regclass AS ok`,
      )
      expect(before.rows).toEqual([{ ok: true }])
      await session.query('CREATE TABLE acme_user (mine int)')
      const after = await session.query(
        `SELECT 'acme_user'::regclass::oid = 'public.acme_user'::regclass AS ok`,
      )
      expect(after.rows).toEqual([{ ok: true }])
    } finally {
      await session.end()
    }
  })

  test('is not written to when nothing has changed', async () => {
    const acme = plugin(user)
    const first = await synchronise({ acme })
    // The transactions that wrote the rows of PostgreSQL's own catalogs.
    const writers = async () =>
      (
        await engine.query(
          `SELECT array(SELECT xmin::text FROM pg_class WHERE relnamespace = 'acme'::regnamespace) AS class,
                  array(SELECT xmin::text FROM pg_attribute WHERE attrelid = 'acme.acme_user'::regclass) AS attribute,
                  array(SELECT xmin::text FROM pg_description ORDER BY objoid, classoid, objsubid) AS description,
                  array(SELECT xmin::text FROM pg_db_role_setting) AS setting,
                  array(SELECT xmin::text FROM pg_namespace WHERE nspname = 'acme') AS namespace`,
        )
      ).rows
    const before = await writers()
    expect(await synchronise({ acme })).toEqual(first)
    expect(await writers()).toEqual(before)
  })

  test('follows a changed definition, in the order that it gives', async () => {
    await synchronise({ acme: plugin(user, table('acme_group', { name: text('') })) })
    const changed = table('acme_user', {
      id: bigint('Now a number.'),
      extra: jsonb('More.'),
      age: bigint('Years.'),
    })
    await synchronise({ acme: plugin(changed) })
    expect(await nameTypes('acme.acme_user')).toEqual([
      'id bigint',
      'extra jsonb',
      'age bigint',
      ...engineColumns,
    ])
    const { rows } = await client.query(`SELECT to_regclass('acme.acme_group') AS gone`)
    expect(rows).toEqual([{ gone: null }])
    expect(warnings).toEqual([])
  })

  test('can be read, but not changed, by clients', async () => {
    await synchronise({ acme: plugin(user) })
    await expect(client.query('DROP TABLE acme.acme_user')).rejects.toMatchObject({ code: '42501' })
    await expect(client.query('CREATE TABLE acme.mine (a int)')).rejects.toMatchObject({ code: '42501' })
    await expect(client.query("INSERT INTO acme.acme_user VALUES ('a')")).rejects.toMatchObject({
      code: '42501',
    })
    // No gateway is set: an error, and no rows that are not there.
    await expect(client.query('SELECT * FROM acme.acme_user')).rejects.toMatchObject({
      message: expect.stringContaining('user mapping not found'),
    })
  })

  test.each([
    ['public', 'reserved'],
    ['pg_mine', 'reserved'],
    ['pg_millrace_scan', 'reserved'],
    ['x'.repeat(64), '1 to 63 bytes'],
  ])('refuses a connection named %s', async (name, detail) => {
    await expect(synchronise({ [name]: plugin(user) })).rejects.toMatchObject({
      sqlState: 'F0000',
      detail: expect.stringContaining(detail),
    })
  })

  test('refuses a table with a reserved column', async () => {
    await expect(synchronise({ acme: plugin(table('t', { _ctx: jsonb('') })) })).rejects.toMatchObject({
      sqlState: 'HV000',
      detail: expect.stringContaining('_ctx'),
    })
  })
})

describe("users' objects", () => {
  test('a view survives added, dropped and retyped columns', async () => {
    await synchronise({ acme: plugin(user) })
    await client.query('CREATE VIEW old_users AS SELECT id, age FROM acme.acme_user')
    const changed = table('acme_user', { id: bigint('Now a number.'), extra: jsonb('More.') })
    const [shown] = await synchronise({ acme: plugin(changed) })

    expect(await nameTypes('old_users')).toEqual(['id text', 'age bigint'])
    expect(await nameTypes('acme.acme_user')).toEqual([
      'id text',
      'age bigint',
      ...engineColumns,
      'extra jsonb',
    ])
    expect(shown?.columns.map(({ name, attnum }) => [name, attnum])).toEqual([
      ['id', 1],
      ['age', 3],
      ['sp_connection_name', 4],
      ['sp_ctx', 5],
      ['_ctx', 6],
      ['extra', 7],
    ])
    expect(shown?.columns[0]).toMatchObject({
      type: 'bigint',
      databaseType: 'text',
      description: 'Now a number.',
    })
    expect(warnings.map(({ dependents }) => dependents)).toEqual([
      expect.stringContaining('old_users'),
      expect.stringContaining('old_users'),
    ])

    await client.query('DROP VIEW old_users')
    await synchronise({ acme: plugin(changed) })
    expect(await nameTypes('acme.acme_user')).toEqual(['id bigint', 'extra jsonb', ...engineColumns])
  })

  test('a view survives the removal of its table, which then only gives errors', async () => {
    await synchronise({ acme: plugin(user) })
    await client.query('CREATE VIEW old_users AS SELECT id FROM acme.acme_user')
    expect(await synchronise({})).toEqual([])
    expect(warnings).toEqual([expect.objectContaining({ dependents: expect.stringContaining('old_users') })])
    const { rows } = await client.query('SELECT ftoptions FROM pg_foreign_table')
    expect(rows).toEqual([
      { ftoptions: ['schema_name=removed from the configuration of Millrace', 'table_name=acme_user'] },
    ])

    await synchronise({ acme: plugin(user) })
    expect((await client.query('SELECT ftoptions FROM pg_foreign_table')).rows).toEqual([
      { ftoptions: ['schema_name=acme', 'table_name=acme_user'] },
    ])
  })

  test("a user's schema with a connection's name is left alone", async () => {
    await client.query('CREATE SCHEMA acme; CREATE TABLE acme.mine (a int)')
    try {
      const tables = await synchronise({ acme: plugin(user), beta: plugin(user) })
      expect(tables.map(({ schema }) => schema)).toEqual(['beta'])
      expect(warnings).toEqual([expect.objectContaining({ connection: 'acme', owner: 'millrace' })])
      expect((await client.query('SELECT * FROM acme.mine')).rows).toEqual([])
    } finally {
      await client.query('DROP SCHEMA acme CASCADE')
    }
  })
})

describe('the loopback', () => {
  const options = async () =>
    (
      await engine.query<{ server: string[]; mapping: string[] }>(
        `SELECT srvoptions AS server, umoptions AS mapping FROM pg_foreign_server, pg_user_mappings
          WHERE pg_user_mappings.srvname = 'millrace_loopback' AND usename = 'millrace'`,
      )
    ).rows[0]

  test('is set, and set anew, without its password being shown to clients', async () => {
    await setLoopback(engine, postgres, {
      host: '127.0.0.1',
      port: 9193,
      logins: new Map([['millrace', { user: 'millrace', password: "it's" }]]),
    })
    expect(await options()).toMatchObject({
      server: expect.arrayContaining([
        'host=127.0.0.1',
        'port=9193',
        'application_name=millrace_loopback %p',
      ]),
      mapping: ['user=millrace', "password=it's"],
    })
    await setLoopback(engine, postgres, {
      host: '127.0.0.1',
      port: 9194,
      logins: new Map([['millrace', { user: 'millrace', password: 'new' }]]),
    })
    expect(await options()).toMatchObject({
      server: expect.arrayContaining(['port=9194']),
      mapping: ['user=millrace', 'password=new'],
    })
    const { rows } = await client.query('SELECT umoptions FROM pg_user_mappings')
    expect(rows).toEqual([{ umoptions: null }, { umoptions: null }])
    await expect(client.query('SELECT * FROM pg_user_mapping')).rejects.toMatchObject({ code: '42501' })
    await expect(
      client.query("ALTER USER MAPPING FOR millrace SERVER millrace_loopback OPTIONS (SET password 'x')"),
    ).rejects.toMatchObject({ code: '42501' })
  })

  test('PostgreSQL itself follows it from a foreign table to the gateway', async () => {
    await synchronise({ acme: plugin(user) })
    // In place of the gateway, a port where nothing listens: what matters is that it is asked.
    await setLoopback(engine, postgres, {
      host: '127.0.0.1',
      port: 1,
      logins: new Map([['millrace', { user: 'millrace', password: 'x' }]]),
    })
    await expect(client.query('SELECT id FROM acme.acme_user')).rejects.toMatchObject({
      code: '08001',
      message: expect.stringContaining('millrace_loopback'),
    })
  })

  test('rows come over it, with our options on the columns', async () => {
    await synchronise({ acme: plugin(user) })
    await setLoopback(engine, postgres, {
      host: postgres.socketFolder,
      port: 5432,
      logins: new Map([['millrace', { user: 'millrace', password: 'x' }]]),
    })
    // In place of the gateway, the same server over its socket, which lets its superuser in without a password,
    // and an ordinary table of the same name.
    await engine.query(
      `CREATE TABLE public.acme_user (id text, address inet, age bigint);
       INSERT INTO public.acme_user VALUES ('a', '10.0.0.1', 1), ('b', '10.0.0.2', 2);
       ALTER USER MAPPING FOR millrace_engine SERVER millrace_loopback OPTIONS (SET user 'millrace_engine');
       ALTER FOREIGN TABLE pg_millrace_table."acme.acme_user" OPTIONS (SET schema_name 'public')`,
    )
    const { rows } = await engine.query(`SELECT id, address FROM acme.acme_user WHERE age > 1`)
    expect(rows).toEqual([{ id: 'b', address: '10.0.0.2' }])
    await expect(engine.query(`DELETE FROM acme.acme_user`)).rejects.toMatchObject({ code: '55000' })
  })
})

describe('what schemas are known to show', () => {
  test('is not read again, and is the same as what was read', async () => {
    const acme = plugin(user)
    const read = await synchronise({ acme, acme2: acme })
    const known = await synchronise({ acme, acme2: acme })
    expect(known).toEqual(read)
    // One list of columns for all connections.
    expect(known[0]?.columns).toBe(known[1]?.columns)
    const texts: string[] = []
    const { query } = engine
    engine.query = ((...given: Parameters<typeof query>) => {
      texts.push(JSON.stringify(given[0]))
      return query.apply(engine, given)
    }) as typeof query
    await synchronise({ acme, acme2: acme })
    expect(texts.filter((text) => text.includes('json_build_object'))).toEqual([])
  })

  test('is read again where a table is missing, or the plugin has changed', async () => {
    const acme = plugin(user)
    await synchronise({ acme })
    await engine.query('ALTER EXTENSION plpgsql DROP TABLE acme.acme_user; DROP TABLE acme.acme_user CASCADE')
    const [again] = await synchronise({ acme })
    expect(await nameTypes('acme.acme_user')).toHaveLength(6)
    expect(again?.columns).toHaveLength(6)
    const wider = { ...user, columns: { ...user.columns, city: text('Where.') } }
    await synchronise({ acme: plugin(wider) })
    expect(await nameTypes('acme.acme_user')).toContain('city text')
  })

  test('is not taken for known where a view keeps a table from being what it should be', async () => {
    await synchronise({ acme: plugin(user) })
    await client.query('CREATE VIEW public.ages AS SELECT age FROM acme.acme_user')
    const other = { ...user, columns: { ...user.columns, age: text('In words.') } }
    for (const _ of ['once', 'and again']) {
      const [found] = await synchronise({ acme: plugin(other) })
      expect(found?.columns.find(({ name }) => name === 'age')).toMatchObject({
        type: 'text',
        databaseType: 'bigint',
      })
    }
  })

  test('comes and goes with more tables than one transaction takes', async () => {
    const many = plugin(...Array.from({ length: 60 }, (_, index) => ({ ...user, name: `thing_${index}` })))
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `acme_${name}`)
    const tables = await synchronise(Object.fromEntries(names.map((name) => [name, many])))
    expect(tables).toHaveLength(300)
    expect(await nameTypes('acme_e.thing_59')).toHaveLength(6)
    expect(await synchronise({})).toEqual([])
    const { rows } = await client.query("SELECT FROM pg_namespace WHERE nspname ~ '^acme_'")
    expect(rows).toEqual([])
  })
})
