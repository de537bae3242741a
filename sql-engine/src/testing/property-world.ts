/** The planner's property tests: the same rows in virtual tables and in ordinary ones. */
import type { Row } from '@millrace/plugin-sdk/column'
import type { Key } from '@millrace/plugin-sdk/table'
import pg from 'pg'
import { pino } from 'pino'
import { catalogColumns } from '../catalog/catalog-columns.js'
import { type CacheOptions, Engine } from '../engine.js'
import { quoteIdentifier, quoteLiteral } from '../parse/identifier.js'
import { startTestPostgres } from '../postgres/testing.js'
import type { BoundParameters } from '../statement.js'
import { Choices } from './choices.js'
import { ClientSession } from './client-session.js'
import { type CountingPlugin, countingPlugin, type Filtering } from './counting-plugin.js'
import type { RandomQuery } from './random-query.js'
import { type RandomRows, randomRows, randomTables } from './random-tables.js'
import { runPrepared } from './run-prepared.js'

/** Some joins of joins have very many rows; they are left out. */
const timeout = "set statement_timeout = '2s'"

export interface Outcome {
  readonly rows?: readonly string[]
  readonly columns?: readonly string[]
  readonly sqlState?: string | undefined
  readonly message?: string
}

export interface PropertyWorld extends CountingPlugin {
  /** Runs a query over the virtual tables, and over ordinary ones with the rows of the same set. */
  run(query: RandomQuery, set: number): Promise<{ readonly virtual: Outcome; readonly expected: Outcome }>
  stop(): Promise<void>
}

/** So many sets of rows, the same each time; the first has none. */
export function setsOfRows(count: number): readonly RandomRows[] {
  return Array.from({ length: count }, (_, set) => randomRows(choicesOfSet(set)))
}

/** @param cache what is kept of one set's rows; it is forgotten when another set is asked for */
export async function startPropertyWorld(
  allRows: readonly RandomRows[],
  filtering: Filtering,
  cache: CacheOptions = { ttl: 0, maxBytes: 0 },
): Promise<PropertyWorld> {
  const shown = Object.fromEntries(Object.keys(randomTables).map((name) => [name, [] as Row[]]))
  const virtuals = Object.entries(randomTables).flatMap(([name, { columns, keys }]) =>
    keys === undefined ? [] : [[name, { columns, keys: inherent(keys), rows: shown[name] ?? [] }] as const],
  )
  const counting = countingPlugin(Object.fromEntries(virtuals), async () => {}, filtering)
  const postgres = await startTestPostgres()
  const engine = await Engine.start({
    postgres,
    connections: [{ name: 'counting', plugin: counting.plugin, settings: {} }],
    environment: {},
    log: pino({ level: 'silent' }),
    cache,
  })
  const config = { ...postgres.engineConfig, user: 'millrace' }
  const session = await ClientSession.open(config, engine)
  const oracle = new pg.Client({ ...config, options: '' })
  await oracle.connect()
  for (const [set, rows] of allRows.entries()) await oracle.query(setUp(set, rows, counting))
  let shownSet: number | undefined

  return {
    ...counting,
    async run(query, set) {
      if (set !== shownSet) engine.forgetRows()
      shownSet = set
      for (const [name, rows] of Object.entries(shown)) {
        rows.splice(0, rows.length, ...(allRows[set]?.[name] ?? []))
      }
      await oracle.query(`set search_path = oracle_${set}, plain_${set}; ${timeout}`)
      await session.query(`set search_path = counting, plain_${set}; ${timeout}`)
      const parameters = boundParameters(query)
      const expected = await outcomeOf(runPrepared(oracle, query.text, parameters), query)
      const virtual = await outcomeOf(session.queryWithParameters(query.text, parameters), query)
      return { virtual, expected }
    },
    async stop() {
      await session.close()
      await oracle.end()
      await engine.stop()
      await postgres.stop()
    },
  }
}

/** No column of these tables only repeats what is asked for. */
function inherent(keys: Readonly<Record<string, Key>>): Readonly<Record<string, Key>> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, { ...key, inherent: true }]))
}

/** The same numbers each time, from a linear congruential generator (Numerical Recipes' constants). */
function choicesOfSet(set: number): Choices {
  let state = set
  const numbers = Array.from({ length: set === 0 ? 0 : 2000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  })
  return new Choices(numbers)
}

/** Statements that make the tables of a set and fill them. */
function setUp(set: number, rows: RandomRows, { plugin }: CountingPlugin): string {
  const statements = [`create schema oracle_${set}`, `create schema plain_${set}`]
  for (const [name, { columns, keys }] of Object.entries(randomTables)) {
    const table = `${keys === undefined ? 'plain' : 'oracle'}_${set}.${name}`
    const defined = plugin.tables.find((virtual) => virtual.name === name)
    const definitions =
      defined === undefined
        ? Object.entries(columns).map(([column, { type }]) => ({ name: column, type }))
        : catalogColumns(defined)
    statements.push(
      `create table ${table} (${definitions.map((column) => `${quoteIdentifier(column.name)} ${column.type}`).join(', ')})`,
    )
    const context = '{"connection_name": "counting"}'
    const added: Row =
      defined === undefined ? {} : { sp_connection_name: 'counting', sp_ctx: context, _ctx: context }
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
  return value === null || value === undefined ? 'null' : quoteLiteral(String(value))
}

function boundParameters({ parameters }: RandomQuery): BoundParameters {
  return {
    types: parameters.map(({ type }) => typeOids[type] ?? 25),
    formats: parameters.map(() => 0),
    values: parameters.map(({ value }) => (value === undefined ? undefined : Buffer.from(value))),
  }
}

const { INT8, INET, CIDR, BOOL, NUMERIC, TIMESTAMPTZ, JSONB } = pg.types.builtins
const typeOids: Readonly<Record<string, number>> = {
  bigint: INT8,
  inet: INET,
  cidr: CIDR,
  boolean: BOOL,
  numeric: NUMERIC,
  'timestamp with time zone': TIMESTAMPTZ,
  jsonb: JSONB,
}

async function outcomeOf(
  running: ReturnType<typeof runPrepared>,
  { isOrdered }: RandomQuery,
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
