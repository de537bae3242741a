/** `millrace engine remove`. */
import { createInterface } from 'node:readline/promises'
import { guestAddress } from '@millrace/sql-engine/postgres/guest/guest-postgres'
import { lookAtRemains, removeGuest } from '@millrace/sql-engine/postgres/guest/remove-guest'
import { readSettings } from '../config/settings.js'
import { listenForInterruption } from '../interruption.js'
import { type ExitCode, UserError } from '../user-error.js'
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
  if (!yes && !(await agrees('Remove them, with the rows that are kept in them?'))) return 1
  await removeGuest(engineConfig, names)
  process.stdout.write('They have been removed. Roles, their passwords, and extensions stay.\n')
  return 0
}

async function agrees(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError('nobody can be asked whether to remove them: --yes says so', 2)
  }
  const { signal, release } = listenForInterruption()
  const questions = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await questions.question(`${question} [y/N] `, { signal })).trim())
  } finally {
    questions.close()
    release()
  }
}
