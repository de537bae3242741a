/** What PostgreSQL writes to its log, line by line. */
import { clientRole } from './names.js'

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
}

export function readLogLine(line: string): LogLine {
  const [, process = '', role = '', text = line] = /^([a-z ]+)\|([^|]*)\|(.*)$/.exec(line) ?? []
  return { process, role, severity: /^([A-Z]+): {2}/.exec(text)?.[1] ?? '', text }
}

/**
 * The level for a line. Errors and warnings that statements caused are their clients' concern, so they are not
 * warnings here.
 */
export function levelOf({ role, severity }: LogLine): 'error' | 'warn' | 'debug' {
  if (severity === 'PANIC') return 'error'
  return severity === 'WARNING' && role !== clientRole ? 'warn' : 'debug'
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
