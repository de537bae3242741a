import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { ColumnType, JsonText, Row } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CatalogColumn } from '../catalog/virtual-table.js'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.js'
import { ScanTables } from './scan-tables.js'

function columnsOf(types: Readonly<Record<string, ColumnType>>): CatalogColumn[] {
  return Object.entries(types).map(([name, type], index) => ({
    name,
    type,
    databaseType: type,
    attnum: index + 1,
    description: '',
  }))
}

async function* batches(...all: Row[][]): AsyncGenerator<Row[]> {
  yield* all
}

const never = new AbortController().signal
const log = pino({ level: 'silent' })

let postgres: TestPostgres
let reader: Client
/** Sees what other sessions do. */
let watcher: Client
let tables: ScanTables

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

beforeEach(async () => {
  reader = new Client({ ...postgres.engineConfig, user: 'millrace' })
  await reader.connect()
  watcher = new Client(postgres.engineConfig)
  await watcher.connect()
  tables = new ScanTables({ engineConfig: postgres.engineConfig, names: postgres.names, log, connections: 2 })
})
afterEach(async () => {
  await tables.stop()
  // The next test must not take what is still closing for its own.
  await until(async () => (await copyingBackends()).length === 0)
  await reader.end()
  await watcher.end()
})

const stage = (types: Readonly<Record<string, ColumnType>>, rows: AsyncIterable<Row[]>, signal = never) =>
  tables.stage({
    columns: columnsOf(types),
    filled: Object.keys(types),
    tableName: 'acme_user',
    rows,
    signal,
  })

const rowsOf = async (sql: string) => (await reader.query(sql)).rows
const scanTables = async () =>
  (
    await watcher.query(
      `SELECT relname AS tablename FROM pg_class WHERE relkind = 'r' AND relnamespace = 'pg_millrace_scan'::regnamespace`,
    )
  ).rows.map(({ tablename }) => tablename)
const copyingBackends = async (): Promise<number[]> =>
  (await watcher.query(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %'`)).rows.map(
    ({ pid }) => pid,
  )

/** For what happens in the background, of which no event tells. */
const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await watcher.query('SELECT pg_sleep(0.01)')
}

describe('a scan table', () => {
  test('holds the rows in all columns, of which only those named are filled', async () => {
    const columns = columnsOf({
      id: 'bigint',
      'a "b"': 'text',
      ok: 'boolean',
      at: 'timestamp with time zone',
    })
    const rows = batches(
      [{ id: 1, 'a "b"': 'x', ok: true }],
      [],
      [{ id: 2n ** 62n, 'a "b"': null, ok: false }, { ok: undefined }],
    )
    const table = await tables.stage({ columns, filled: ['ok', 'id'], tableName: 't', rows, signal: never })
    expect(await rowsOf(`SELECT * FROM ${table.qualifiedName}`)).toEqual([
      { id: '1', 'a "b"': null, ok: true, at: null },
      { id: '4611686018427387904', 'a "b"': null, ok: false, at: null },
      { id: null, 'a "b"': null, ok: null, at: null },
    ])
    expect(table.rowCount).toBe(3)
    expect(await rowsOf(`SELECT '${table.qualifiedName}'::regclass::oid::int AS oid`)).toEqual([
      { oid: table.oid },
    ])
  })

  test('counts rows even when no column is needed', async () => {
    const table = await tables.stage({
      columns: columnsOf({ id: 'bigint', name: 'text' }),
      filled: [],
      tableName: 't',
      rows: batches([{}, {}], [{}]),
      signal: never,
    })
    expect(await rowsOf(`SELECT count(*)::int AS n FROM ${table.qualifiedName}`)).toEqual([{ n: 3 }])
  })

  test('may be empty', async () => {
    const table = await stage({ id: 'bigint' }, batches())
    expect(await rowsOf(`SELECT * FROM ${table.qualifiedName}`)).toEqual([])
    expect(table.rowCount).toBe(0)
  })

  test('is seen by a read-only transaction whose snapshot is older', async () => {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT FROM pg_class')
    const table = await stage({ id: 'bigint' }, batches([{ id: 1 }]))
    expect(await rowsOf(`SELECT * FROM ${table.qualifiedName}`)).toEqual([{ id: '1' }])
    await reader.query('COMMIT')
  })

  test.each([
    ['small', 3, 10],
    ['many rows', 20_000, 10],
    ['large values, which stand in a table of their own', 20, 100_000],
  ])('tells how much it takes on disk: %s', async (_, rows, length) => {
    // Nothing that could be compressed.
    const value = () => randomBytes(length / 2).toString('hex')
    const made = Array.from({ length: rows }, () => ({ name: value() }))
    const table = await stage({ name: 'text' }, batches(made))
    const [size] = await rowsOf(`SELECT pg_total_relation_size(${table.oid})::int AS bytes`)
    expect(await table.measure()).toBe(size.bytes)
    expect(size.bytes).toBeGreaterThan((rows * length) / 2)
    table.release()
    await until(async () => (await scanTables()).length === 0)
    expect(await table.measure()).toBe(0)
  })

  test('has statistics when it is large', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => ({ id: index % 7 }))
    const table = await stage({ id: 'bigint' }, batches(rows))
    expect(
      await rowsOf(`SELECT reltuples::int, n_distinct::int FROM pg_class JOIN pg_stats ON tablename = relname
                     WHERE relname = '${table.name}'`),
    ).toEqual([{ reltuples: 5000, n_distinct: 7 }])
  })
})

