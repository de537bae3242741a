/** Who else may read or write the configuration's files. */
import { stat } from 'node:fs/promises'
import type { Logger } from 'pino'
import { isSecretName } from './secret-names.js'
import { isSecretSetting } from './setting-table.js'
import type { Settings } from './settings.js'

/**
 * Warns of files that others may write, since they name code that runs, or that hold secrets and others may read.
 */
export async function warnOfOpenFiles(
  { connections, users, documents, origins }: Settings,
  log: Logger,
): Promise<void> {
  for (const path of documents.keys()) {
    const mode = await stat(path).then(
      (found) => found.mode & 0o777,
      () => 0, // it has gone
    )
    const verifiers = [...users].flatMap(([user, { settings, place }]) =>
      place.file === path && settings.verifier !== undefined ? [`users.${user}.verifier`] : [],
    )
    const ofServer = [...origins].filter(
      ([name, origin]) => isSecretSetting(name) && origin.startsWith(`${path}:`),
    )
    const ofConnections = [...connections].flatMap(([connection, { settings, origin }]) =>
      origin.place?.file !== path
        ? []
        : Object.entries(settings).flatMap(([name, value]) =>
            isSecretName(name) && typeof value === 'string' ? [`connections.${connection}.${name}`] : [],
          ),
    )
    const secrets = [...ofServer.map(([name]) => name), ...ofConnections, ...verifiers]
    const file = { path, mode: `0${mode.toString(8)}` }
    const advice = `chmod 600 ${path}`
    if ((mode & 0o022) !== 0) log.warn(file, `others may write the configuration file: ${advice}`)
    if ((mode & 0o044) !== 0 && secrets.length > 0) {
      log.warn({ ...file, secrets }, `others may read secrets in the configuration file: ${advice}`)
    }
  }
}
