/**
 * Sets of rows side by side: each has virtual tables of its own, in a connection of one engine, ordinary tables with
 * the same rows, and sessions of its own over both. So statements may run over several sets at once.
 */
import pg from 'pg'
import { pino } from 'pino'
import { Engine } from '../engine.js'
import type { CacheOptions } from '../engine-options.js'
import type { Optimisations } from '../plan/unoptimised-scans.js'
import { ClientSession } from './client-session.js'
import { type Call, type CountingPlugin, countingPlugin, type Filtering } from './counting-plugin.js'
import { boundParameters, type Outcome, outcomeOf, setUpOrdinary } from './property-harness.js'
import type { RandomQuery } from './random-query.js'
import type { RandomRows, RandomTables } from './random-tables.js'
import { runPrepared } from './run-prepared.js'
import type { TestPostgres } from './test-postgres.js'

/**
 * Some joins of joins have very many rows; they are left out. What PostgreSQL answers in time over ordinary tables is waited
 * for, also on a machine that is busy: a statement that is too slow tells nothing of the planner.
 */
const timeouts = { ordinary: '2s', virtual: '15s' } as const

/** Of which the sets take one each: west and east of Greenwich, with summer time and without, by half hours. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'XYZ-1:30',
] as const

export interface RowSetsHarnessOptions {
  readonly postgres: TestPostgres
  readonly tables: RandomTables
  readonly rows: readonly RandomRows[]
  readonly filtering: Filtering
  readonly cache: CacheOptions
  readonly optimisations: Optimisations
}

export interface RowSetsHarness {
  readonly engine: Engine
  /** Of each set, the calls of its virtual tables. */
  readonly calls: readonly Call[][]
  /** How a session of a client's own reaches a set's ordinary tables, or its virtual ones. */
  settings(set: number, side: 'ordinary' | 'virtual'): string
  /** What PostgreSQL answers over a set's ordinary tables. */
  expected(query: RandomQuery, set: number): Promise<Outcome>
  /** What the engine answers over a set's virtual tables. */
  virtual(query: RandomQuery, set: number): Promise<Outcome>
  stop(): Promise<void>
}

interface RowSet {
  readonly counting: CountingPlugin
  readonly name: string
  readonly oracle: pg.Client
}

export async function startRowSetsHarness(options: RowSetsHarnessOptions): Promise<RowSetsHarness> {
  const { postgres, tables, filtering, cache, optimisations } = options
  const config = { ...postgres.engineConfig, user: 'millrace' }
  const sets: readonly RowSet[] = options.rows.map((rows, set) => ({
    counting: countingPlugin(virtualTables(tables, rows), async () => {}, filtering),
    name: `counting_${set}`,
    oracle: new pg.Client({ ...config, options: '' }),
  }))
  const engine = await Engine.start({
    postgres,
    connections: sets.map(({ name, counting: { plugin } }) => ({ name, plugin, settings: { name } })),
    environment: {},
    log: pino({ level: 'silent' }),
    cache,
    optimisations,
  })
  const settings: RowSetsHarness['settings'] = (set, side) => {
    const schema = side === 'ordinary' ? `oracle_${set}` : `counting_${set}`
    return `set search_path = ${schema}, plain_${set}; ${sessionSettings(set, side)}`
  }
  const sessions = await Promise.all(
    sets.map(async ({ oracle, counting, name }, set) => {
      await oracle.connect()
      await oracle.query(setUpOrdinary(set, tables, options.rows[set] ?? {}, counting, name))
      await oracle.query(settings(set, 'ordinary'))
      const session = await ClientSession.open(config, engine)
      await session.query(settings(set, 'virtual'))
      return session
    }),
  )
  return {
    engine,
    calls: sets.map(({ counting }) => counting.calls),
    settings,
    expected: (query, set) =>
      outcomeOf(runPrepared(itemAt(sets, set).oracle, query.text, boundParameters(query)), query),
    virtual: (query, set) =>
      outcomeOf(itemAt(sessions, set).queryWithParameters(query.text, boundParameters(query)), query),
    async stop() {
      await Promise.all(sessions.map((session) => session.close()))
      for (const [set, { oracle }] of sets.entries()) {
        await oracle.query(`drop schema oracle_${set} cascade; drop schema plain_${set} cascade`)
        await oracle.end()
      }
      await engine.stop()
    },
  }
}

/** Those of some tables that a counting plugin shows, with their rows. */
export function virtualTables(tables: RandomTables, rows: RandomRows): Parameters<typeof countingPlugin>[0] {
  return Object.fromEntries(
    Object.entries(tables).flatMap(([name, { columns, keys, orders = {} }]) =>
      keys === undefined ? [] : [[name, { columns, keys, orders, rows: rows[name] ?? [] }] as const],
    ),
  )
}

function sessionSettings(set: number, side: keyof typeof timeouts): string {
  return `set statement_timeout = '${timeouts[side]}'; set timezone = '${zones[set % zones.length]}'`
}

function itemAt<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new Error(`there is no set ${index}`)
  return item
}
