import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '../database-error.js'
import { isAlive, processIdentity } from './process-life.js'

export interface HomeLock {
  release(): Promise<void>
}

const attempts = 5

/** The folder of the claims in a home. */
export const lockFolder = (home: string) => join(home, 'locks')

/**
 * Ensures that one process at a time uses a home.
 *
 * Node.js has no flock(2). Instead, each process writes a claim under a name that no other process ever has, then
 * looks for others: of two that come at once, at least one sees the other and steps back for a random while. A dead
 * process's claim can be removed at any time, since its name will not be used again.
 * @param folder holds only claims
 * @throws DatabaseError 55006 that names the process which uses the home
 */
export async function lockHome(folder: string): Promise<HomeLock> {
  const own = `${process.pid}-${await processIdentity(process.pid)}`
  const path = join(folder, own)
  for (let attempt = 1; ; attempt++) {
    try {
      await writeFile(path, '', { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
        throw inUse(folder, process.pid)
      throw error
    }
    const other = await liveClaim(folder, own)
    if (other === undefined) return { release: () => rm(path, { force: true }) }
    await rm(path, { force: true })
    if (attempt === attempts) throw inUse(folder, other)
    await delay(20 + Math.random() * 80)
  }
}

/** The process of another claim, if it is alive. Removes claims of dead processes. */
async function liveClaim(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    if (name === own) continue
    const [pid, identity] = name.split('-')
    if (isAlive(Number(pid)) && (await processIdentity(Number(pid))) === identity) return Number(pid)
    await rm(join(folder, name), { force: true })
  }
  return undefined
}

function inUse(folder: string, pid: number): DatabaseError {
  const home = join(folder, '..')
  return new DatabaseError(`the folder ${home} is in use by another Millrace (process ${pid})`, {
    sqlState: '55006',
    hint: 'Stop that process, or set MILLRACE_HOME to another folder.',
  })
}
