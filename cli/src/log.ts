/** The process's log: JSON lines on standard error, or in a file. */
import { type LevelWithSilent, type Logger, type LoggerOptions, pino } from 'pino'
import { boundedLine } from './log-line.js'
import { type RotatingFileOptions, rotatingFile } from './rotating-file.js'

/** @param level the lowest that is logged */
export function createLog(level: LevelWithSilent): Logger {
  return pino(optionsOf(level), standardError())
}

/** A log that goes on in a file once the settings say where. */
export interface MovableLog {
  readonly log: Logger
  /** @throws NodeJS.ErrnoException where the file cannot be written */
  moveToFile(options: RotatingFileOptions): void
}

/** @param level the lowest that is logged */
export function createMovableLog(level: LevelWithSilent): MovableLog {
  let destination = standardError()
  const log = pino(optionsOf(level), { write: (line: string) => destination.write(line) })
  return {
    log,
    moveToFile: (options) => {
      destination = rotatingFile(options)
    },
  }
}

function optionsOf(level: LevelWithSilent): LoggerOptions {
  return { level, name: 'millrace', hooks: { streamWrite: boundedLine } }
}

function standardError() {
  // Written at once, so that nothing is lost when the process ends.
  const destination = pino.destination({ fd: process.stderr.fd, sync: true })
  // The terminal may have been closed, or the disk may be full: the server goes on.
  destination.on('error', () => {})
  return destination
}

/**
 * Takes Node.js's warnings (deprecations and the like) into the log. They are meant for maintainers of the packages,
 * not for users of the command, and would appear among the lines that these read.
 */
export function logProcessWarnings(log: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => log.info({ warning: name }, message))
}
