import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseError } from '../database-error.js'

/**
 * Makes a folder, and those above it, unless they exist. Node.js's own `recursive` never ends where a file system has
 * no such folders and reports that the parent is missing, as Linux's /proc does.
 * @throws DatabaseError 58P01 or 42501 that names the folder and what is in the way
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const code = await attempt(path, mode)
  if (code === 'ENOENT' && dirname(path) !== path && !(await isFolder(dirname(path)))) {
    await makeFolder(dirname(path), mode)
    const again = await attempt(path, mode)
    if (again !== undefined && !(await isFolder(path))) throw failure(path, again)
  } else if (code !== undefined && !(await isFolder(path))) throw failure(path, code)
}

/** @returns the system's reason for failing, such as "EEXIST" */
async function attempt(path: string, mode: number): Promise<string | undefined> {
  try {
    await mkdir(path, { mode })
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function failure(path: string, code: string): DatabaseError {
  const isForbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return new DatabaseError(`the folder ${path} cannot be made: ${code}`, {
    sqlState: isForbidden ? '42501' : '58P01',
    hint: 'Set MILLRACE_HOME to a folder that can be made.',
  })
}
