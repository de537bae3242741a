import { setTimeout as delay } from 'node:timers/promises'
import { type ClientConfig, type Pool, DatabaseError as ServerError } from 'pg'
import type { Logger } from 'pino'
import { enginePool } from '../postgres/engine-connections.js'

/** How long tables gather before they are dropped together, in milliseconds. */
const gatherTime = 50
/** The most tables in one statement; each takes up to three locks. */
const batchSize = 100
/** Pauses before a table that is still being read, or a lost engine, is tried again; the last is repeated. */
const pauses = [250, 1_000, 5_000, 30_000]
/** Pauses before a table that another gateway has still read at the end is tried again: it soon drops the view by which it has. */
const lastPauses = [2 * gatherTime, 4 * gatherTime]
/** How long a DROP waits for a reader, in milliseconds. Statements that come after it wait as long. */
const lockTimeout = 20

export type RelationKind = 'TABLE' | 'VIEW'

/**
 * Drops scan tables in the background. A table that a client's open transaction has read cannot be dropped until that
 * ends; it is tried again later. Tables that are left at the end are dropped at the next start.
 */
export class TableJanitor {
  readonly #pool: Pool
  readonly #log: Logger
  readonly #kinds = new Map<string, RelationKind>()
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #sweep: Promise<void> | undefined
  #stopping = false

  constructor(engineConfig: ClientConfig, log: Logger) {
    this.#log = log
    const settings = { lock_timeout: String(lockTimeout) }
    this.#pool = enginePool(engineConfig, { max: 1, purpose: 'dropping tables', settings, log })
  }

  /** The number of tables still to be dropped. */
  get pending(): number {
    return this.#kinds.size
  }

  /** Whether a table, or view, is still to be dropped. */
  has(qualifiedName: string): boolean {
    return this.#kinds.has(qualifiedName)
  }

  /** Drops a table soon, or a view over tables, before which it must go. Returns at once. */
  drop(qualifiedName: string, kind: RelationKind = 'TABLE'): void {
    this.#kinds.set(qualifiedName, kind)
    this.#failures = 0
    if (this.#sweep === undefined) this.#schedule(gatherTime)
  }

  /** Tries a few times more to drop what is left, and closes the connection. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    await this.#sweep
    let isReached = await this.#dropAll()
    for (const pause of lastPauses) {
      if (this.#kinds.size === 0 || !isReached) break
      await delay(pause)
      isReached = await this.#dropAll()
    }
    await this.#pool.end()
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer)
    if (this.#stopping) return
    this.#timer = setTimeout(() => {
      this.#sweep = this.#dropAll().then(() => {
        this.#sweep = undefined
        if (this.#kinds.size === 0) return
        this.#schedule(pauses[Math.min(this.#failures++, pauses.length - 1)] ?? gatherTime)
      })
    }, milliseconds)
  }

  /** Drops what it can. Never rejects; what could not be dropped stays in the set. @returns whether PostgreSQL is there */
  async #dropAll(): Promise<boolean> {
    try {
      for (const kind of ['VIEW', 'TABLE'] as const) {
        const names = [...this.#kinds.keys()].filter((name) => this.#kinds.get(name) === kind)
        for (let start = 0; start < names.length; start += batchSize) {
          const batch = names.slice(start, start + batchSize)
          if (await this.#dropRelations(kind, batch)) continue
          // One of them is being read; the others need not wait for it.
          for (const name of batch) await this.#dropRelations(kind, [name])
        }
      }
      return true
    } catch (error) {
      this.#log.debug({ err: error, tables: this.#kinds.size }, 'scan tables could not be dropped yet')
      return false
    }
  }

  /** @returns false when a lock stands in the way, or a view by which another gateway reads one of them */
  async #dropRelations(kind: RelationKind, names: readonly string[]): Promise<boolean> {
    const drop = `DROP ${kind} IF EXISTS ${names.join(', ')}`
    try {
      await this.#pool.query(drop)
    } catch (error) {
      const code = error instanceof ServerError ? error.code : undefined
      if (code === '55P03' /* lock_not_available */) return false
      if (code !== '2BP01' /* dependent_objects_still_exist */) throw error
      const { rowCount } = await this.#pool.query(readByOurViews, [names])
      if (rowCount !== 0) return false
      // What a user has made of a scan table goes with it.
      await this.#pool.query(`${drop} CASCADE`)
    }
    for (const name of names) this.#kinds.delete(name)
    return true
  }
}

/** Views in the schema of a relation of $1 that read it. */
const readByOurViews = `
  SELECT FROM unnest($1::text[]) AS name, pg_class AS relation, pg_depend AS dependency, pg_rewrite AS rule, pg_class AS reader
   WHERE relation.oid = to_regclass(name) AND refclassid = 'pg_class'::regclass AND refobjid = relation.oid
     AND classid = 'pg_rewrite'::regclass AND rule.oid = objid AND reader.oid = ev_class
     AND reader.oid <> relation.oid AND reader.relnamespace = relation.relnamespace
   LIMIT 1`
