/** What one batch runs on: random tables, sets of rows, and workers that ask of both the virtual tables and the ordinary ones. */
import { type Gateway, startGateway } from '@millrace/server/gateway'
import { accountsOf } from '@millrace/server/testing/test-accounts'
import type { Choices } from '@millrace/sql-engine/testing/choices'
import type { Filtering } from '@millrace/sql-engine/testing/counting-plugin'
import { type Outcome, setsOfRows } from '@millrace/sql-engine/testing/property-harness'
import type { RandomQuery } from '@millrace/sql-engine/testing/random-query'
import {
  type RandomRows,
  type RandomTables,
  someTables,
  usualTables,
} from '@millrace/sql-engine/testing/random-tables'
import { type RowSetsHarness, startRowSetsHarness } from '@millrace/sql-engine/testing/row-sets-harness'
import type { TestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import pg from 'pg'
import { pino } from 'pino'
import type { Judged } from './brute-force.js'
import { clientOutcome, type Protocol } from './client-outcome.js'
import { Judge } from './judge.js'

/** Workers that ask side by side. Each has sets of rows of its own, or nobody could tell whose the calls are. */
export const workers = 3
export const setsPerWorker = 4

export interface FuzzHarness extends RowSetsHarness {
  readonly tables: RandomTables
  /** By set. */
  readonly rows: readonly RandomRows[]
  /** What its API leaves out, and whether rows are kept: for a report. */
  readonly description: string
  /** Whether scans of one statement that ask the same are one. */
  readonly sharesScans: boolean
  /** Whether rows are kept from one statement to another. */
  readonly keepsRows: boolean
  /** Whom to ask what a statement needs, from when that is first asked. */
  judged(): Promise<Judged>
  /** Asks two servers, the gateway and PostgreSQL, as clients do. */
  byClients(
    query: RandomQuery,
    set: number,
    protocol: Protocol,
  ): Promise<{ readonly virtual: Outcome; readonly expected: Outcome }>
}

export interface FuzzHarnessOptions {
  readonly postgres: TestPostgres
  readonly optimisations: 'all' | 'none'
}

const password = 'a secret of this test'
const user = 'millrace'
const hour = 3_600_000

export async function startFuzzHarness(choices: Choices, options: FuzzHarnessOptions): Promise<FuzzHarness> {
  const tables = tablesOfBatch(choices)
  // What an API leaves out shows what should not have been left out. One that leaves out little shows the less.
  const filtering = choices.chance(95) ? 'every operator' : choices.pick<Filtering>(['equality'])
  // Rows that are kept for one statement hide what another one would fetch too little of.
  const maxBytes = options.optimisations === 'none' ? 0 : choices.pick([0, 300_000, 0, 10_000_000])
  const rows = setsOfRows(workers * setsPerWorker, tables)
  const harness = await startRowSetsHarness({
    ...options,
    tables,
    rows,
    filtering,
    cache: { ttl: maxBytes === 0 ? 0 : hour, maxBytes },
  })
  const clients = new ClientPairs(harness, options.postgres)
  let judge: Promise<Judge> | undefined
  return {
    ...harness,
    tables,
    rows,
    description: `API filters by ${filtering}; ${maxBytes} bytes are kept`,
    sharesScans: options.optimisations === 'all',
    keepsRows: maxBytes > 0,
    byClients: (query, set, protocol) => clients.run(query, set, protocol),
    async judged() {
      judge ??= Judge.open(options.postgres, tables)
      return { judge: await judge, tables, rows }
    },
    async stop() {
      await (await judge)?.close()
      await clients.stop()
      await harness.stop()
    },
  }
}

/** The tables of the batch that these choices make; they take the first of them. */
export function tablesOfBatch(choices: Choices): RandomTables {
  return choices.chance(75) ? someTables(choices) : usualTables
}

/** A client of the gateway and one of PostgreSQL for each set, from when they are first asked for. */
class ClientPairs {
  readonly #harness: RowSetsHarness
  readonly #postgres: TestPostgres
  #gateway: Promise<Gateway> | undefined
  readonly #pairs = new Map<number, Promise<readonly [ordinary: pg.Client, virtual: pg.Client]>>()

  constructor(harness: RowSetsHarness, postgres: TestPostgres) {
    this.#harness = harness
    this.#postgres = postgres
  }

  async run(query: RandomQuery, set: number, protocol: Protocol) {
    const pair = this.#pairs.get(set) ?? this.#connect(set)
    this.#pairs.set(set, pair)
    const [ordinary, virtual] = await pair
    const [expected, told] = await Promise.all([
      clientOutcome(ordinary, query, protocol),
      clientOutcome(virtual, query, protocol),
    ])
    return { virtual: told, expected }
  }

  async stop(): Promise<void> {
    for (const pair of this.#pairs.values()) {
      await Promise.all((await pair).map((client) => client.end()))
    }
    await (await this.#gateway)?.stop()
  }

  async #connect(set: number): Promise<readonly [pg.Client, pg.Client]> {
    this.#gateway ??= accountsOf(user, password).then((accounts) =>
      startGateway({
        host: '127.0.0.1',
        port: 0,
        engine: this.#harness.engine,
        backend: this.#postgres,
        accounts,
        log: pino({ level: 'silent' }),
      }),
    )
    const { port } = await this.#gateway
    const ordinary = new pg.Client({ ...this.#postgres.engineConfig, user, options: '' })
    const virtual = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'millrace' })
    await Promise.all([ordinary.connect(), virtual.connect()])
    await ordinary.query(this.#harness.settings(set, 'ordinary'))
    await virtual.query(this.#harness.settings(set, 'virtual'))
    return [ordinary, virtual]
  }
}
