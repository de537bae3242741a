/** The frame of commands that serve. */
import type { Logger } from 'pino'
import { type ConnectionAddress, connectionUrl } from './address.js'
import { readLogLevel } from './config/settings.js'
import { listenForInterruption } from './interruption.js'
import { createLog, logProcessWarnings } from './log.js'
import { StartedParts } from './started-parts.js'
import { untilAborted } from './until-aborted.js'

export interface Run {
  /** To be stopped when the command ends, however it ends. */
  readonly parts: StartedParts
  readonly log: Logger
  /** Aborted when the command is to end. */
  readonly signal: AbortSignal
}

/**
 * Starts what serves, prints the URL alone on a line once it does, and stops it after SIGINT or SIGTERM.
 * @throws what `start` throws, after everything that was started has been stopped
 */
export async function runUntilInterrupted(start: (run: Run) => Promise<ConnectionAddress>): Promise<void> {
  const log = createLog(readLogLevel(process.env))
  logProcessWarnings(log)
  const { signal, release } = listenForInterruption()
  const parts = new StartedParts()
  try {
    const address = await start({ parts, log, signal })
    if (signal.aborted) return
    process.stdout.write(`${connectionUrl(address)}\n`)
    await untilAborted(signal)
  } catch (error) {
    log.debug({ err: error }, 'the command failed')
    throw error
  } finally {
    await parts.stop()
    release()
  }
}
