/** `millrace serve`: the server, until it is stopped. */
import { readSettings } from './config/settings.js'
import { startHome } from './home-service.js'
import { runUntilInterrupted } from './run-until-interrupted.js'

/** Resolves when everything has been stopped after a signal. */
export function serve(): Promise<void> {
  return runUntilInterrupted(({ parts, log }) =>
    startHome(
      {
        readSettings: (before) => readSettings(process.env, before),
        environment: process.env,
        log,
        watch: true,
      },
      parts,
    ),
  )
}
