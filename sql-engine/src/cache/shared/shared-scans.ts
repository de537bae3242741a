/** The scans that gateways over one database have fetched, which answer all of them. */

import { qualsText, readQuals } from '../quals-text.js'
import type { ScanShape } from '../scans/covers.js'
import { flightId, type SharedFlights, type SharingOptions } from './shared-flights.js'
import { findScans, publishScan, withdrawScans } from './shared-statements.js'

/** Rows that a gateway has fetched. */
export interface SharedScan {
  /** The name of its scan table, which may be gone. */
  readonly name: string
  readonly shape: ScanShape
  readonly rowCount: number
  /** Milliseconds since they were asked for, and for which they still answer. */
  readonly age: number
  readonly left: number
}

export interface FoundScans {
  readonly there: ReadonlySet<string>
  readonly unknown: readonly SharedScan[]
}

interface FoundRow {
  readonly name: string
  readonly columns: string[] | null
  readonly quals: string | null
  readonly row_count: number
  readonly age: number
  readonly left_over: number
}

/** A name that needs no quoting. */
const scanTableName = /^s_[0-9a-z]+_\d+$/

/** A question that is about to be asked. */
export interface Departure {
  /** @returns whether this gateway may ask; false when another has asked meanwhile */
  begin(signal: AbortSignal): Promise<boolean>
  /** Lets others read the rows that have come, if there are any, and others ask. Returns at once. */
  land(scan: SharedScan | undefined): void
}

export class SharedScans {
  readonly #options: SharingOptions
  readonly #flights: SharedFlights
  /** What is told follows what was told before: rows are not withdrawn before they are published. */
  #telling: Promise<void> = Promise.resolve()

  constructor(options: SharingOptions, flights: SharedFlights) {
    this.#options = options
    this.#flights = flights
  }

  /**
   * What other gateways have fetched of a source, the latest first.
   * @param known names of which nothing need be told but whether they are still there
   * @throws Error of PostgreSQL
   */
  async find(source: string, known: ReadonlySet<string>): Promise<FoundScans> {
    const { pool, names, peers, epoch } = this.#options
    const values = [source, peers.number, [...known], epoch()]
    const { rows } = await pool.query<FoundRow>(findScans(names), values)
    const there = rows.filter(({ name }) => scanTableName.test(name))
    return {
      there: new Set(there.map(({ name }) => name)),
      unknown: there.flatMap(({ name, columns, quals, row_count, age, left_over }) =>
        columns === null || quals === null
          ? []
          : [
              {
                name,
                shape: { columns: new Set(columns), quals: readQuals(quals) },
                rowCount: row_count,
                age,
                left: left_over,
              },
            ],
      ),
    }
  }

  /** See {@link SharingOptions.epoch}. */
  get epoch(): number {
    return this.#options.epoch()
  }

  departure(source: string, { columns, quals }: ScanShape): Departure {
    const id = flightId(source, [...columns].sort(), qualsText(quals))
    const epoch = this.#options.epoch()
    let isMine = false
    return {
      begin: async (signal) => {
        isMine = (await this.#flights.claim([id])).length > 0
        if (isMine) return true
        await this.#flights.landing([id], signal)
        return false
      },
      land: (scan) => {
        if (!isMine) return
        this.#inTurn(async () => {
          await this.#publish(source, epoch, scan)
          await this.#flights.land([id])
        })
      },
    }
  }

  /** Lets nobody read rows any more. Resolves when that is told. Never rejects. */
  withdraw(name: string): Promise<void> {
    return this.#inTurn(() => this.#attempt(withdrawScans(this.#options.names), [[name]]))
  }

  /** Resolves when all that is to be told is told. */
  settled(): Promise<void> {
    return this.#telling
  }

  /** Never rejects: what is not told is asked for again. */
  async #publish(source: string, epoch: number, scan: SharedScan | undefined): Promise<void> {
    if (scan === undefined) return
    const { names, peers } = this.#options
    const { name, shape, rowCount, age, left } = scan
    const what = [name, peers.number, source, epoch, [...shape.columns], qualsText(shape.quals), rowCount]
    await this.#attempt(publishScan(names), [...what, age / 1000, left / 1000])
  }

  async #attempt(statement: string, values: readonly unknown[]): Promise<void> {
    try {
      await this.#options.pool.query(statement, [...values])
    } catch (error) {
      this.#options.log.debug({ err: error }, 'what gateways share could not be brought up to date')
    }
  }

  /** @param work that never rejects */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#telling = this.#telling.then(work)
    return this.#telling
  }
}