describe('values', () => {
  test('of any kind come back as they went in', async () => {
    const types = {
      t: 'text',
      b: 'boolean',
      i: 'bigint',
      d: 'double precision',
      n: 'numeric',
      j: 'jsonb',
      at: 'timestamp with time zone',
    } as const
    const json = fc
      .json({ noUnicodeString: false })
      .map((text) => text.replaceAll(/\\u0000|\0/g, '') as JsonText)
    const row = fc.record({
      t: fc.option(fc.string({ unit: 'binary' })),
      b: fc.option(fc.boolean()),
      i: fc.option(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
      d: fc.option(fc.double()),
      n: fc.option(
        fc.oneof(
          fc.maxSafeInteger(),
          fc.bigInt(),
          fc.bigInt().map((n) => `${n}.50`),
        ),
      ),
      j: fc.option(json),
      // PostgreSQL's calendar begins in 4713 BC.
      at: fc.option(fc.date({ noInvalidDate: true, min: new Date('-004000-01-01T00:00:00Z') })),
    })
    const text = (value: unknown) => (value === null ? null : String(value))
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const table = await stage(types, batches(rows))
        const { rows: back } = await reader.query({
          text: `SELECT t, b, i::text, d, n::text, j::text, (extract(epoch FROM at) * 1000)::text AS at
                   FROM ${table.qualifiedName}`,
        })
        table.release()
        expect(
          back.map((row) => ({
            ...row,
            j: row.j === null ? null : JSON.parse(row.j),
            at: row.at && Number(row.at),
          })),
        ).toEqual(
          rows.map(({ t, b, i, d, n, j, at }) => ({
            t: t?.replaceAll('\0', '\ufffd').toWellFormed() ?? null,
            b,
            i: text(i),
            d,
            n: text(n),
            j: j === null ? null : JSON.parse(j),
            at: at?.getTime() ?? null,
          })),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('that COPY reads as something else are text all the same', async () => {
    const nasty = ['\\N', '\\.', '\\', '\t', '\n', '\r\n', '', 'a\\tb', '\\x41', '\u2028', '\ud83d\ude00']
    const table = await stage({ t: 'text' }, batches(nasty.map((t) => ({ t }))))
    expect((await rowsOf(`SELECT t FROM ${table.qualifiedName}`)).map(({ t }) => t)).toEqual(nasty)
  })

  test('that no PostgreSQL text can hold become U+FFFD', async () => {
    const table = await stage({ t: 'text' }, batches([{ t: 'a\0b' }, { t: '\ud800' }, { t: '\udc00\ud800' }]))
    expect((await rowsOf(`SELECT t FROM ${table.qualifiedName}`)).map(({ t }) => t)).toEqual([
      'a\ufffdb',
      '\ufffd',
      '\ufffd\ufffd',
    ])
  })

  test.each<[ColumnType, unknown]>([
    ['text', 5],
    ['bigint', 1.5],
    ['bigint', 2 ** 53],
    ['bigint', 2n ** 63n],
    ['boolean', 'true'],
    ['double precision', '1'],
    ['numeric', {}],
    ['jsonb', { a: 1 }],
    ['timestamp with time zone', new Date(Number.NaN)],
    ['inet', '300.1.1.1'],
    ['jsonb', '{'],
    ['numeric', '1e400000'],
    ['timestamp with time zone', 'yesterday-ish'],
    ['uuid', 'x\n'],
  ])('of a wrong kind for %s are an error that names table and column: %s', async (type, value) => {
    const row = { id: 1, odd: value } as Row
    await expect(stage({ id: 'bigint', odd: type }, batches([row]))).rejects.toMatchObject({
      sqlState: 'HV004',
      message: 'table acme_user yields a wrong value for column "odd"',
    })
    // Nothing is left of it, and the next scan works.
    const table = await stage({ id: 'bigint' }, batches([{ id: 1 }]))
    await until(async () => (await scanTables()).length === 1)
    table.release()
  })
})

describe('a scan that fails', () => {
  test("says its source's error and leaves no table", async () => {
    async function* failing(): AsyncGenerator<Row[]> {
      // More than is read ahead, so that COPY has begun.
      yield Array.from({ length: 30_000 }, () => ({ t: 'x'.repeat(100) }))
      throw new Error('the API has gone')
    }
    await expect(stage({ t: 'text' }, failing())).rejects.toMatchObject({
      sqlState: 'HV000',
      detail: 'the API has gone',
    })
    await until(async () => (await scanTables()).length === 0)
  })

  test('when aborted in the middle ends at once, tells its source, and leaves no table', async () => {
    const abort = new AbortController()
    let closed = false
    const source = {
      [Symbol.asyncIterator]: () => source,
      calls: 0,
      next(): Promise<IteratorResult<Row[]>> {
        if (this.calls++ < 3) return Promise.resolve({ done: false, value: [{ t: 'x'.repeat(2 ** 20) }] })
        // A call that never answers, and does not heed the signal either.
        queueMicrotask(() => abort.abort())
        return new Promise(() => {})
      },
      return(): Promise<IteratorResult<Row[]>> {
        closed = true
        return new Promise(() => {})
      },
    }
    await expect(stage({ t: 'text' }, source, abort.signal)).rejects.toMatchObject({ sqlState: '57014' })
    expect(closed).toBe(true)
    await until(async () => (await scanTables()).length === 0)
  })

  test('when aborted while it waits for a connection, gives its place to the next', async () => {
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    async function* slow(): AsyncGenerator<Row[]> {
      yield [{ t: 'x'.repeat(2 ** 21) }]
      await opened
    }
    const holding = [stage({ t: 'text' }, slow()), stage({ t: 'text' }, slow())]
    await until(async () => (await copyingBackends()).length === 2)
    const abort = new AbortController()
    const waiting = stage({ t: 'text' }, batches([{ t: 'a' }]), abort.signal)
    const next = stage({ t: 'text' }, batches([{ t: 'b' }]))
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ sqlState: '57014' })
    open()
    expect((await next).rowCount).toBe(1)
    await Promise.all(holding)
  })

  test('small scans never wait for slow ones', async () => {
    const abort = new AbortController()
    async function* hanging(): AsyncGenerator<Row[]> {
      yield [{ t: 'small' }]
      await once(abort.signal, 'abort')
    }
    const hanging20 = Array.from({ length: 20 }, () => stage({ t: 'text' }, hanging(), abort.signal))
    expect((await stage({ t: 'text' }, batches([{ t: 'a' }]))).rowCount).toBe(1)
    const ended = hanging20.map((scan) => expect(scan).rejects.toMatchObject({ sqlState: '57014' }))
    abort.abort()
    await Promise.all(ended)
  })

  test('at a stop of the engine is told so', async () => {
    async function* hanging(): AsyncGenerator<Row[]> {
      yield [{ t: 'x'.repeat(2 ** 21) }]
      await new Promise(() => {})
    }
    const scan = stage({ t: 'text' }, hanging())
    await until(async () => (await copyingBackends()).length === 1)
    const [outcome] = await Promise.allSettled([scan, tables.stop()])
    expect(outcome).toMatchObject({ status: 'rejected', reason: { sqlState: '57P01' } })
    await expect(stage({ t: 'text' }, batches())).rejects.toMatchObject({ sqlState: '57P01' })
  })

  test('because its backend was lost says so, and the next one works', async () => {
    async function* source(): AsyncGenerator<Row[]> {
      yield [{ t: 'x'.repeat(2 ** 21) }]
      await until(async () => (await copyingBackends()).length === 1)
      for (const pid of await copyingBackends()) await watcher.query('SELECT pg_terminate_backend($1)', [pid])
      for (let index = 0; index < 100; index++) yield [{ t: 'x'.repeat(2 ** 16) }]
    }
    await expect(stage({ t: 'text' }, source())).rejects.toMatchObject({
      sqlState: expect.stringMatching(/^(?:57P01|08006)$/),
    })
    expect((await stage({ t: 'text' }, batches([{ t: 'a' }]))).rowCount).toBe(1)
  })
})

test('COPY is ready while the API is still asked; if its backend is lost then, nobody waits for the API', async () => {
  async function* source(): AsyncGenerator<Row[]> {
    await new Promise(() => {})
    yield []
  }
  const staging = expect(stage({ t: 'text' }, source())).rejects.toMatchObject({
    sqlState: expect.stringMatching(/^(?:57P01|08006)$/),
  })
  await until(async () => (await copyingBackends()).length === 1)
  for (const pid of await copyingBackends()) await watcher.query('SELECT pg_terminate_backend($1)', [pid])
  await staging
})

test('the source is asked while its table is still being made', async () => {
  let asked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const source = async function* (): AsyncGenerator<Row[]> {
    asked()
    yield [{ name: 'Bob' }]
  }
  await watcher.query('BEGIN; LOCK TABLE pg_catalog.pg_class IN SHARE MODE')
  try {
    const staging = stage({ name: 'text' }, source())
    await isAsked
    await watcher.query('COMMIT')
    expect((await staging).rowCount).toBe(1)
  } finally {
    await watcher.query('ROLLBACK')
  }
})

test('rows are not taken from the source faster than PostgreSQL takes them', async () => {
  let taken = 0
  let stopped: number | undefined
  async function* source(): AsyncGenerator<Row[]> {
    for (; taken < 400; taken++) {
      if (taken === 40) {
        await until(async () => (await copyingBackends()).length === 1)
        stopped = (await copyingBackends())[0]
        if (stopped !== undefined) process.kill(stopped, 'SIGSTOP')
      }
      yield [{ t: 'x'.repeat(2 ** 16) }]
    }
  }
  const staging = stage({ t: 'text' }, source())
  await until(async () => stopped !== undefined)
  // Without backpressure, the source would be empty long before these answers have come.
  for (let answer = 0; answer < 200; answer++) await watcher.query('SELECT 1')
  expect(taken).toBeLessThan(100)
  process.kill(stopped ?? 0, 'SIGCONT')
  expect((await staging).rowCount).toBe(400)
})

describe('released tables', () => {
  test('are dropped in the background', async () => {
    const scans = await Promise.all([1, 2, 3].map((id) => stage({ id: 'bigint' }, batches([{ id }]))))
    expect(await scanTables()).toHaveLength(3)
    for (const scan of scans) scan.release()
    scans[0]?.release()
    await until(async () => (await scanTables()).length === 0)
  })

  test('that an open transaction has read are dropped after its end; others do not wait', async () => {
    const [read, other] = await Promise.all([1, 2].map((id) => stage({ id: 'bigint' }, batches([{ id }]))))
    await reader.query('BEGIN')
    await reader.query(`SELECT * FROM ${read?.qualifiedName}`)
    read?.release()
    other?.release()
    await until(async () => (await scanTables()).length === 1)
    expect(await scanTables()).toEqual([read?.name])
    // It can still be read, also by others.
    expect(await rowsOf(`SELECT * FROM ${read?.qualifiedName}`)).toEqual([{ id: '1' }])
    await reader.query('COMMIT')
    await until(async () => (await scanTables()).length === 0)
  })

  test('are gone once the engine has stopped', async () => {
    const table = await stage({ id: 'bigint' }, batches([{ id: 1 }]))
    table.release()
    await tables.stop()
    expect(await scanTables()).toEqual([])
  })
})
