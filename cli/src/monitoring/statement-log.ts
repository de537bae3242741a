/** Logs a line for each statement of a client that has ended. */
import type { EndedStatement, StatementObserver } from '@millrace/server/session/statement-watch'
import { withoutLiterals } from '@millrace/sql-engine/parse/without-literals'
import type { Logger } from 'pino'

/** The lines are written whatever level the log has: they have been asked for. */
export function statementLog(log: Logger): StatementObserver {
  const lines = log.child({}, { level: 'info' })
  return {
    wantsTexts: true,
    ended({ text, user, milliseconds, rows, calls, sqlState }: EndedStatement) {
      const statement = text === undefined ? undefined : withoutLiterals(text)
      const duration_ms = Math.round(milliseconds * 1000) / 1000
      lines.info({ statement, user, duration_ms, rows, calls, sqlstate: sqlState }, 'statement')
    },
  }
}
