/** Has a running service look again which plugins there are. */
import { mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { configurationFolder } from '../config/documents.js'
import { readSettings } from '../config/settings.js'
import { findService } from '../service/record.js'

/**
 * Touches the folder of the configuration, which a service watches: it reads its connections again, and with them their
 * plugins.
 * @returns what to say of it; nothing where no service runs
 */
export async function announceToService(home: string): Promise<string> {
  const folder = join(home, configurationFolder)
  await mkdir(folder, { recursive: true })
  const now = new Date()
  await utimes(folder, now, now)
  const record = await findService(home)
  if (record === undefined || record.purpose !== 'service') return ''
  // Of a configuration with mistakes in it, the service says them.
  const watches = await readSettings(process.env).then(
    ({ values }) => values.watch,
    () => true,
  )
  return watches
    ? `The service that runs on ${home} takes it up.\n`
    : `The service that runs on ${home} does not watch its configuration: kill -HUP ${record.pid} has it look.\n`
}
