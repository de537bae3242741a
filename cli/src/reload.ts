/** What a running service reads again on request, and what it does not. */
import { isDeepStrictEqual } from 'node:util'
import type { Certificate } from '@millrace/server/certificate'
import type { Logger } from 'pino'
import { loadCertificate } from './certificate-files.js'
import { warnOfOpenFile } from './config/file-permissions.js'
import type { Settings } from './config/settings.js'
import { loadOrCreatePassword } from './password.js'

/** Settings that take effect as soon as they are read; all others wait for the next start. */
const reloadable: ReadonlySet<string> = new Set(['tls', 'connections'])

export interface ReloadOptions {
  /** The settings that the service runs with. */
  readonly settings: Settings
  readonly readSettings: () => Promise<Settings>
  /** Takes over what has been read. */
  readonly apply: (read: {
    readonly settings: Settings
    readonly tls: Certificate | undefined
    readonly password: string
  }) => Promise<void>
  readonly log: Logger
}

/** Reads configuration, certificate and password again. Mistakes in them are logged, and change nothing. */
export async function reload({ settings, readSettings, apply, log }: ReloadOptions): Promise<void> {
  try {
    const read = await readSettings()
    await warnOfOpenFile(read, log)
    const [tls, password] = await Promise.all([loadCertificate(read), loadOrCreatePassword(read.home)])
    await apply({ settings: read, tls, password })
    log.info('configuration, certificate and password have been read again')
    const waiting = changedSettings(settings, read).filter((name) => !reloadable.has(name))
    if (waiting.length > 0) {
      log.warn({ settings: waiting }, 'some settings have changed that hold from the next start on')
    }
  } catch (error) {
    log.error({ err: error }, 'the configuration could not be read again; everything stays as it was')
  }
}

function changedSettings(before: Settings, after: Settings): string[] {
  const old = new Map<string, unknown>(Object.entries(before))
  return Object.entries(after).flatMap(([name, value]) =>
    isDeepStrictEqual(old.get(name), value) ? [] : [name],
  )
}
