/** What commands that serve have in common. */

import { StartedParts } from '@millrace/server/started-parts'
import type { Logger } from 'pino'
import { connectionUrl } from './address.js'
import { readLogLevel } from './config/settings.js'
import type { Service } from './home-service.js'
import { listenForInterruption } from './interruption.js'
import { createLog, logProcessWarnings } from './log.js'
import { listenForOtherSignals, type OtherSignal } from './other-signals.js'
import { containPluginFailures } from './plugins/plugin-failures.js'
import { untilAborted } from './until-aborted.js'

export interface Run {
  /** The parts to stop when the command ends, however it ends. */
  readonly parts: StartedParts
  readonly log: Logger
  /** Aborted when the command must end. */
  readonly signal: AbortSignal
}

/**
 * Starts the server, prints the URL alone on a line once it serves, and stops it after SIGINT, SIGTERM or SIGQUIT.
 * SIGHUP, which a terminal sends when it is closed, makes it read its configuration again.
 * @throws what `start` throws, after everything that was started has been stopped
 */
export async function runUntilInterrupted(start: (run: Run) => Promise<Service>): Promise<void> {
  const log = createLog(readLogLevel(process.env))
  logProcessWarnings(log)
  containPluginFailures(log)
  // The reader of the output may be gone.
  process.stdout.on('error', (error) => log.info({ err: error }, 'nobody reads the output'))
  const { signal, release } = listenForInterruption()
  let service: Service | undefined
  const releaseOthers = listenForOtherSignals((name: OtherSignal) => {
    log.info({ signal: name }, 'received a signal')
    if (name === 'SIGHUP' && !signal.aborted) void service?.reload()
  })
  const parts = new StartedParts()
  try {
    service = await start({ parts, log, signal })
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
