/** `millrace engine setup --print-sql`. */
import { guestNames, lookAtGuestServer } from '@millrace/sql-engine/postgres/guest/guest-address'
import { setupSql } from '@millrace/sql-engine/postgres/guest/setup-sql'
import { readSettings } from '../config/settings.js'
import { guestUrls } from './guest-urls.js'

/** A server that does not answer, or lets nobody in yet, is what the statements are for. */
export async function printSetup(): Promise<0> {
  const settings = await readSettings(process.env)
  const urls = guestUrls(settings)
  const version = await lookAtGuestServer(urls).then(
    (facts) => facts.version,
    () => undefined,
  )
  process.stdout.write(
    setupSql({ names: guestNames(urls), connections: [...settings.connections.keys()], version }),
  )
  return 0
}
