/** What PostgreSQL writes to its log, line by line. */
import { engineRole } from './names.js'

/**
 * The setting `log_line_prefix`: the kind of process, and the role of a session. The kind comes first, so that
 * nothing that a client can choose is taken for it.
 */
export const logLinePrefix = '%b|%u|'

export interface LogLine {
  /** The kind of process, such as "postmaster" or "client backend": pg_stat_activity's backend_type. */
  readonly process: string
  readonly role: string
  /** The severity, such as "WARNING"; empty where the line continues an earlier one. */
  readonly severity: string
  /** The text without the prefix. */
  readonly text: string
  /** Whether somebody's statement, or a value of it, may stand in it. */
  readonly mayQuote: boolean
}

/** @returns reads lines, one after the other: how one that continues another is taken depends on that */
export function logLineReader(): (line: string) => LogLine {
  let last: LogLine | undefined
  return (line) => {
    const [, process = '', role = '', text] = /^([a-z ]+)\|([^|]*)\|(.*)$/.exec(line) ?? []
    if (text === undefined) {
      return { process: '', role: '', severity: '', text: line, mayQuote: last?.mayQuote ?? false }
    }
    const severity = /^([A-Z]+): {2}/.exec(text)?.[1] ?? ''
    last = { process, role, severity, text, mayQuote: mayQuote(role, severity, text) }
    return last
  }
}

/** What the engine's own sessions say of themselves, without what their statements were about. */
const plainSeverities: ReadonlySet<string> = new Set(['LOG', 'WARNING', 'FATAL'])

/** What the postmaster tells of a process that has crashed. */
const failedProcess = 'DETAIL:  Failed process was running: '

function mayQuote(role: string, severity: string, text: string): boolean {
  if (text.startsWith(failedProcess)) return true
  if (role === '' || severity === 'PANIC') return false
  return role !== engineRole || !plainSeverities.has(severity)
}

/** The level for a line that quotes nothing. */
export function levelOf({ severity }: LogLine): 'error' | 'warn' | 'debug' {
  return severity === 'PANIC' ? 'error' : severity === 'WARNING' ? 'warn' : 'debug'
}

export function isReady({ process, text }: LogLine): boolean {
  return process === 'postmaster' && text.includes('database system is ready to accept connections')
}

/**
 * Whether the server was asked to stop by SIGTERM, after which no client is let in until the last one goes:
 * https://www.postgresql.org/docs/18/server-shutdown.html
 */
export function isSmartShutdown({ process, text }: LogLine): boolean {
  return process === 'postmaster' && text.includes('received smart shutdown request')
}
