/** `millrace serve`: the server, until it is stopped. */
import { readSettings } from './config/settings.js'
import { startHome } from './home-service.js'
import { runUntilInterrupted } from './run-until-interrupted.js'
import { type Listening, withListening } from './service/listening.js'

/** Resolves when everything has been stopped after a signal. */
export function serve(listening: Listening): Promise<void> {
  return runUntilInterrupted(({ parts, log, moveLogToFile, hurry }) =>
    startHome(
      {
        readSettings: async (before) => withListening(await readSettings(process.env, before), listening),
        environment: process.env,
        log,
        moveLogToFile,
        watch: true,
        hurry,
        record: { purpose: 'service', listening },
      },
      parts,
    ),
  )
}
