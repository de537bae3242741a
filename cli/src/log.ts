/** The process's log: JSON lines on standard error. */
import { type LevelWithSilent, type Logger, pino } from 'pino'

/** @param level the lowest that is logged */
export function createLog(level: LevelWithSilent): Logger {
  // Written at once, so that nothing is lost when the process ends.
  const destination = pino.destination({ fd: process.stderr.fd, sync: true })
  // The terminal may have been closed, or the disk may be full: the server goes on.
  destination.on('error', () => {})
  return pino({ level, name: 'millrace' }, destination)
}

/**
 * Takes Node.js's warnings (deprecations and the like) into the log. They are meant for maintainers of the packages,
 * not for users of the command, and would appear among the lines that these read.
 */
export function logProcessWarnings(log: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => log.info({ warning: name }, message))
}
