/** Random queries over tables of a Steampipe plugin give what they give over ordinary tables with the same rows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Columns, ColumnType, Row } from '@millrace/plugin-sdk'
import { steampipePlugin } from '@millrace/plugin-steampipe/steampipe-plugin'
import { Engine } from '@millrace/sql-engine/engine'
import { Choices } from '@millrace/sql-engine/testing/choices'
import { ClientSession } from '@millrace/sql-engine/testing/client-session'
import { countingPlugin } from '@millrace/sql-engine/testing/counting-plugin'
import {
  boundParameters,
  choicesOfSeed,
  ordinaryPath,
  outcomeOf,
  setUpOrdinary,
} from '@millrace/sql-engine/testing/property-harness'
import { type RandomQuery, randomQuery } from '@millrace/sql-engine/testing/random-query'
import {
  type RandomRows,
  type RandomTable,
  type RandomTables,
  randomRows,
  someTables,
  usualTables,
} from '@millrace/sql-engine/testing/random-tables'
import { runPrepared } from '@millrace/sql-engine/testing/run-prepared'
import { startTestPostgres, type TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import fc from 'fast-check'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bridgePluginAs, buildTimeout, hasGo } from '../testing/bridge-plugin.js'

/** MILLRACE_PROPERTY_RUNS makes a long run, of other cases each time. */
const wantedRuns = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 0)
const numRuns = wantedRuns > 0 ? wantedRuns : 60
const sets = 12

/** What a plugin calls the types; of the others, it has none. */
const types: Partial<Record<ColumnType, string>> = {
  text: 'STRING',
  bigint: 'INT',
  boolean: 'BOOL',
  'double precision': 'DOUBLE',
  inet: 'INET',
  cidr: 'CIDR',
  jsonb: 'JSON',
  'timestamp with time zone': 'TIMESTAMP',
}

/** By PostgreSQL's names; HV002 is fdw_dynamic_parameter_value_needed. */
const queryCanceled = '57014'
const keyMissing = 'HV002'

/**
 * Tables without columns of types that a plugin does not have, and without orders and other promises: of no key that
 * must be given is it known to be more than what was asked for.
 */
function bridgedTables(tables: RandomTables): RandomTables {
  return Object.fromEntries(
    Object.entries(tables).map(([name, { columns, keys }]): [string, RandomTable] => {
      const known: Columns = Object.fromEntries(
        Object.entries(columns).filter(([, { type }]) => type in types),
      )
      const kept =
        keys &&
        Object.fromEntries(
          Object.entries(keys).flatMap(([column, { inherent: _, ...key }]) =>
            column in known ? [[column, key]] : [],
          ),
        )
      return [name, { columns: known, keys: kept }]
    }),
  )
}

/** JSON's null is SQL's to Steampipe, and what identifies nothing is not asked for: rows have neither. */
function bridgedRows(rows: RandomRows, tables: RandomTables): RandomRows {
  return Object.fromEntries(
    Object.entries(rows).map(([name, ofTable]) => {
      const { columns = {}, keys = {} } = tables[name] ?? {}
      const plain = ofTable.map((row) =>
        Object.fromEntries(
          Object.entries(row).flatMap(([column, value]) => {
            const type = columns[column]?.type
            if (type === undefined || (type === 'jsonb' && value === 'null')) return []
            const isNeeded = !['optional', undefined].includes(keys[column]?.require)
            return [[column, isNeeded && value === '' ? 'empty' : value]]
          }),
        ),
      )
      return [name, plain as readonly Row[]]
    }),
  )
}

function describeTables(tables: RandomTables, rows: RandomRows): string {
  return JSON.stringify({
    Tables: Object.entries(tables).flatMap(([name, { columns, keys }]) =>
      keys === undefined
        ? []
        : [
            {
              Name: name,
              Columns: Object.entries(columns).map(([column, { type }]) => ({
                Name: column,
                Type: types[type],
              })),
              Keys: Object.entries(keys).map(([column, { operators, require }]) => ({
                Name: column,
                Operators: operators,
                Require: (require ?? 'optional').replace('-', '_'),
              })),
              Rows: (rows[name] ?? []).map((row) =>
                Object.fromEntries(
                  Object.entries(row).flatMap(([column, value]) =>
                    value === null || value === undefined ? [] : [[column, textOf(value)]],
                  ),
                ),
              ),
            },
          ],
    ),
  })
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return Object.is(value, -0) ? '-0' : String(value)
}

