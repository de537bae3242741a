/** What PostgreSQL writes to its log, line by line. */
import { clientRole } from './names.js'

/**
 * For the setting `log_line_prefix`: the kind of process, and the role of a session. The kind comes first, so that
 * nothing that a client can choose is taken for it.
 */
export const logLinePrefix = '%b|%u|'

export interface LogLine {
  /** Such as "postmaster" or "client backend": pg_stat_activity's backend_type. */
  readonly process: string
  readonly role: string
  /** Such as "WARNING"; empty where the line goes on with an earlier one. */
  readonly severity: string
  /** Without the prefix. */
  readonly text: string
}

export function readLogLine(line: string): LogLine {
  const [, process = '', role = '', text = line] = /^([a-z ]+)\|([^|]*)\|(.*)$/.exec(line) ?? []
  return { process, role, severity: /^([A-Z]+): {2}/.exec(text)?.[1] ?? '', text }
}

/** Errors and warnings that statements caused are their clients' matter, so they are not ours to warn of. */
export function levelOf({ role, severity }: LogLine): 'error' | 'warn' | 'debug' {
  if (severity === 'PANIC') return 'error'
  return severity === 'WARNING' && role !== clientRole ? 'warn' : 'debug'
}

export function isReady({ process, text }: LogLine): boolean {
  return process === 'postmaster' && text.includes('database system is ready to accept connections')
}

/** https://www.postgresql.org/docs/18/server-shutdown.html: SIGTERM; no client is let in until the last one goes. */
export function isSmartShutdown({ process, text }: LogLine): boolean {
  return process === 'postmaster' && text.includes('received smart shutdown request')
}
