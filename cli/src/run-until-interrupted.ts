/** What commands that serve have in common. */

import { StartedParts } from '@millrace/server/started-parts'
import type { Logger } from 'pino'
import { connectionUrl } from './address.js'
import { readLogLevel } from './config/settings.js'
import type { Service } from './home-service.js'
import { interruptedExitCode, listenForInterruption } from './interruption.js'
import { createMovableLog, logProcessWarnings, type MovableLog } from './log.js'
import { listenForOtherSignals, type OtherSignal } from './other-signals.js'
import { containPluginFailures } from './plugins/plugin-failures.js'
import { untilAborted } from './until-aborted.js'

export interface Run {
  /** The parts to stop when the command ends, however it ends. */
  readonly parts: StartedParts
  readonly log: Logger
  readonly moveLogToFile: MovableLog['moveToFile']
  /** Aborted when the command must end. */
  readonly signal: AbortSignal
  /** Aborted when it must end without any more patience. */
  readonly hurry: AbortSignal
}

/** How long an end without patience may take, in milliseconds: so long that clients hear why they are cut off. */
const longestHurry = 1_000

/**
 * Starts the server, prints the URL alone on a line once it serves, and stops it after SIGINT, SIGTERM or SIGQUIT.
 * SIGHUP, which a terminal sends when it is closed, makes it read its configuration again.
 * @throws what `start` throws, after everything that was started has been stopped
 */
export async function runUntilInterrupted(start: (run: Run) => Promise<Service>): Promise<void> {
  const { log, moveToFile } = createMovableLog(readLogLevel(process.env))
  logProcessWarnings(log)
  containPluginFailures(log)
  // The reader of the output may be gone.
  process.stdout.on('error', (error) => log.info({ err: error }, 'nobody reads the output'))
  const hurry = new AbortController()
  const { signal, release } = listenForInterruption(undefined, () => endSoon(hurry))
  let service: Service | undefined
  const releaseOthers = listenForOtherSignals((name: OtherSignal) => {
    log.info({ signal: name }, 'received a signal')
    if (name === 'SIGHUP' && !signal.aborted) void service?.reload()
  })
  const parts = new StartedParts()
  try {
    service = await start({ parts, log, moveLogToFile: moveToFile, signal, hurry: hurry.signal })
    if (signal.aborted) return
    process.stdout.write(`${connectionUrl(service.address)}\n`)
    await untilAborted(signal)
  } catch (error) {
    log.debug({ err: error }, 'the command failed')
    throw error
  } finally {
    await parts.stop()
    release()
    releaseOthers()
  }
}

/** Ends the process soon, or at once where it has been told so before. PostgreSQL notices, and stops by itself. */
function endSoon(hurry: AbortController): void {
  const end = () => process.exit(interruptedExitCode)
  if (hurry.signal.aborted) end()
  hurry.abort()
  setTimeout(end, longestHurry).unref()
}
