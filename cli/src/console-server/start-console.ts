/** The console of a home: by itself, or beside its service. */
import { makeToken } from '@millrace/console/server/access'
import { createConsole } from '@millrace/console/server/serve-console'
import type { StartedParts } from '@millrace/server/started-parts'
import type { ClientConfig } from 'pg'
import { readArticleQueries } from '../article-queries.js'
import { listenHttp } from '../listening-http.js'
import { UserError } from '../user-error.js'
import { consoleDatabase } from './database.js'
import { pageFolder } from './page-folder.js'
import { writeResult } from './write-result.js'

/** The page is for the browser of this machine's person, and for nobody else. */
const host = '127.0.0.1'

export interface StartOptions {
  /** 0 for any that is free. */
  readonly port: number
  /** The home's: whoever has it may make URLs that let a browser in. */
  readonly password: string
  readonly writes: boolean
  /** Whom to ask, found anew each time. */
  readonly connect: () => Promise<ClientConfig>
  readonly onError: (error: unknown) => void
}

/**
 * What has been started is among the parts.
 * @returns the port
 * @throws UserError where it is taken, or the page has not been built
 */
export async function startConsole(options: StartOptions, parts: StartedParts): Promise<number> {
  const { port, password, writes, connect, onError } = options
  const served = parts.add(
    createConsole({
      database: consoleDatabase(connect),
      pageFolder: await pageFolder(),
      examples: readArticleQueries,
      writeResult,
      secret: password,
      writes,
      onError,
    }),
    (made) => made.stop(),
  )
  const listening = await listenHttp(
    served.server,
    { host, port },
    (error) => new UserError(`port ${port} of ${host} cannot be listened at: ${error.message}`, 1, error),
  )
  parts.add(listening, (one) => one.stop())
  return listening.port
}

/** Lets one browser in, once. */
export function openingUrl(port: number, password: string): string {
  return `http://${host}:${port}/?token=${makeToken(password, Date.now())}`
}
