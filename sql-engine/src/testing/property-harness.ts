/** The planner's property tests: the same rows in virtual tables and in ordinary ones. */
import type { Row } from '@millrace/plugin-sdk'
import pg from 'pg'
import { pino } from 'pino'
import { catalogColumns } from '../catalog/catalog-columns.js'
import { Engine } from '../engine.js'
import type { CacheOptions } from '../engine-options.js'
import { quoteIdentifier, quoteLiteral } from '../parse/identifier.js'
import type { Optimisations } from '../plan/unoptimised-scans.js'
import type { BoundParameters } from '../statement.js'
import { Choices } from './choices.js'
import { ClientSession } from './client-session.js'
import { type CountingPlugin, countingPlugin, type Filtering } from './counting-plugin.js'
import type { RandomQuery } from './random-query.js'
import { type RandomRows, type RandomTables, randomRows, usualTables } from './random-tables.js'
import { type PreparedResult, preparedTexts, runPrepared } from './run-prepared.js'
import { startTestPostgres, type TestPostgres } from './test-postgres.js'

/** Some joins of joins have very many rows; they are left out. */
const timeout = "set statement_timeout = '2s'"

export interface Outcome {
  readonly rows?: readonly string[]
  readonly columns?: readonly string[]
  readonly sqlState?: string | undefined
  readonly message?: string
}

/**
 * How a query is run over the virtual tables: by itself, by SQL's PREPARE and EXECUTE, as the query of a view (if it has
 * no parameters) or function, or over views of the tables' names.
 */
export type Way = 'by itself' | 'by EXECUTE' | 'by a view' | 'by a function' | 'over views'

export interface PropertyHarnessOptions {
  /** Default is one of the harness's own, stopped with it. Harnesses may use one after the other. */
  readonly postgres?: TestPostgres
  readonly tables?: RandomTables
  /** Sets of rows for the tables; see {@link setsOfRows}. */
  readonly rows: readonly RandomRows[]
  readonly filtering: Filtering
  /** What is kept of one set's rows; it is forgotten when another set is asked for. Default is none. */
  readonly cache?: CacheOptions
  readonly optimisations?: Optimisations
}

export interface PropertyHarness extends CountingPlugin {
  readonly engine: Engine
  readonly postgres: TestPostgres
  /** Makes the virtual tables show a set's rows. What was kept of another is forgotten. */
  show(set: number): void
  /** Runs a query over the virtual tables, and over ordinary ones with the rows of the same set. */
  run(
    query: RandomQuery,
    set: number,
    way?: Way,
  ): Promise<{ readonly virtual: Outcome; readonly expected: Outcome }>
  /** Makes what both sides share, such as functions that mean the tables of whoever calls them. */
  define(text: string): Promise<void>
  /** Runs SET, or the like, on both sides. */
  configure(text: string): Promise<void>
  stop(): Promise<void>
}

/** Search paths by which the same names are ordinary and virtual tables. */
export const ordinaryPath = (set: number) => `oracle_${set}, plain_${set}`
export const virtualPath = (set: number, way?: Way) =>
  `${way === 'over views' ? 'viewed' : 'counting'}, plain_${set}`

/** So many sets of rows, the same each time; the first has none. */
export function setsOfRows(count: number, tables: RandomTables = usualTables): readonly RandomRows[] {
  return Array.from({ length: count }, (_, set) => randomRows(choicesOfSeed(set), tables))
}

