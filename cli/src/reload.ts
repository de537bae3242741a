/** What a running service reads again on request, and what it does not. */
import { isDeepStrictEqual } from 'node:util'
import type { Certificate } from '@millrace/server/certificate'
import type { Logger } from 'pino'
import { loadCertificate } from './certificate-files.js'
import { warnOfOpenFiles } from './config/file-permissions.js'
import { settingNames, settingTable } from './config/setting-table.js'
import type { Settings } from './config/settings.js'
import { readPassword } from './password.js'

export interface ReloadOptions {
  /** The settings that the service has started with. */
  readonly settings: Settings
  /** Those that were read last, and were well. */
  readonly last: Settings
  readonly readSettings: (before: Settings) => Promise<Settings>
  /** Takes over what has been read. */
  readonly apply: (read: {
    readonly settings: Settings
    readonly tls: Certificate | undefined
    readonly password: string
  }) => Promise<void>
  readonly log: Logger
}

/**
 * Reads configuration, certificate and password again. Mistakes in them are logged, and change nothing: what is wrong
 * stays as it was.
 * @returns the settings that hold from now on
 */
export async function reload({ settings, last, readSettings, apply, log }: ReloadOptions): Promise<Settings> {
  try {
    const read = await readSettings(last)
    for (const fault of read.kept) log.error(fault)
    for (const notice of read.notices) if (!last.notices.includes(notice)) log.warn(notice)
    await warnOfOpenFiles(read, log)
    const [tls, password] = await Promise.all([loadCertificate(read), readPassword(read)])
    await apply({ settings: read, tls, password })
    log.info('configuration, certificate and password have been read again')
    const waiting = waitingSettings(settings, read)
    if (waiting.length > 0) {
      log.warn({ settings: waiting }, 'some settings have changed that hold from the next start on')
    }
    return read
  } catch (error) {
    log.error({ err: error }, 'the configuration could not be read again; everything stays as it was')
    return last
  }
}

/** Settings that have changed, and take effect at the next start only. */
function waitingSettings(started: Settings, now: Settings): string[] {
  return settingNames.filter((name) => {
    const { reloads = false }: { readonly reloads?: boolean } = settingTable[name]
    return !reloads && !isDeepStrictEqual(started.values[name], now.values[name])
  })
}
