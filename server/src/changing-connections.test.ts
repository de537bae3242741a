/** Connections and their tables change while sessions are there: what shows, what goes on, what is asked of whom. */
import {
  bigint,
  type Columns,
  definePlugin,
  type Plugin,
  type Table,
  tablesOf,
  text,
} from '@millrace/plugin-sdk'
import type { ConnectionOptions } from '@millrace/sql-engine/fetch/connection'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'

/** What a connection of the plugin below is to its test. */
interface Office {
  readonly name: string
  readonly log: string[]
}

/** What the plugin says when it is asked for its tables: the names of those, or an error. */
let found: readonly string[] | Error
let schemaChanged: () => void
let hold: Promise<void> | undefined
/** Resolves when the next scan has begun. */
let onScan: () => void
const log: string[] = []
/** How many connections have been closed that find out their tables. */
let closedFinders = 0

/** A table of one row, which tells the connection and the table's own columns. */
function table(name: string): Table<Office> {
  const columns: Columns = {
    office: text('Its name'),
    ...(name.startsWith('wide') ? { size: bigint('Its size') } : {}),
  }
  return tablesOf<Office>()({
    name,
    description: `The table ${name}.`,
    columns,
    keys: {},
    examples: [],
    async *list({ connection }) {
      log.push(`${connection.name}: ${name}`)
      onScan()
      await hold
      yield [{ office: connection.name, size: 7n }]
    },
  })
}

const plugin = definePlugin<{ office: string }, Office>({
  name: 'offices',
  description: 'Tables that come and go.',
  config: z.object({ office: z.string() }),
  connect: ({ office }) => ({ name: office, log }),
  close: () => {
    closedFinders++
  },
  tables: async (_, context) => {
    schemaChanged = () => context.schemaChanged?.()
    if (found instanceof Error) throw found
    return found.map(table)
  },
})

const fixed = definePlugin<{ office: string }, Office>({
  ...plugin,
  name: 'fixed',
  close: ({ name }) => {
    log.push(`${name}: closed`)
  },
  tables: [table('desk')],
})

const changing: ConnectionOptions = { name: 'changing', plugin: plugin as Plugin, settings: { office: 'a' } }
const desks = (office: string, more: Partial<ConnectionOptions> = {}): ConnectionOptions => ({
  name: 'desks',
  plugin: fixed as Plugin,
  settings: { office },
  ...more,
})

let harness: TestGateway
let client: pg.Client

const connections = () => [{ name: 'counting', plugin: harness.plugin, settings: {} }]

beforeAll(async () => {
  harness = await startTestGateway()
})

afterAll(() => harness?.stop())

beforeEach(async () => {
  found = ['one', 'two']
  hold = undefined
  onScan = () => {}
  await harness.engine.setConnections(connections())
  await harness.engine.setConnections([...connections(), changing])
  harness.calls.length = 0
  log.length = 0
  client = await harness.connect()
})

afterEach(() => client.end())

