/** Whom commands ask that live for longer than a question. */
import type { StartedParts } from '@millrace/server/started-parts'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import type { ClientConfig } from 'pg'
import { homeTarget } from './home-target.js'
import { runningService } from './target.js'

/**
 * The home's service, looked for anew each time: one may have been started or stopped. Where none runs, an engine of its
 * own; several that ask at once start one.
 */
export function homeConnector(parts: StartedParts, signal: AbortSignal): () => Promise<ClientConfig> {
  let starting: Promise<ClientConfig> | undefined
  return async () => {
    const running = await runningService(defaultHome(process.env))
    if (running !== undefined) return running
    starting ??= homeTarget(parts, signal).finally(() => {
      starting = undefined
    })
    return starting
  }
}
