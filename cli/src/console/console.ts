/** `millrace console`: a page that asks, and draws what comes. */
import { makeToken } from '@millrace/console/server/access'
import { createConsole } from '@millrace/console/server/serve-console'
import { StartedParts } from '@millrace/server/started-parts'
import { readSettings } from '../config/settings.js'
import { readArticleQueries } from '../demo/article-queries.js'
import { listenForInterruption } from '../interruption.js'
import { listenHttp } from '../listening-http.js'
import { readPassword } from '../password.js'
import { homeConnector } from '../query/home-connector.js'
import { untilAborted } from '../until-aborted.js'
import { type ExitCode, UserError } from '../user-error.js'
import type { ConsoleCommandOptions } from './arguments.js'
import { consoleDatabase } from './database.js'
import { openBrowser } from './open-browser.js'
import { pageFolder } from './page-folder.js'
import { writeResult } from './write-result.js'

const host = '127.0.0.1'

/**
 * Serves the page until a signal comes.
 * @throws UserError where the port is taken, or nobody can be asked
 */
export async function serveConsole({ port, open, writes }: ConsoleCommandOptions): Promise<0 | ExitCode> {
  const { signal, release } = listenForInterruption()
  const parts = new StartedParts()
  try {
    const [folder, secret] = await Promise.all([
      pageFolder(),
      readSettings(process.env).then((settings) => readPassword(settings)),
    ])
    const connect = homeConnector(parts, signal)
    // Whatever is in the way is told before anything is opened.
    await connect()
    const served = parts.add(
      createConsole({
        database: consoleDatabase(connect),
        pageFolder: folder,
        examples: readArticleQueries,
        writeResult,
        secret,
        writes,
        onError: (error) => process.stderr.write(`millrace: ${messageOf(error)}\n`),
      }),
      (made) => made.stop(),
    )
    const listening = parts.add(
      await listenHttp(
        served.server,
        { host, port },
        (error) => new UserError(`port ${port} of ${host} cannot be listened at: ${error.message}`, 1, error),
      ),
      (one) => one.stop(),
    )
    const url = `http://${host}:${listening.port}/?token=${makeToken(secret, Date.now())}`
    process.stdout.write(`${url}\n`)
    if (open) openBrowser(url)
    await untilAborted(signal)
    return 0
  } finally {
    await parts.stop()
    release()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
