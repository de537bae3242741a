/** `millrace serve`: the server, until it is stopped. */
import { readSettings } from './config/settings.js'
import { startHome } from './home-service.js'
import { runUntilInterrupted } from './run-until-interrupted.js'

/** Resolves when everything has been stopped after a signal. */
export function serve(): Promise<void> {
  return runUntilInterrupted(({ parts, log }) =>
    startHome({ readSettings: () => readSettings(process.env), environment: process.env, log }, parts),
  )
}
