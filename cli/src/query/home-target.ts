/** Whom commands ask that work on the home. */
import type { StartedParts } from '@millrace/server/started-parts'
import { defaultHome } from '@millrace/sql-engine/postgres/home'
import type { ClientConfig } from 'pg'
import { removeServiceRecord } from '../service/record.js'
import { untilAborted } from '../until-aborted.js'
import { UserError } from '../user-error.js'
import { homeService } from './target.js'

/**
 * The home's service; where none runs, an engine that is started, and is among the parts. It ends after its last client.
 * @throws UserError where no service can be started
 */
export async function homeTarget(parts: StartedParts, signal: AbortSignal): Promise<ClientConfig> {
  const home = defaultHome(process.env)
  try {
    const { config, drain } = await homeService(process.env, home, parts, signal)
    if (drain !== undefined) {
      parts.add(config, async () => {
        // Whoever has found it before, and comes too late, looks for another.
        await removeServiceRecord(home)
        await Promise.race([drain(), untilAborted(signal)])
      })
    }
    return config
  } catch (error) {
    if (error instanceof UserError) throw error
    const { failureOf } = await import('../error-line.js')
    const { line, exitCode } = failureOf(error)
    throw new UserError(line, exitCode === 2 ? 2 : 3, error)
  }
}
