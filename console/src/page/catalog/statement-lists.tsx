/** Statements that are a click away: examples, and those that have been run. */
import type { Example } from '../../protocol/messages.js'
import { counted } from '../run/format.js'
import type { RecentStatement } from '../tabs/recent.js'

interface ExamplesProps {
  readonly examples: readonly Example[]
  readonly onOpen: (sql: string, title: string) => void
}

export function Examples({ examples, onOpen }: ExamplesProps) {
  return (
    <ul class="statements">
      {examples.map(({ title, sql }) => (
        <li key={title}>
          <button type="button" onClick={() => onOpen(sql, title)}>
            <span class="statement-title">{title}</span>
            <span class="statement-sql mono">{firstLines(sql)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

interface RecentProps {
  readonly recent: readonly RecentStatement[]
  readonly onOpen: (sql: string) => void
}

const times = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

export function Recent({ recent, onOpen }: RecentProps) {
  if (recent.length === 0) return <p class="quiet pad">Statements that you run are listed here.</p>
  return (
    <ul class="statements">
      {recent.map(({ sql, at, calls, rows, failed }) => (
        <li key={`${at}`}>
          <button type="button" onClick={() => onOpen(sql)}>
            <span class="statement-sql mono">{firstLines(sql)}</span>
            <span class="quiet">
              {times.format(at)}, {failed ? 'failed' : counted(rows, 'row')}, {counted(calls, 'call')}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function firstLines(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 140)
}
