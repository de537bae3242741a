import { execFile } from 'node:child_process'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DatabaseError } from '../database-error.js'
import type { Account } from './account.js'
import { type HomeFolders, makePrivateFolder } from './home-folders.js'
import { engineRole } from './names.js'
import type { NativeBinaries } from './native-binaries.js'
import { postgresEnvironment } from './postgres-environment.js'

/** The name of a data folder until it is complete. */
const unfinished = 'data.unfinished'

/**
 * Makes the data folder, unless it exists. A process that is killed meanwhile leaves nothing that a later one would
 * take for a data folder. Must be called under the home's lock.
 * @param onSpawn called when a process makes it, if one is needed
 */
export async function ensureDataFolder(
  folders: HomeFolders,
  binaries: NativeBinaries,
  onSpawn?: () => void,
): Promise<void> {
  const version = await readFile(join(folders.data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined) return initialise(folders, binaries, onSpawn)
  if (Number.parseInt(version, 10) === binaries.majorVersion) return
  throw new DatabaseError(`the data folder ${folders.data} is of PostgreSQL ${version.trim()}`, {
    sqlState: 'F0000',
    detail: `This Millrace has PostgreSQL ${binaries.majorVersion}, which cannot read it.`,
    hint: 'Dump the data with the earlier Millrace and load it into a new home, or move the folder away.',
  })
}

async function initialise(
  folders: HomeFolders,
  binaries: NativeBinaries,
  onSpawn: (() => void) | undefined,
): Promise<void> {
  const folder = join(folders.home, unfinished)
  await rm(folder, { recursive: true, force: true })
  await makePrivateFolder(folder, folders.account)
  await runInitdb(binaries, folder, folders.account, onSpawn)
  // An empty folder may stand in its place; a folder with files belongs to someone, and rename() rejects it.
  const occupied = await readdir(folders.data).catch(() => [])
  if (occupied.length > 0) {
    throw new DatabaseError(`the folder ${folders.data} is neither empty nor PostgreSQL's`, {
      sqlState: 'F0000',
      hint: 'Move it away, or set MILLRACE_HOME to another folder.',
    })
  }
  await rename(folder, folders.data)
}

/**
 * The options of initdb:
 * - `builtin` locale: the same order and upper case on every machine, whatever its C library has.
 * - `trust`: the socket stands in a folder that only PostgreSQL's own account and root can enter, and there is no
 *   other way in. `peer` would mean the same, but fails for accounts that passwd does not know.
 * - `no-sync`: the folder counts only once it is complete, and the server syncs what it writes from then on.
 */
export const initdbOptions: readonly string[] = [
  `--username=${engineRole}`,
  '--auth=trust',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-sync',
  '--no-instructions',
]

async function runInitdb(
  binaries: NativeBinaries,
  folder: string,
  account: Account | undefined,
  onSpawn: (() => void) | undefined,
): Promise<void> {
  const ids = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  try {
    const running = promisify(execFile)(binaries.initdb, ['-D', folder, ...initdbOptions], {
      cwd: '/',
      env: postgresEnvironment(),
      ...ids,
    })
    onSpawn?.()
    await running
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new DatabaseError(`PostgreSQL's data folder could not be made in ${folder}`, {
      sqlState: '58000',
      detail: said,
      cause,
    })
  }
}
