/**
 * Scans that a session's gateway has staged ahead, for PostgreSQL to read over the loopback: it may ask another gateway than the
 * one that has the session.
 */
import { presentNumbers } from '../../postgres/guest/gateway-locks.js'
import { loopbackTable, type SharedNames } from '../../postgres/guest/shared-tables.js'
import type { ScanTable } from '../../stage/scan-table.js'
import type { SharingOptions } from './shared-flights.js'

export interface LoopbackScan {
  readonly table: ScanTable
  /** Columns that are filled. */
  readonly columns: ReadonlySet<string>
}

/** The scans staged ahead, by the OIDs of their virtual tables. */
export type ScansByTable = ReadonlyMap<number, LoopbackScan>

export class SharedLoopback {
  readonly #options: SharingOptions
  /** What is told follows what was told before. */
  #telling: Promise<void> = Promise.resolve()

  constructor(options: SharingOptions) {
    this.#options = options
  }

  /** @throws Error of PostgreSQL */
  async offer(processId: number, scans: ScansByTable): Promise<void> {
    await this.#telling
    const { pool, names, peers } = this.#options
    // One of a gateway that has died may be left, for a process of the same number.
    await pool.query(withdrawn(names), [processId])
    for (const [oid, { table, columns }] of scans) {
      await pool.query(
        `INSERT INTO ${loopbackTable(names)} (process_id, gateway, oid, name, qualified_name, columns) VALUES ($1, $2, $3, $4, $5, $6)`,
        [processId, peers.number, oid, table.name, table.qualifiedName, [...columns]],
      )
    }
  }

  /** Returns at once. */
  withdraw(processId: number): void {
    const { pool, names, log } = this.#options
    this.#telling = this.#telling
      .then(() => pool.query(withdrawn(names), [processId]))
      .then(
        () => {},
        (error: unknown) => log.debug({ err: error }, 'what gateways share could not be brought up to date'),
      )
  }

  /** What a living gateway has staged for a server process. @throws Error of PostgreSQL */
  async of(processId: number): Promise<ScansByTable | undefined> {
    const { pool, names } = this.#options
    const { rows } = await pool.query<{
      oid: number
      name: string
      qualified_name: string
      columns: string[]
    }>(
      `SELECT oid, name, qualified_name, columns FROM ${loopbackTable(names)}
        WHERE process_id = $1 AND gateway IN (${presentNumbers})`,
      [processId],
    )
    if (rows.length === 0) return undefined
    return new Map(
      rows.map(({ oid, name, qualified_name, columns }) => {
        const table = {
          name,
          qualifiedName: qualified_name,
          oid: 0,
          rowCount: 0,
          missing: [],
          release: () => {},
        }
        return [oid, { table, columns: new Set(columns) }]
      }),
    )
  }

  /** Resolves when everything is told. */
  settled(): Promise<void> {
    return this.#telling
  }
}

const withdrawn = (names: SharedNames) => `DELETE FROM ${loopbackTable(names)} WHERE process_id = $1`
