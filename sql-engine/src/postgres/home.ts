import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeFolder } from './make-folder.js'

/**
 * The folder for all state: `MILLRACE_HOME`, else `~/.millrace`. Root's own home is closed to the account
 * that PostgreSQL runs under (it refuses to run as root), so for root it is `/var/lib/millrace`.
 */
export function defaultHome(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment.MILLRACE_HOME
  if (named !== undefined && named !== '') return resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/millrace'
  return join(homedir(), '.millrace')
}

/**
 * Makes the home, if it is not there. PostgreSQL may run under another account, which must be able to pass through it.
 * @throws DatabaseError 58P01 or 42501 that says what is in the way
 */
export function makeHome(home: string): Promise<void> {
  return makeFolder(home, 0o711)
}
