/** How a failure looks on the terminal. */
import { DatabaseError } from '@millrace/sql-engine/database-error'
import { type ExitCode, UserError } from './user-error.js'

export interface Failure {
  /** The failure in one line, without the command's name. */
  readonly line: string
  readonly exitCode: ExitCode
}

/** Describes a failure in one line, with what can be done about it where that is known. */
export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { line: oneLine([error.message]), exitCode: error.exitCode }
  if (error instanceof DatabaseError) {
    const exitCode = error.sqlState === configurationFile ? 2 : 1
    return { line: oneLine([error.message, error.detail, error.hint]), exitCode }
  }
  return { line: oneLine([error instanceof Error ? error.message : String(error)]), exitCode: 1 }
}

/** config_file_error: the engine reports it for connections' names and settings. */
const configurationFile = 'F0000'

function oneLine(parts: readonly (string | undefined)[]): string {
  const texts = parts.flatMap((part) => (part ? [part.trim().replace(/\s*\n\s*/g, ' | ')] : []))
  return texts.map((text, index) => (index < texts.length - 1 ? withStop(text) : text)).join(' ')
}

function withStop(text: string): string {
  return /[.!?:;]$/.test(text) ? text : `${text}.`
}
