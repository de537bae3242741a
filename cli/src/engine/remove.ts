/** `millrace engine remove`. */
import { guestAddress } from '@millrace/sql-engine/postgres/guest/guest-address'
import { lookAtRemains, removeGuest } from '@millrace/sql-engine/postgres/guest/remove-guest'
import { agrees } from '../agrees.js'
import { readSettings } from '../config/settings.js'
import { listenForInterruption } from '../interruption.js'
import type { ExitCode } from '../user-error.js'
import { guestUrls } from './guest-urls.js'

/** @returns 1 where it was not agreed to */
export async function removeEngine(yes: boolean): Promise<0 | ExitCode> {
  const { names, engineConfig } = await guestAddress(guestUrls(await readSettings(process.env)))
  const { schemas, relations, hasServer } = await lookAtRemains(engineConfig, names)
  const where = `the database "${names.database}"`
  if (schemas.length === 0) {
    process.stdout.write(`There is nothing of Millrace's in ${where}.\n`)
    return 0
  }
  const server = hasServer ? ', and the foreign server millrace_loopback' : ''
  process.stdout.write(
    `Millrace's in ${where}: ${relations} tables and views in the schemas ${schemas.join(', ')}${server}.\n`,
  )
  if (!yes && !(await removalIsWanted())) return 1
  await removeGuest(engineConfig, names)
  process.stdout.write('They have been removed. Roles, their passwords, and extensions stay.\n')
  return 0
}

async function removalIsWanted(): Promise<boolean> {
  const { signal, release } = listenForInterruption()
  try {
    return await agrees('Remove them, with the rows that are kept in them?', 'to remove them', signal)
  } finally {
    release()
  }
}
