/** `millrace console`: a page that asks, and draws what comes. */
import { StartedParts } from '@millrace/server/started-parts'
import { readSettings } from '../config/settings.js'
import { openingUrl, startConsole } from '../console-server/start-console.js'
import { listenForInterruption } from '../interruption.js'
import { readPassword } from '../password.js'
import { homeConnector } from '../query/home-connector.js'
import { findService } from '../service/record.js'
import { untilAborted } from '../until-aborted.js'
import type { ExitCode } from '../user-error.js'
import type { ConsoleCommandOptions } from './arguments.js'
import { openBrowser } from './open-browser.js'

/**
 * Opens the console that the home's service has; where it has none, or another is wanted, serves one until a signal comes.
 * @throws UserError where the port is taken, or nobody can be asked
 */
export async function serveConsole(options: ConsoleCommandOptions): Promise<0 | ExitCode> {
  const { port, open, writes } = options
  const settings = await readSettings(process.env)
  const password = await readPassword(settings)
  const show = (at: number) => {
    const url = openingUrl(at, password)
    process.stdout.write(`${url}\n`)
    if (open) openBrowser(url)
  }
  const running = await findService(settings.home)
  if (running?.console !== undefined && port === undefined && !writes) {
    show(running.console)
    return 0
  }
  const { signal, release } = listenForInterruption()
  const parts = new StartedParts()
  try {
    const connect = homeConnector(parts, signal)
    // Whatever is in the way is told before anything is opened.
    await connect()
    const onError = (error: unknown) =>
      void process.stderr.write(`millrace: ${error instanceof Error ? error.message : String(error)}\n`)
    show(await startConsole({ port: port ?? 0, password, writes, connect, onError }, parts))
    await untilAborted(signal)
    return 0
  } finally {
    await parts.stop()
    release()
  }
}
