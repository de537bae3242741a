/** Errors and notices as psql shows them. */
import { DatabaseError } from 'pg'
import type { Notice } from '../client/session.js'
import { readable } from '../output/column.js'
import { textWidth } from '../output/text-width.js'

export interface Place {
  /** The whole text that the statement stands in. */
  readonly sql: string
  readonly file: string | undefined
  /** Of the statement in the text, in UTF-16 units. */
  readonly start: number
  /** From an error's place in what was sent to the place in the statement. */
  readonly originalPlace: (place: number) => number
  /** What was sent. */
  readonly sent: string
}

/**
 * An error with all that the server said of it, on lines of their own.
 * @param hint of ours, where the server has none
 */
export function errorReport(error: unknown, place: Place, hint?: string): string {
  const where = place.file === undefined ? '' : `${place.file}:${lineNumber(place)}: `
  if (!(error instanceof DatabaseError)) {
    return `${where}ERROR:  ${readable(error instanceof Error ? error.message : String(error))}\n`
  }
  const { severity, message, detail, position, where: context } = error
  return [
    `${where}${severity ?? 'ERROR'}:  ${readable(message)}\n`,
    position === undefined ? '' : pointer(place, Number(position)),
    more('DETAIL', detail),
    more('HINT', error.hint ?? hint),
    more('CONTEXT', context),
  ].join('')
}

export function noticeReport({ severity, message, detail, hint }: Notice): string {
  return `${severity ?? 'NOTICE'}:  ${readable(message)}\n${more('DETAIL', detail)}${more('HINT', hint)}`
}

function more(title: string, text: string | undefined): string {
  return text === undefined || text === '' ? '' : `${title}:  ${readable(text)}\n`
}

function lineNumber({ sql, start }: Place): number {
  return sql.slice(0, start).split('\n').length
}

/** Characters of a long line that are shown on either side of the place. */
const shown = 60

/** The line of the statement that the error points at, and a caret below the place. */
function pointer(place: Place, position: number): string {
  const { sql, start, sent, originalPlace } = place
  // PostgreSQL counts characters from 1 on; JavaScript counts UTF-16 units.
  const sentPlace = [...sent].slice(0, position - 1).join('').length
  const at = Math.min(start + originalPlace(sentPlace), sql.length)
  const statement = sql.slice(start)
  const lineStart = sql.lastIndexOf('\n', at - 1) + 1
  const from = Math.max(lineStart, start)
  const end = sql.indexOf('\n', at)
  const line = sql.slice(from, end < 0 ? sql.length : end).replace(/\s+$/, '')
  const column = Math.min(at - from, line.length)
  const cutBefore = column > shown ? column - shown : 0
  const cutAfter = line.length - column > shown ? column + shown : line.length
  const excerpt = `${cutBefore > 0 ? '...' : ''}${line.slice(cutBefore, cutAfter)}${cutAfter < line.length ? '...' : ''}`
  const number = statement.slice(0, at - start).split('\n').length
  const head = `LINE ${number}: `
  const before = line.slice(cutBefore, column)
  const blank = head.length + (cutBefore > 0 ? 3 : 0) + textWidth(before)
  return `${head}${readable(excerpt).replaceAll('\\t', ' ')}\n${' '.repeat(blank)}^\n`
}
