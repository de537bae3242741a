/** Runs a page's statement, and tells what happens meanwhile. */
import { partRows, type RunEvent } from '../protocol/messages.js'
import type { DatabaseColumn, DatabaseSession } from './database.js'
import type { HeldResults } from './held-results.js'
import { reportOf } from './reports.js'
import { readScanRecords } from './scan-records.js'
import { Spool } from './spool.js'
import type { TypeNames } from './type-names.js'

/** Rows that a page gets at once; where there are more, it asks for those that it shows. */
const sentRows = partRows * 5

/** Where a result is cut. */
export interface ResultLimits {
  readonly rows: number
  readonly bytes: number
}

/** As many rows as a scroll bar can lead to with some use, and what a disk bears. */
const usualLimits: ResultLimits = { rows: 5_000_000, bytes: 2 * 1024 ** 3 }

/** The time between two events of counted rows, in milliseconds. */
const countingPause = 200

export interface Running {
  readonly session: DatabaseSession
  readonly results: HeldResults
  readonly types: TypeNames
  readonly emit: (event: RunEvent) => void
  readonly limits?: ResultLimits
  /** Aborted when nobody wants the result any more. */
  readonly signal: AbortSignal
}

/** Ends the session. Never rejects: what goes wrong is the last event. */
export async function runStatement(sql: string, running: Running): Promise<void> {
  const { session, emit, signal } = running
  const abort = () => session.cancel()
  signal.addEventListener('abort', abort, { once: true })
  const start = performance.now()
  const read = new ResultReader(running)
  try {
    if (signal.aborted) return
    await read.all(sql)
    const scans = await readScanRecords(session)
    emit({ kind: 'ended', ...read.held(), milliseconds: performance.now() - start, scans })
  } catch (error) {
    await read.abandon()
    emit({
      kind: 'failed',
      report: reportOf(error, sql),
      milliseconds: performance.now() - start,
      scans: signal.aborted ? [] : await recordsAfterFailure(session),
    })
  } finally {
    signal.removeEventListener('abort', abort)
    await session.end()
  }
}

async function recordsAfterFailure(session: DatabaseSession) {
  try {
    await session.command('rollback')
    return await readScanRecords(session)
  } catch {
    // The session is gone, and what it knew.
    return []
  }
}

/** Reads a result: its first rows go to the page, and all of it into a file where there are more. */
class ResultReader {
  readonly #running: Running
  #spool: Spool | undefined
  #rows = 0
  #isCut = false
  #lastCount = performance.now()

  constructor(running: Running) {
    this.#running = running
  }

  async all(sql: string): Promise<void> {
    const { session, signal } = this.#running
    let isFirst = true
    for await (const { columns, rows } of session.read(sql, [], partRows)) {
      if (isFirst) await this.#begin(columns)
      isFirst = false
      if (rows.length > 0) await this.#take(columns, rows)
      if (this.#isCut || signal.aborted) break
    }
    signal.throwIfAborted()
    await this.#spool?.finish()
  }

  /** Whoever wants the result can have it from now on. */
  held() {
    const spool = this.#rows > sentRows ? this.#spool : undefined
    if (spool === undefined) void this.#spool?.close()
    const result = spool === undefined ? undefined : this.#running.results.add(spool)
    return { rows: this.#rows, isCut: this.#isCut, result }
  }

  async abandon(): Promise<void> {
    await this.#spool?.close()
  }

  async #begin(columns: readonly DatabaseColumn[]): Promise<void> {
    const { types, emit } = this.#running
    emit({ kind: 'columns', columns: await types.of(columns) })
  }

  async #take(
    columns: readonly DatabaseColumn[],
    rows: readonly (readonly (string | null)[])[],
  ): Promise<void> {
    const { emit, limits = usualLimits } = this.#running
    const room = sentRows - this.#rows
    if (room > 0) emit({ kind: 'rows', rows: rows.slice(0, room) })
    this.#rows += rows.length
    this.#spool ??= await Spool.create(columns)
    await this.#spool.add(rows)
    const now = performance.now()
    if (this.#rows > sentRows && now - this.#lastCount >= countingPause) {
      this.#lastCount = now
      emit({ kind: 'counted', rows: this.#rows })
    }
    this.#isCut = this.#rows >= limits.rows || this.#spool.bytes >= limits.bytes
  }
}
