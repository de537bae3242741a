import { chmod, chown, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseError } from '../database-error.js'
import { type Account, postgresAccount } from './account.js'
import { makeHome } from './home.js'
import { lockFolder } from './home-lock.js'
import { makeFolder } from './make-folder.js'

/** Where things are in a home. */
export interface HomeFolders {
  /** The home's path, absolute and without symbolic links, so that processes can be recognised by it. */
  readonly home: string
  readonly data: string
  readonly locks: string
  /** PostgreSQL's own account, when it is not this process's. */
  readonly account: Account | undefined
}

/** Makes the home, and ensures that PostgreSQL's account can reach its data folder. */
export async function prepareHome(path: string): Promise<HomeFolders> {
  await makeHome(path)
  const home = await realpath(path)
  const data = join(home, 'data')
  const locks = lockFolder(home)
  const account = await postgresAccount(data)
  if (account !== undefined) await makeReachable(home, account)
  await makeFolder(locks, 0o700)
  return { home, data, locks, account }
}

/** Makes a folder that only PostgreSQL's account (and root) can enter. */
export async function makePrivateFolder(path: string, account: Account | undefined): Promise<void> {
  await makeFolder(path, 0o700)
  await chmod(path, 0o700)
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

/** The prefix of temporary socket folders. */
const socketFolderPrefix = 'millrace-socket-'

/** sockaddr_un's path has 104 bytes on macOS and 108 on Linux, of which the last is NUL. */
const longestSocketPath = 103

/** The socket's file name, which PostgreSQL makes of its port number. */
export const socketName = '.s.PGSQL.5432'

/**
 * Makes the folder of the server's socket: in the home, or, if that path is too long, in the system's temporary
 * folder.
 */
export async function makeSocketFolder({ home, account }: HomeFolders): Promise<string> {
  const own = join(home, 'run')
  if (Buffer.byteLength(join(own, socketName)) <= longestSocketPath) {
    await makePrivateFolder(own, account)
    return own
  }
  const folder = await mkdtemp(join(tmpdir(), socketFolderPrefix))
  await makePrivateFolder(folder, account)
  return folder
}

/** Removes a temporary socket folder, including one that an earlier run has left. */
export async function removeSocketFolder(folder: string): Promise<void> {
  const isTemporary = dirname(folder) === tmpdir() && basename(folder).startsWith(socketFolderPrefix)
  if (isTemporary) await rm(folder, { recursive: true, force: true })
}

async function makeReachable(home: string, account: Account): Promise<void> {
  const closed = await closedFolders(home, account)
  const foreign = closed.find((folder) => folder !== home)
  if (foreign !== undefined || (closed.length > 0 && !(await isOurs(home)))) {
    throw new DatabaseError(`PostgreSQL's account cannot reach the folder ${home}`, {
      sqlState: '42501',
      detail: `As root, Millrace runs PostgreSQL as "${account.name}", which may not enter ${foreign ?? home}.`,
      hint: 'Set MILLRACE_HOME to a folder that this account can reach, such as /var/lib/millrace.',
    })
  }
  // Permission to enter is enough: what lies in the home is protected itself.
  if (closed.length > 0) await chmod(home, ((await stat(home)).mode & 0o7777) | 0o011)
}

/** The folders among a folder and its ancestors that the account may not enter. */
async function closedFolders(path: string, account: Account): Promise<string[]> {
  const closed: string[] = []
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const enter = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & enter) === 0) closed.push(folder)
    if (folder === dirname(folder)) return closed
  }
}

/** Whether a home is new or has been used before; only then are its permissions changed. */
async function isOurs(home: string): Promise<boolean> {
  const entries = await readdir(home)
  return entries.length === 0 || entries.includes('locks')
}
