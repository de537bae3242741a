/** The password of the home's one user, kept in a file that only its owner can read. */
import { randomBytes } from 'node:crypto'
import { chmod, link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeHome } from '@millrace/sql-engine/postgres/home'
import { UserError } from './user-error.js'

export const passwordFile = 'password'

/** 192 bits, written in 32 characters. */
const passwordBytes = 24

/**
 * The password of a home's server. One that the environment gives is written into the home's file, where commands on
 * this machine find it.
 * @throws UserError when the file has no password in it, or cannot be read
 */
export async function readPassword({
  home,
  password,
}: {
  readonly home: string
  readonly password: string | undefined
}): Promise<string> {
  if (password === undefined) return loadOrCreatePassword(home)
  if (/[\r\n]/.test(password)) throw new UserError('MILLRACE_PASSWORD has more than one line', 2)
  const path = join(home, passwordFile)
  if ((await readFirstLine(path).catch(() => undefined)) === password) return password
  await makeHome(home)
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  return password
}

/**
 * Reads the home's password, the first line of its file; makes one if there is no file.
 * @returns a password of letters, digits, `-` and `_`, unless the user has written another
 * @throws UserError when the file has no password in it, or cannot be read
 */
export async function loadOrCreatePassword(home: string): Promise<string> {
  const path = join(home, passwordFile)
  return (await readFirstLine(path)) ?? (await createPassword(home))
}

async function readFirstLine(path: string): Promise<string | undefined> {
  try {
    const [password] = (await readFile(path, 'utf8')).split(/\r?\n/)
    if (!password) {
      throw new UserError(`${path} is empty: remove it to have a password made, or write one into it`, 1)
    }
    await keepPrivate(path)
    return password
  } catch (error) {
    const { code } = Object(error)
    if (code === 'ENOENT') return undefined
    if (error instanceof UserError) throw error
    throw new UserError(`${path} cannot be read: ${code ?? error}`, 1, error)
  }
}

/** Restricts the file's modes: a password that someone has written may have the usual ones. */
async function keepPrivate(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) await chmod(path, 0o600)
}

async function createPassword(home: string): Promise<string> {
  await makeHome(home)
  const path = join(home, passwordFile)
  const password = randomBytes(passwordBytes).toString('base64url')
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${password}\n`, { mode: 0o600, flag: 'wx' })
  try {
    // It is never half a file, and never replaces another process's.
    await link(draft, path)
    return password
  } finally {
    await rm(draft)
  }
}
