import { setMaxListeners } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Row } from '@millrace/plugin-sdk'
import type { ClientConfig, Pool, PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Logger } from 'pino'
import type { CatalogColumn } from '../catalog/virtual-table.js'
import { canceledError, DatabaseError } from '../database-error.js'
import { enginePool } from '../postgres/engine-connections.js'
import { scanTablePrefix } from '../postgres/guest/dead-gateways.js'
import type { Names } from '../postgres/names.js'
import { abortable, untilAborted } from './abortable.js'
import { begun, type CopyMeter, copyChunks, readAhead, requestsWritten } from './copy-chunks.js'
import { copyRowEncoder } from './copy-row-encoder.js'
import type { ScanTable, StagedTable } from './scan-table.js'
import {
  analyzeScanTable,
  copyIntoScanTable,
  createCombinedView,
  createScanTable,
} from './scan-table-statements.js'
import { stagingError } from './staging-error.js'
import { TableJanitor } from './table-janitor.js'
import { localPlacement, type TablePlacement } from './table-placement.js'

export interface StageRequest {
  /** All columns of the virtual table, in order. */
  readonly columns: readonly CatalogColumn[]
  /** Names of the columns that the rows fill; the others are NULL. */
  readonly filled: readonly string[]
  /** The virtual table's name, for errors. */
  readonly tableName: string
  readonly rows: AsyncIterable<readonly Row[]>
  /** Counts rows and bytes too, and may reject more of them. */
  readonly meter?: CopyMeter
  readonly signal: AbortSignal
}

export interface ScanTablesOptions {
  readonly engineConfig: ClientConfig
  readonly names: Names
  readonly log: Logger
  /** The most scans that are written side by side. Default is 16. */
  readonly connections?: number
  /** This gateway's number, where others work in the database too. */
  readonly gateway?: (() => number | undefined) | undefined
  /** Where the tables' rows lie. Default is in PostgreSQL itself. */
  readonly placement?: TablePlacement
}

/**
 * While half of the connections are taken, a scan takes one only when it is complete or has this many bytes to write,
 * so that small scans, however long their APIs take, never keep others waiting.
 */
const readAheadBytes = 1024 * 1024

/** The number of rows from which a scan table is analyzed. */
const analyzeRows = 1000

/** The last id, counted for the whole process, so that a name never occurs twice in the gateway's life. */
let lastId = 0

/** Makes and drops the tables that hold the rows of scans. There is one for the engine. */
export class ScanTables {
  readonly #schema: string
  readonly #pool: Pool
  readonly #janitor: TableJanitor
  readonly #placement: TablePlacement
  readonly #gateway: () => number | undefined
  readonly #active = new Map<AbortController, Promise<unknown>>()
  readonly #live = new Set<string>()
  #stopped: Promise<void> | undefined

  constructor({
    engineConfig,
    names,
    log,
    gateway = () => undefined,
    connections = 16,
    placement = localPlacement,
  }: ScanTablesOptions) {
    this.#gateway = gateway
    this.#placement = placement
    this.#schema = names.scanSchema
    // A crash of the machine loses only scan tables, which do not outlive it anyway.
    const settings = { synchronous_commit: 'off' }
    this.#pool = enginePool(engineConfig, { max: connections, purpose: 'staging', settings, log })
    this.#janitor = new TableJanitor(engineConfig, log)
  }

