/** `millrace serve`: the server, until it is told to end. */
import { readSettings } from './config/settings.js'
import { runUntilInterrupted } from './run-until-interrupted.js'
import { startService } from './service.js'

/** Resolves when everything has been stopped after a signal. */
export function serve(): Promise<void> {
  return runUntilInterrupted(({ parts, log }) =>
    startService({ readSettings: () => readSettings(process.env), environment: process.env, log }, parts),
  )
}
