/** Who else may read or write the configuration file. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { configurationFile } from './configuration.js'
import type { Settings } from './settings.js'

/** What the names of plugins' settings look like if they hold secrets. */
const secretName = /token|secret|password|key/i

/**
 * Warns of a file that others may write, since it names code that runs, or that holds secrets and others may read.
 */
export async function warnOfOpenFile({ home, connections }: Settings, log: Logger): Promise<void> {
  const path = join(home, configurationFile)
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0, // no file
  )
  const secrets = Object.entries(connections).flatMap(([connection, settings]) =>
    Object.entries(settings).flatMap(([name, value]) =>
      secretName.test(name) && typeof value === 'string' ? [`connections.${connection}.${name}`] : [],
    ),
  )
  const file = { path, mode: `0${mode.toString(8)}` }
  const advice = `chmod 600 ${path}`
  if ((mode & 0o022) !== 0) log.warn(file, `others may write the configuration file: ${advice}`)
  if ((mode & 0o044) !== 0 && secrets.length > 0) {
    log.warn({ ...file, secrets }, `others may read secrets in the configuration file: ${advice}`)
  }
}