const tableNames = async () => {
  const { rows } = await client.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
      where table_schema in ('changing', 'desks') order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** The catalog has followed all changes that came before. */
const settled = () => harness.engine.setConnections([...connections(), changing])

async function change(tables: readonly string[] | Error): Promise<void> {
  found = tables
  schemaChanged()
  await settled()
}

describe('tables that a connection finds out', () => {
  test('are there when it opens, come and go, and have other columns when it says so', async () => {
    expect(await tableNames()).toEqual(['changing.one', 'changing.two'])
    expect((await client.query('select office from changing.one')).rows).toEqual([{ office: 'a' }])
    await change(['two', 'wide'])
    expect(await tableNames()).toEqual(['changing.two', 'changing.wide'])
    expect((await client.query('select office, size from changing.wide')).rows).toEqual([
      { office: 'a', size: '7' },
    ])
    await expect(client.query('select * from changing.one')).rejects.toMatchObject({ code: '42P01' })
  })

  test('that cannot be found out stay, and say why they give nothing; all others serve', async () => {
    await change(new Error('the API is away'))
    expect(await tableNames()).toEqual(['changing.one', 'changing.two'])
    await expect(client.query('select * from changing.one')).rejects.toMatchObject({
      code: 'HV00N',
      message: 'connection "changing" of the plugin offices has no tables: the API is away',
    })
    expect((await client.query('select count(*) from counting.kind')).rows).toEqual([{ count: '2' }])
    await change(['one'])
    expect((await client.query('select office from changing.one')).rows).toEqual([{ office: 'a' }])
  })

  test('closes what finding them has opened, though it was never asked for rows', async () => {
    const before = closedFinders
    await harness.engine.setConnections(connections())
    expect(closedFinders).toBe(before + 1)
  })

  test('of one name are refused together', async () => {
    await change(['one', 'one'])
    await expect(client.query('select * from changing.one')).rejects.toThrow(/changing.*one/)
  })
})

describe('connections', () => {
  test('come and go; a statement that runs ends with what it began with, and then its connection is closed', async () => {
    await harness.engine.setConnections([...connections(), desks('a')])
    expect(await tableNames()).toEqual(['desks.desk'])
    let go = () => {}
    hold = new Promise((resolve) => {
      go = resolve
    })
    const begun = new Promise<void>((resolve) => {
      onScan = resolve
    })
    const running = client.query('select office from desks.desk')
    await begun
    hold = undefined
    await harness.engine.setConnections([...connections(), desks('b')])
    const other = await harness.connect()
    expect((await other.query('select office from desks.desk')).rows).toEqual([{ office: 'b' }])
    expect(log).toEqual(['a: desk', 'b: desk'])
    go()
    expect((await running).rows).toEqual([{ office: 'a' }])
    await expect.poll(() => log).toEqual(['a: desk', 'b: desk', 'a: closed'])
    await harness.engine.setConnections(connections())
    expect(await tableNames()).toEqual([])
  })

  test('with other settings are others: no row of before answers', async () => {
    await harness.engine.setConnections([...connections(), desks('a')])
    await client.query('set millrace.cache_ttl = 600')
    const office = async () => (await client.query('select office from desks.desk')).rows
    expect(await office()).toEqual([{ office: 'a' }])
    expect(await office()).toEqual([{ office: 'a' }])
    expect(log).toEqual(['a: desk'])
    await harness.engine.setConnections([...connections(), desks('b')])
    expect(await office()).toEqual([{ office: 'b' }])
  })

  test('that stay as they were stay open, and rows of them answer', async () => {
    await harness.engine.setConnections([...connections(), desks('a')])
    await client.query('set millrace.cache_ttl = 600')
    await client.query('select office from desks.desk')
    await harness.engine.setConnections([...connections(), changing, desks('a')])
    await client.query('select office from desks.desk')
    expect(log).toEqual(['a: desk'])
  })

  test('with wrong settings say so when they are asked; the others serve', async () => {
    await harness.engine.setConnections([...connections(), changing, desks('a', { settings: {} })])
    expect(await tableNames()).toEqual(['changing.one', 'changing.two', 'desks.desk'])
    expect((await client.query('select office from changing.one')).rows).toEqual([{ office: 'a' }])
    await expect(client.query('select * from desks.desk')).rejects.toMatchObject({
      code: 'F0000',
      message: expect.stringMatching(/^connection "desks" has settings that the plugin fixed does not take/),
    })
    const { rows } = await client.query(
      "select name, state, tables from millrace.connection where state = 'error'",
    )
    expect(rows).toEqual([{ name: 'desks', state: 'error', tables: '1' }])
    await harness.engine.setConnections([...connections(), desks('a')])
    expect((await client.query('select office from desks.desk')).rows).toEqual([{ office: 'a' }])
  })

  test('are listed, with their plugins, tables and columns', async () => {
    await harness.engine.setConnections([...connections(), desks('a')])
    const read = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows
    expect(await read('select name, plugin, state, error, type, tables from millrace.connection')).toEqual([
      ['counting', 'counting', 'ready', null, 'connection', '3'],
      ['desks', 'fixed', 'ready', null, 'connection', '1'],
    ])
    expect(await read('select name, description from millrace.plugin where name = $$fixed$$')).toEqual([
      ['fixed', 'Tables that come and go.'],
    ])
    expect(
      await read(
        'select name, required_key_columns from millrace.table where connection = $$counting$$ order by 1',
      ),
    ).toEqual([
      ['event', ['trail']],
      ['kind', []],
      ['place', ['ip']],
    ])
    expect(
      await read(`select name, type, key_operators, key_require from millrace.column
                   where table_name = 'place' and name in ('ip', 'city') order by 1`),
    ).toEqual([
      ['city', 'text', null, null],
      ['ip', 'inet', ['='], 'required'],
    ])
    // Functions that PostgreSQL runs by itself may read them, too.
    await client.query(
      'create function pg_temp.states() returns setof text language sql as $$ select state from millrace.connection $$',
    )
    expect(await read('select distinct pg_temp.states()')).toEqual([['ready']])
  })

  test('a prepared statement that looks up what is known asks the new connection', async () => {
    await client.query('set millrace.cache_ttl = 600')
    const lookUp = () =>
      client.query({
        name: 'lookup',
        text: 'select city from counting.place where ip = $1',
        values: ['1.1.1.1'],
      })
    for (let turn = 0; turn < 3; turn++) await lookUp()
    expect(harness.calls).toHaveLength(1)
    const counting = { name: 'counting', plugin: harness.plugin, settings: {}, cacheTtl: 500_000 }
    await harness.engine.setConnections([counting, changing])
    expect((await lookUp()).rows).toEqual([{ city: 'city of 1.1.1.1' }])
    expect(harness.calls).toHaveLength(2)
  })
})

test('a transaction that holds a table keeps its change waiting, but nobody else', async () => {
  await client.query('begin')
  await client.query('select * from changing.one')
  found = ['two']
  schemaChanged()
  const following = settled()
  const other = await harness.connect()
  for (let turn = 0; turn < 3; turn++) {
    expect((await other.query('select office from changing.two')).rows).toEqual([{ office: 'a' }])
  }
  await client.query('commit')
  await following
  expect(await tableNames()).toEqual(['changing.two'])
})

test('a change that waits is given up when the server stops', async () => {
  const holding = new pg.Client({ ...harness.postgres.engineConfig, user: 'millrace', options: '' })
  await holding.connect()
  try {
    await holding.query('begin; lock changing.one in access share mode')
    const waiting = harness.engine.setConnections(connections())
    const outcome = expect(waiting).rejects.toThrow()
    await harness.engine.stop()
    await outcome
  } finally {
    await holding.end()
  }
})