export async function startPropertyHarness(options: PropertyHarnessOptions): Promise<PropertyHarness> {
  const { tables = usualTables, rows: allRows, filtering, cache = { ttl: 0, maxBytes: 0 } } = options
  const shown = Object.fromEntries(Object.keys(tables).map((name) => [name, [] as Row[]]))
  const virtuals = Object.entries(tables).flatMap(([name, { columns, keys, orders = {} }]) =>
    keys === undefined ? [] : [[name, { columns, keys, orders, rows: shown[name] ?? [] }] as const],
  )
  const counting = countingPlugin(Object.fromEntries(virtuals), async () => {}, filtering)
  const postgres = options.postgres ?? (await startTestPostgres())
  const engine = await Engine.start({
    postgres,
    connections: [{ name: 'counting', plugin: counting.plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache,
    optimisations: options.optimisations ?? 'all',
  })
  const config = { ...postgres.engineConfig, user: 'millrace' }
  const session = await ClientSession.open(config, engine)
  const oracle = new pg.Client({ ...config, options: '' })
  await oracle.connect()
  const setUps = allRows.map((rows, set) => setUpOrdinary(set, tables, rows, counting))
  for (const text of setUps) await oracle.query(text)
  await session.query('create schema viewed')
  for (const [name] of virtuals) {
    await session.query(`create view viewed.${name} as select * from counting.${name}`)
  }
  let shownSet: number | undefined
  const show = (set: number) => {
    if (set !== shownSet) engine.forgetRows()
    shownSet = set
    for (const [name, rows] of Object.entries(shown)) {
      rows.splice(0, rows.length, ...(allRows[set]?.[name] ?? []))
    }
  }

  return {
    ...counting,
    engine,
    postgres,
    show,
    async run(query, set, way = 'by itself') {
      show(set)
      const settings = `set search_path = ${ordinaryPath(set)}; ${timeout}`
      const virtualSettings = `set search_path = ${virtualPath(set, way)}; ${timeout}`
      await Promise.all([oracle.query(settings), session.query(virtualSettings)])
      const parameters = boundParameters(query)
      // What is read from a view has no order of its own.
      const order = { isOrdered: query.isOrdered && way !== 'by a view' && way !== 'by a function' }
      const [expected, virtual] = await Promise.all([
        outcomeOf(runPrepared(oracle, query.text, parameters), order),
        outcomeOf(runBy(way, session, query.text, parameters), order),
      ])
      return { virtual, expected }
    },
    async define(text) {
      await session.query(text)
    },
    async configure(text) {
      await Promise.all([oracle.query(text), session.query(text)])
    },
    async stop() {
      await session.query('drop schema viewed cascade')
      await session.close()
      for (const set of allRows.keys()) {
        await oracle.query(`drop schema oracle_${set} cascade; drop schema plain_${set} cascade`)
      }
      await oracle.end()
      await engine.stop()
      if (options.postgres === undefined) await postgres.stop()
    },
  }
}

async function runBy(
  way: Way,
  session: ClientSession,
  text: string,
  parameters: BoundParameters,
): Promise<PreparedResult> {
  if (way === 'by itself' || way === 'over views') return session.queryWithParameters(text, parameters)
  if (way === 'by a view' && parameters.types.length === 0) {
    await session.run(`create temp view viewed as ${text}`)
    try {
      return await session.run('select * from viewed')
    } finally {
      await session.run('drop view viewed')
    }
  }
  if (way === 'by a function' && parameters.types.length === 0) {
    return runByFunction(session, text)
  }
  const { prepare, execute, deallocate } = preparedTexts(text, parameters)
  await session.run(prepare)
  try {
    return await session.run(execute)
  } finally {
    await session.run(deallocate)
  }
}

/** Runs a query as the body of a function. */
async function runByFunction(session: ClientSession, text: string): Promise<PreparedResult> {
  await session.run(`create temp view viewed as ${text}`)
  const { rows } = await session.run(
    `select string_agg(format('%I %s', attname, format_type(atttypid, null)), ', ' order by attnum)
       from pg_attribute where attrelid = 'viewed'::regclass and attnum > 0`,
  )
  await session.run('drop view viewed')
  const columns = rows[0]?.[0] ?? ''
  await session.run(
    `create function pg_temp.called () returns table (${columns}) language sql stable as $called$${text}$called$`,
  )
  try {
    return await session.run('select * from pg_temp.called()')
  } finally {
    await session.run('drop function pg_temp.called')
  }
}

/** The same numbers each time, from a linear congruential generator (Numerical Recipes' constants); none for 0. */
export function choicesOfSeed(seed: number): Choices {
  let state = seed
  const numbers = Array.from({ length: seed === 0 ? 0 : 2000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  })
  return new Choices(numbers)
}

/** Statements that make the tables of a set and fill them. */
export function setUpOrdinary(
  set: number,
  tables: RandomTables,
  rows: RandomRows,
  { plugin }: Pick<CountingPlugin, 'plugin'>,
  connectionName = 'counting',
): string {
  const statements = [`create schema oracle_${set}`, `create schema plain_${set}`]
  for (const [name, { columns, keys }] of Object.entries(tables)) {
    const table = `${keys === undefined ? 'plain' : 'oracle'}_${set}.${name}`
    const defined = plugin.tables.find((virtual) => virtual.name === name)
    const definitions =
      defined === undefined
        ? Object.entries(columns).map(([column, { type }]) => ({ name: column, type }))
        : catalogColumns(defined)
    statements.push(
      `create table ${table} (${definitions.map((column) => `${quoteIdentifier(column.name)} ${column.type}`).join(', ')})`,
    )
    const context = JSON.stringify({ connection_name: connectionName })
    const added: Row =
      defined === undefined ? {} : { sp_connection_name: connectionName, sp_ctx: context, _ctx: context }
    for (const row of rows[name] ?? []) {
      const full: Row = { ...row, ...added }
      statements.push(
        `insert into ${table} values (${definitions.map((column) => literalOf(full[column.name])).join(', ')})`,
      )
    }
  }
  return statements.join(';\n')
}

function literalOf(value: Row[string]): string {
  if (value === null || value === undefined) return 'null'
  return quoteLiteral(Object.is(value, -0) ? '-0' : String(value))
}

export function boundParameters({ parameters }: RandomQuery): BoundParameters {
  return {
    types: parameters.map(({ type }) => typeOids[type] ?? 25),
    formats: parameters.map(() => 0),
    values: parameters.map(({ value }) => (value === undefined ? undefined : Buffer.from(value))),
  }
}

const { FLOAT8, UUID, DATE, INT8, INET, CIDR, BOOL, NUMERIC, TIMESTAMPTZ, JSONB } = pg.types.builtins
const typeOids: Readonly<Record<string, number>> = {
  bigint: INT8,
  inet: INET,
  cidr: CIDR,
  boolean: BOOL,
  numeric: NUMERIC,
  'timestamp with time zone': TIMESTAMPTZ,
  jsonb: JSONB,
  'double precision': FLOAT8,
  uuid: UUID,
  date: DATE,
}

export async function outcomeOf(
  running: ReturnType<typeof runPrepared>,
  { isOrdered }: Pick<RandomQuery, 'isOrdered'>,
): Promise<Outcome> {
  try {
    const { rows, columns } = await running
    const lines = rows.map((row) => JSON.stringify(row))
    return { rows: isOrdered ? lines : lines.sort(), columns }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const sqlState =
      'sqlState' in error ? String(error.sqlState) : 'code' in error ? String(error.code) : undefined
    return { sqlState, message: error.message }
  }
}
