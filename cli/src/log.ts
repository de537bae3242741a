/** The process's log: JSON lines on standard error. */
import { type LevelWithSilent, type Logger, pino } from 'pino'

/** @param level the least that is logged */
export function createLog(level: LevelWithSilent): Logger {
  // Written at once, so that nothing is lost when the process ends.
  const destination = pino.destination({ fd: process.stderr.fd, sync: true })
  // The terminal may have been closed, or the disk be full: what serves goes on.
  destination.on('error', () => {})
  return pino({ level, name: 'millrace' }, destination)
}

/**
 * Takes Node.js's warnings (deprecations and the like) into the log. They are for whoever maintains the
 * packages, not for whoever uses the command, and would stand between the lines that he reads.
 */
export function logProcessWarnings(log: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => log.info({ warning: name }, message))
}