describe.runIf(hasGo()).each([
  { title: 'the usual tables', tables: usualTables, cache: 0 },
  { title: 'other tables', tables: someTables(choicesOfSeed(77)), cache: 0 },
  {
    title: 'rows that are kept',
    tables: someTables(choicesOfSeed(1234)),
    cache: 3_600_000,
  },
])('over $title', ({ tables: made, cache }) => {
  const tables = bridgedTables(made)
  let folder = ''
  let plugin: Awaited<ReturnType<typeof bridgePluginAs>>
  let postgres: TestPostgres
  let engine: Engine
  let session: ClientSession
  let oracle: pg.Client

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-bridge-'))
    plugin = await bridgePluginAs('dynamic')
    postgres = await startTestPostgres()
    const allRows = Array.from({ length: sets }, (_, set) =>
      bridgedRows(randomRows(choicesOfSeed(set), tables), tables),
    )
    const bridge = steampipePlugin({ name: 'dynamic', path: plugin.path })
    const connections = await Promise.all(
      allRows.map(async (rows, set) => {
        const path = join(folder, `set-${set}.json`)
        await writeFile(path, describeTables(tables, rows))
        return { name: `set_${set}`, plugin: bridge, settings: { tables: [path] } }
      }),
    )
    engine = await Engine.start({
      postgres,
      connections,
      environment: { PATH: process.env.PATH },
      log: pino({ level: 'silent' }),
      cache: { ttl: cache, maxBytes: 300_000 },
    })
    const config = { ...postgres.engineConfig, user: 'millrace' }
    session = await ClientSession.open(config, engine)
    oracle = new pg.Client({ ...config, options: '' })
    await oracle.connect()
    const counted = Object.entries(tables).flatMap(([name, { columns, keys }]) =>
      keys === undefined ? [] : [[name, { columns, keys, rows: [] }] as const],
    )
    const { plugin: definitions } = countingPlugin(Object.fromEntries(counted))
    for (const [set, rows] of allRows.entries()) {
      await oracle.query(setUpOrdinary(set, tables, rows, { plugin: definitions }, `set_${set}`))
    }
  }, buildTimeout)
  afterAll(async () => {
    await session?.close()
    await oracle?.end()
    await engine?.stop()
    await postgres?.stop()
    await rm(folder, { recursive: true, force: true })
    await rm(plugin.folder, { recursive: true, force: true })
  })

  async function bothOutcomes(query: RandomQuery, set: number) {
    const timeout = "set statement_timeout = '2s'"
    await Promise.all([
      oracle.query(`set search_path = ${ordinaryPath(set)}; ${timeout}`),
      session.query(`set search_path = set_${set}, plain_${set}; ${timeout}`),
    ])
    const parameters = boundParameters(query)
    const [expected, virtual] = await Promise.all([
      outcomeOf(runPrepared(oracle, query.text, parameters), query),
      outcomeOf(session.queryWithParameters(query.text, parameters), query),
    ])
    return { expected, virtual }
  }

  test(
    'the answer is what PostgreSQL gives over ordinary tables',
    async () => {
      const counts = { answered: 0, keyMissing: 0, failed: 0, tooSlow: 0 }
      const cases = fc.record({
        set: fc.nat({ max: sets - 1 }),
        numbers: fc.array(fc.nat({ max: 9999 }), { minLength: 0, maxLength: 300, size: 'max' }),
      })
      await fc.assert(
        fc.asyncProperty(cases, async ({ set, numbers }) => {
          const query = randomQuery(new Choices(numbers), tables)
          const { virtual, expected } = await bothOutcomes(query, set)
          if ([virtual.sqlState, expected.sqlState].includes(queryCanceled)) counts.tooSlow++
          else if (virtual.sqlState === keyMissing) counts.keyMissing++
          else if (expected.sqlState !== undefined && virtual.sqlState !== undefined) counts.failed++
          else {
            counts.answered++
            expect({ query, set, ...virtual }).toEqual({ query, set, ...expected })
          }
        }),
        wantedRuns > 0 ? { numRuns } : { numRuns, seed: 20_261_128 },
      )
      expect(counts.answered + counts.keyMissing + counts.failed + counts.tooSlow).toBe(numRuns)
      expect(counts.answered).toBeGreaterThan(numRuns / 2)
      if (wantedRuns > 0) console.info(counts)
    },
    wantedRuns > 0 ? 7_200_000 : 600_000,
  )
})
