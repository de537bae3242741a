/** Runs a caller's statement, and bounds what comes of it. */
import { DatabaseError } from 'pg'
import { readResult } from '../client/result-cursor.js'
import type { Column, Row } from '../output/column.js'
import { distinctNames } from '../output/distinct-names.js'
import { jsonValue } from '../output/json-value.js'
import { noticeReport } from '../query/error-report.js'
import { CallRecord } from '../query/timing.js'
import { type Ceilings, longestResult, longestValue } from './ceilings.js'
import type { ReaderSession } from './reader-session.js'

export interface StatementResult {
  readonly columns: readonly string[]
  /** JSON objects, in text. */
  readonly rows: readonly string[]
  /** What is not among the rows, in words; empty where all is there. */
  readonly leftOut: readonly string[]
  /** Calls to APIs that were made; undefined where no virtual table was read, or where that is not known. */
  readonly calls: number | undefined
  readonly notices: readonly string[]
}

/** @throws what PostgreSQL says, or Error in words for the caller */
export async function runStatement(
  session: ReaderSession,
  sql: string,
  { rows: mostRows }: Ceilings,
): Promise<StatementResult> {
  const { client } = session
  const rows: string[] = []
  const leftOut = new Set<string>()
  let columns: readonly Column[] = []
  let names: readonly string[] = []
  let length = 0
  try {
    const record = await CallRecord.open(client)
    reading: for await (const batch of readResult(client, sql, [], 100)) {
      columns = batch.fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }))
      names = distinctNames(columns)
      for (const row of batch.rows) {
        if (rows.length >= mostRows) {
          leftOut.add(`rows after the first ${mostRows}: there are more`)
          break reading
        }
        const text = objectOf(row, columns, names, leftOut)
        length += text.length
        if (length > longestResult) {
          leftOut.add(
            `rows after the first ${rows.length}: together they have more than ${longestResult} characters`,
          )
          break reading
        }
        rows.push(text)
      }
    }
    const calls = await record?.ofLast().catch(() => undefined)
    const notices = session.notices.map((notice) => noticeReport(notice).trim())
    return { columns: names, rows, leftOut: [...leftOut], calls: calls?.calls, notices }
  } catch (error) {
    if (session.ended !== undefined) throw new Error(session.ended, { cause: error })
    throw error
  }
}

function objectOf(
  row: Row,
  columns: readonly Column[],
  names: readonly string[],
  leftOut: Set<string>,
): string {
  const members = row.map((value, index) => {
    const name = names[index] ?? ''
    const isLong = value !== null && value.length > longestValue
    if (isLong) leftOut.add(`of long values in ${name}, what is behind the first ${longestValue} characters`)
    const shown = isLong
      ? JSON.stringify(`${value.slice(0, longestValue)}…`)
      : jsonValue(value, columns[index]?.type ?? 0)
    return `${JSON.stringify(name)}:${shown}`
  })
  return `{${members.join(',')}}`
}

/** What went wrong, in lines, cut to what a caller can use. */
export function failureText(error: unknown): string {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error.message : String(error)
  const { code, message, detail, hint } = error
  return [`${message} (SQLSTATE ${code})`, detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`]
    .filter(Boolean)
    .join('\n')
    .slice(0, longestValue * 2)
}