  /**
   * Writes the rows into a new table, as they come. If that fails, nothing is left of it.
   * @throws DatabaseError; 57014 when the signal is aborted
   */
  async stage(request: StageRequest): Promise<StagedTable> {
    if (this.#stopped !== undefined) throw shutdownError()
    if (request.signal.aborted) throw canceledError()
    const controller = new AbortController()
    const onAbort = () => controller.abort(canceledError())
    setMaxListeners(0, request.signal) // a statement's scans all listen to the same one
    request.signal.addEventListener('abort', onAbort, { once: true })
    const staging = this.#stage(request, controller)
    this.#active.set(
      controller,
      staging.catch(() => {}),
    )
    try {
      return await staging
    } catch (error) {
      throw stagingError(error, request.tableName)
    } finally {
      this.#active.delete(controller)
      request.signal.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Combines the rows of several scan tables without copying them. They must outlive the result.
   * @param reader the one role that may read them, beside those that may read all scan tables
   * @throws DatabaseError; 57014 when the signal is aborted
   */
  async combine(
    tableName: string,
    parts: readonly { readonly table: ScanTable; readonly condition: string | undefined }[],
    signal: AbortSignal,
    reader?: string,
  ): Promise<ScanTable> {
    if (this.#stopped !== undefined) throw shutdownError()
    if (signal.aborted) throw canceledError()
    const name = this.#newName()
    const qualifiedName = `${this.#schema}.${name}`
    const counted = parts.map(({ table, condition }) => ({ qualifiedName: table.qualifiedName, condition }))
    const client = await this.#connect(signal)
    let oid: number
    try {
      oid = await create(client, createCombinedView(qualifiedName, counted, reader), qualifiedName)
      client.release()
    } catch (error) {
      client.release(true)
      throw stagingError(error, tableName)
    }
    let isLive = true
    return {
      name,
      qualifiedName,
      oid,
      rowCount: parts.reduce((sum, { table }) => sum + table.rowCount, 0),
      missing: parts.flatMap(({ table }) => table.missing),
      release: () => {
        if (isLive) this.#janitor.drop(qualifiedName, 'VIEW')
        isLive = false
      },
    }
  }

  /**
   * Makes a view over a scan table of another gateway, which is not dropped as long as that is there.
   * @throws DatabaseError; 42P01 where it is gone
   */
  readPeer(tableName: string, name: string): Promise<ScanTable> {
    const table = { name, qualifiedName: `${this.#schema}.${name}`, oid: 0, rowCount: 0, missing: [] }
    const part = { table: { ...table, release: () => {} }, condition: undefined }
    return this.combine(tableName, [part], new AbortController().signal)
  }

  #newName(): string {
    return `${scanTablePrefix(this.#gateway())}${++lastId}`
  }

  /** Ends what is being staged, drops all scan tables, and closes the connections. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    for (const controller of this.#active.keys()) controller.abort(shutdownError())
    await Promise.all(this.#active.values())
    for (const name of this.#live) this.#janitor.drop(name)
    await this.#janitor.stop()
    await this.#pool.end()
  }

  async #stage(
    { columns, filled, tableName, rows, meter }: StageRequest,
    controller: AbortController,
  ): Promise<StagedTable> {
    const { signal } = controller
    const name = this.#newName()
    const qualifiedName = `${this.#schema}.${name}`
    const written = writtenColumns(columns, filled)
    const tally = new Tally(meter)
    const encode = copyRowEncoder(written, tableName)
    const chunks = copyChunks(untilAborted(rows, signal), encode, tally)
    const source = this.#hasRoom ? begun(chunks) : await readAhead(chunks, readAheadBytes)
    const writtenNames = written.map((column) => column.name)
    let oid: number
    try {
      oid = await this.#inTransaction(controller, async (client) => {
        await requestsWritten()
        const created = await create(
          client,
          `BEGIN; ${createScanTable(qualifiedName, columns)}`,
          qualifiedName,
        )
        const copy = client.query(copyFrom(copyIntoScanTable(qualifiedName, writtenNames)))
        // The source may be waiting for its API; the pipeline ends only when it does.
        copy.once('error', (error) => controller.abort(error))
        await pipeline(Readable.from(source), copy)
        const { rows: rowCount } = tally
        const isAnalyzed = rowCount >= analyzeRows
        if (isAnalyzed) await client.query(analyzeScanTable(qualifiedName, writtenNames))
        await this.#placement.place(client, { schema: this.#schema, name, rowCount, isAnalyzed })
        return created
      })
    } catch (error) {
      // The API may still be asked.
      controller.abort(error)
      await Promise.all([source.return(), chunks.return()])
      throw error
    }
    this.#live.add(qualifiedName)
    return {
      name,
      qualifiedName,
      oid,
      rowCount: tally.rows,
      missing: [],
      measure: () => this.#measure(oid),
      release: () => {
        if (this.#live.delete(qualifiedName)) this.#janitor.drop(qualifiedName)
      },
    }
  }

  async #measure(oid: number): Promise<number> {
    const { rows } = await this.#pool.query<{ bytes: number | null }>(
      `SELECT (${this.#placement.size})::float8 AS bytes`,
      [oid],
    )
    return rows[0]?.bytes ?? 0
  }

  /** Whether a scan may hold a connection while it waits for its API, so that COPY is ready when rows come. */
  get #hasRoom(): boolean {
    const { totalCount, idleCount, waitingCount, options } = this.#pool
    return totalCount - idleCount + waitingCount < (options.max ?? 0) / 2
  }

  /** @param controller aborted if the connection is lost; whatever the work waits for then ends */
  async #inTransaction<Result>(
    controller: AbortController,
    work: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#connect(controller.signal)
    let lost: Error | undefined
    const onError = (error: Error) => {
      lost = error
      controller.abort(error)
    }
    client.on('error', onError)
    try {
      const result = await work(client)
      await client.query('COMMIT')
      client.off('error', onError)
      client.release(lost)
      return result
    } catch (error) {
      // Closing the connection ends a COPY at once, in whatever state it is, and rolls back. Its messages until then
      // go to our listener, which therefore stays.
      client.release(true)
      throw error
    }
  }

  /** Waits in line for a connection. One that comes too late goes to the next in line. */
  async #connect(signal: AbortSignal): Promise<PoolClient> {
    const connecting = this.#pool.connect()
    try {
      return await abortable(connecting, signal)
    } catch (error) {
      connecting.then(
        (client) => client.release(),
        () => {}, // thrown above, unless the signal came first
      )
      throw error
    }
  }
}

/** The columns of the lines that are written: COPY wants one even where only the number of rows matters. */
export function writtenColumns(
  columns: readonly CatalogColumn[],
  filled: readonly string[],
): readonly CatalogColumn[] {
  const named = columns.filter((column) => filled.includes(column.name))
  return named.length > 0 ? named : columns.slice(0, 1)
}

/** Counts rows for itself, and passes rows and bytes on to another meter. */
class Tally implements CopyMeter {
  rows = 0
  readonly #other: CopyMeter | undefined

  constructor(other: CopyMeter | undefined) {
    this.#other = other
  }

  addRows(count: number): void {
    this.rows += count
    this.#other?.addRows(count)
  }

  addBytes(count: number): void {
    this.#other?.addBytes(count)
  }
}

/** @returns the OID of the new relation */
async function create(client: PoolClient, statement: string, qualifiedName: string): Promise<number> {
  // One round trip; pg's types do not know that several statements give several results.
  const results: unknown = await client.query(`${statement}; SELECT '${qualifiedName}'::regclass::oid AS oid`)
  const last: unknown = Array.isArray(results) ? results.at(-1) : undefined
  const oid =
    last instanceof Object && 'rows' in last && Array.isArray(last.rows) ? last.rows[0]?.oid : undefined
  if (typeof oid !== 'number') throw new Error('PostgreSQL has not told the OID of a scan table')
  return oid
}

function shutdownError(): DatabaseError {
  return new DatabaseError('terminating connection due to administrator command', { sqlState: '57P01' })
}
