/** Runs a page's statement, and tells what happens meanwhile. */
import type { Row, RunEvent } from '../protocol/messages.js'
import type { DatabaseColumn, DatabaseSession } from './database.js'
import { cursorName, type HeldResults } from './held-results.js'
import { reportOf } from './reports.js'
import { withTypes } from './result-types.js'
import { readScanRecords } from './scan-records.js'

/** Rows that a page gets at once; where there are more, it asks for those that it shows. */
export const sentRows = 1_000

/** Rows that are sent in one event. */
const batchRows = 200

/** Rows that are counted at once, and the most that are: as many as a scroll bar can lead to with some use. */
const countedAtOnce = 100_000
const mostCounted = 5_000_000

export interface Running {
  readonly session: DatabaseSession
  readonly results: HeldResults
  /** Whether the session may write, and so has begun no transaction. */
  readonly writes: boolean
  readonly emit: (event: RunEvent) => void
  /** Aborted when nobody wants the result any more. */
  readonly signal: AbortSignal
}

/** Statements that a cursor can be declared for: https://www.postgresql.org/docs/18/sql-declare.html */
const query = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:select|values|table|with|\()/i

/** Those of them that may write, for which none can be. */
const writing = /\b(?:insert|update|delete|merge|into|share)\b/i

/** Ends the session, unless a result is held in it. Never rejects: what goes wrong is the last event. */
export async function runStatement(sql: string, running: Running): Promise<void> {
  const { session, signal } = running
  const abort = () => session.cancel()
  signal.addEventListener('abort', abort, { once: true })
  const isQuery = query.test(sql) && !writing.test(sql)
  const prefix = isQuery ? `declare ${cursorName} scroll cursor for ` : ''
  const start = performance.now()
  let isHeld = false
  try {
    if (signal.aborted) return
    if (isQuery) isHeld = await runQuery(`${prefix}${sql}`, running, start)
    else await runOther(sql, running, start)
  } catch (error) {
    const milliseconds = performance.now() - start
    running.emit({
      kind: 'failed',
      report: reportOf(error, `${prefix}${sql}`, prefix),
      milliseconds,
      scans: signal.aborted ? [] : await recordsAfterFailure(session),
    })
  } finally {
    signal.removeEventListener('abort', abort)
    if (!isHeld) await session.end()
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

/** @returns whether the session stays, with the cursor */
async function runQuery(declare: string, running: Running, start: number): Promise<boolean> {
  const { session, results, writes, emit, signal } = running
  // A cursor needs a transaction.
  if (writes) await session.command('begin transaction read only')
  await session.command(declare)
  const { columns, sent } = await sendRows(running, `fetch forward ${sentRows} from ${cursorName}`, sentRows)
  let rows = sent
  let isCut = false
  if (sent === sentRows) {
    for (;;) {
      const counted = await session.command(`move forward ${countedAtOnce} in ${cursorName}`)
      rows += counted
      if (counted > 0) emit({ kind: 'counted', rows })
      if (counted < countedAtOnce) break
      isCut = rows >= mostCounted
      if (isCut) break
    }
  }
  const scans = await readScanRecords(session)
  const isHeld = rows > sent && !signal.aborted
  const result = isHeld ? results.add(session, columns) : undefined
  emit({ kind: 'ended', rows, isCut, result, milliseconds: performance.now() - start, scans })
  return isHeld
}

async function runOther(sql: string, running: Running, start: number): Promise<void> {
  const { session, emit } = running
  const { sent, isCut } = await sendRows(running, sql, sentRows * 10)
  const scans = await readScanRecords(session)
  emit({
    kind: 'ended',
    rows: sent,
    isCut,
    result: undefined,
    milliseconds: performance.now() - start,
    scans,
  })
}

interface Sent {
  readonly columns: readonly DatabaseColumn[]
  readonly sent: number
  /** Whether there may be more rows, which have not been read. */
  readonly isCut: boolean
}

/** The first batch waits for the names of the columns' types, which are asked for behind it. */
async function sendRows({ session, emit }: Running, text: string, most: number): Promise<Sent> {
  let columns: readonly DatabaseColumn[] = []
  const batches: (readonly Row[])[] = []
  let sent = 0
  let isCut = false
  for await (const batch of session.read(text, [], batchRows)) {
    columns = batch.columns
    if (sent + batch.rows.length > most) {
      isCut = true
      break
    }
    sent += batch.rows.length
    if (batch.rows.length > 0) batches.push(batch.rows)
  }
  emit({ kind: 'columns', columns: await withTypes(session, columns) })
  for (const rows of batches) emit({ kind: 'rows', rows })
  return { columns, sent, isCut }
}
