/** One random world: tables, rows, and clients that ask of both the virtual tables and the ordinary ones. */
import { type Gateway, startGateway } from '@millrace/server/gateway'
import type { TestPostgres } from '@millrace/sql-engine/postgres/testing'
import type { Choices } from '@millrace/sql-engine/testing/choices'
import type { Filtering } from '@millrace/sql-engine/testing/counting-plugin'
import {
  type Outcome,
  ordinaryPath,
  type PropertyWorld,
  setsOfRows,
  startPropertyWorld,
  virtualPath,
} from '@millrace/sql-engine/testing/property-world'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import { type RandomTables, someTables, usualTables } from '@millrace/sql-engine/testing/random-tables'
import pg from 'pg'
import { pino } from 'pino'
import { clientOutcome, type Protocol } from './client-outcome.js'

export interface FuzzWorld {
  readonly tables: RandomTables
  readonly sets: number
  /** What its API leaves out, and whether rows are kept: for a report. */
  readonly description: string
  /** Whether scans of one statement that ask the same are one. */
  readonly sharesScans: boolean
  readonly counting: Pick<PropertyWorld, 'calls' | 'engine'>
  /** @param protocol `engine` leaves the gateway out, and runs PREPARE and EXECUTE */
  run(
    query: RandomQuery,
    set: number,
    protocol: Protocol | 'engine',
  ): Promise<{ readonly virtual: Outcome; readonly expected: Outcome }>
  stop(): Promise<void>
}

export interface FuzzWorldOptions {
  readonly postgres: TestPostgres
  readonly optimisations: 'all' | 'none'
}

const password = 'a secret of this test'
const user = 'millrace'
const hour = 3_600_000

export async function startFuzzWorld(choices: Choices, options: FuzzWorldOptions): Promise<FuzzWorld> {
  const tables = choices.chance(75) ? someTables(choices) : usualTables
  const filtering = choices.pick<Filtering>(['every operator', 'equality'])
  const maxBytes = options.optimisations === 'none' ? 0 : choices.pick([0, 300_000, 10_000_000])
  const sets = 12
  const world = await startPropertyWorld({
    ...options,
    tables,
    rows: setsOfRows(sets, tables),
    filtering,
    cache: { ttl: maxBytes === 0 ? 0 : hour, maxBytes },
  })
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    engine: world.engine,
    backend: options.postgres,
    passwordOf: (name) => (name === user ? password : undefined),
    log: pino({ level: 'silent' }),
  })
  const ordinary = new pg.Client({ ...options.postgres.engineConfig, user, options: '' })
  const virtual = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user,
    password,
    database: 'millrace',
  })
  await Promise.all([ordinary.connect(), virtual.connect()])
  let path: number | undefined
  return {
    tables,
    sets,
    description: `API filters by ${filtering}; ${maxBytes} bytes are kept`,
    sharesScans: options.optimisations === 'all',
    counting: world,
    async run(query, set, protocol) {
      if (protocol === 'engine') return world.run(query, set)
      world.show(set)
      if (path !== set) {
        await ordinary.query(`set search_path = ${ordinaryPath(set)}; set statement_timeout = '2s'`)
        await virtual.query(`set search_path = ${virtualPath(set)}; set statement_timeout = '2s'`)
      }
      path = set
      const [expected, told] = await Promise.all([
        clientOutcome(ordinary, query, protocol),
        clientOutcome(virtual, query, protocol),
      ])
      return { virtual: told, expected }
    },
    stop: () => stop(world, gateway, [ordinary, virtual]),
  }
}

async function stop(world: PropertyWorld, gateway: Gateway, clients: readonly pg.Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()))
  await gateway.stop()
  await world.stop()
}
