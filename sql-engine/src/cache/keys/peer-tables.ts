/** Tables of the key cache that other gateways over the database have. */
import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import { DatabaseError as ServerError } from 'pg'
import { z } from 'zod'
import { presentGateways } from '../../postgres/guest/gateway-locks.js'
import type { ScanTable } from '../../stage/scan-table.js'
import type { SharedCache } from '../shared/shared-cache.js'
import { flightId } from '../shared/shared-flights.js'
import type { KeyTable, LandKeys } from './key-table.js'

/** What the comment of a table of the key cache says: the columns that it fills, and the epoch of the rows (see `SharingOptions`). */
const commentSchema = z.object({ columns: z.array(z.string()), epoch: z.number().default(1) })

export type KeyTableContents = z.infer<typeof commentSchema>

export function contentsOf(comment: string | null): KeyTableContents | undefined {
  try {
    return commentSchema.parse(JSON.parse(comment ?? ''))
  } catch {
    return undefined
  }
}

export interface PeerTablesOptions {
  readonly pool: Pool
  readonly schema: string
  readonly cache: Pick<SharedCache, 'flights' | 'epoch'>
  /** This gateway's number. */
  readonly gateway: () => number
}

export interface SharedLookup {
  /** The beginning of the tables' names, without their gateways'. */
  readonly prefix: string
  readonly table: KeyTable
  readonly maxAge: number
  /** Asks for keys' rows. */
  fetch(keys: readonly string[], signal: AbortSignal): Promise<ScanTable>
}

export class PeerTables {
  readonly #options: PeerTablesOptions

  constructor(options: PeerTablesOptions) {
    this.#options = options
  }

  /** What the names of this gateway's tables begin with. */
  get ownTag(): string {
    return `g${this.#options.gateway().toString(36)}_`
  }

  /**
   * Makes the tables of gateways that have gone this one's own, so that what they have looked up outlives them.
   * @returns all that are this one's own now, under their present names
   */
  async takeOver<Table extends { readonly name: string }>(
    tables: readonly Table[],
  ): Promise<readonly Table[]> {
    const present = await presentGateways(this.#options.pool)
    const own: Table[] = []
    for (const table of tables) {
      const [, number, rest = table.name] = /^g([0-9a-z]+)_(.*)$/.exec(table.name) ?? []
      const gateway = number === undefined ? undefined : Number.parseInt(number, 36)
      if (gateway === this.#options.gateway()) own.push(table)
      else if (gateway === undefined || !present.has(gateway)) own.push(...(await this.#rename(table, rest)))
    }
    return own
  }

  /** @returns nothing where another gateway takes it over, or reads it */
  async #rename<Table extends { readonly name: string }>(table: Table, rest: string): Promise<Table[]> {
    const { pool, schema } = this.#options
    // Tables of two gateways may have the same names but for their tags.
    const name = `${this.ownTag}${rest.replace(/_[^_]*$/, '')}_${randomBytes(6).toString('hex')}`
    try {
      // Both or none: several statements in one query are one transaction.
      await pool.query(`SET LOCAL lock_timeout = ${lockTimeout};
        ALTER TABLE ${schema}."${table.name}" RENAME TO "${name}";
        ALTER TABLE ${schema}."${table.name}_keys" RENAME TO "${name}_keys"`)
      return [{ ...table, name }]
    } catch (error) {
      const code = error instanceof ServerError ? error.code : undefined
      if (gone.has(code ?? '') || code === '55P03' /* lock_not_available */) return []
      throw error
    }
  }

  /** Gets keys' rows: those that other gateways have, or are about to have, from them, and asks for the others. */
  async get(
    lookup: SharedLookup,
    keys: readonly string[],
    signal: AbortSignal,
    land: LandKeys,
  ): Promise<void> {
    const { flights } = this.#options.cache
    const filled = [...lookup.table.filled].sort()
    const ids = new Map(keys.map((key) => [key, flightId(lookup.prefix, filled, key)]))
    const idsOf = (some: readonly string[]) => some.flatMap((key) => ids.get(key) ?? [])
    let missing = keys
    while (missing.length > 0) {
      signal.throwIfAborted()
      const wanted = await this.#take(lookup, missing)
      if (wanted.length === 0) return
      const claimed = new Set<string | undefined>(await flights.claim(idsOf(wanted)))
      const own = wanted.filter((key) => claimed.has(ids.get(key)))
      const others = wanted.filter((key) => !claimed.has(ids.get(key)))
      try {
        // Some may have landed just before.
        const asked = own.length === 0 ? [] : await this.#take(lookup, own)
        if (asked.length > 0) await land(asked, await lookup.fetch(asked, signal))
      } finally {
        await flights.land(idsOf(own))
      }
      if (others.length > 0) await flights.landing(idsOf(others), signal)
      missing = others
    }
  }

  /** @returns the keys that no other gateway has */
  async #take({ prefix, table, maxAge }: SharedLookup, keys: readonly string[]): Promise<readonly string[]> {
    let missing = keys
    for (const name of await this.#tablesOf(prefix, table.filled)) {
      if (missing.length === 0) break
      try {
        missing = await table.takeFrom(name, missing, maxAge)
      } catch (error) {
        // Its gateway has dropped it, or is about to.
        if (!(error instanceof ServerError) || !gone.has(error.code ?? '')) throw error
      }
    }
    return missing
  }

  async #tablesOf(prefix: string, filled: ReadonlySet<string>): Promise<readonly string[]> {
    const { pool, schema, cache } = this.#options
    const { rows } = await pool.query<{ name: string; comment: string | null }>(
      `SELECT relname AS name, obj_description(oid, 'pg_class') AS comment FROM pg_class
        WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ $2 AND relname NOT LIKE '%\\_keys'`,
      [schema, `^g[0-9a-z]+_${prefix}_`],
    )
    return rows.flatMap(({ name, comment }) => {
      const contents = contentsOf(comment)
      const isFit =
        contents?.epoch === cache.epoch && [...filled].every((column) => contents.columns.includes(column))
      return isFit && !name.startsWith(this.ownTag) ? [name] : []
    })
  }
}

/** How long taking over a table waits for its readers, in milliseconds. */
const lockTimeout = 1_000

/** undefined_table, deadlock_detected, serialization_failure, and a rename between two statements. */
const gone: ReadonlySet<string> = new Set(['42P01', '40P01', '40001'])
