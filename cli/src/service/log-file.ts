/** The file that a service in the background writes its log to. */
import { type FileHandle, open, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeHome } from '@millrace/sql-engine/postgres/home'

/** Bytes from which on a start begins another file; the one before is kept. */
const longestLog = 8 * 1024 * 1024

export function logFileOf(home: string): string {
  return join(home, 'service.log')
}

export interface LogFile {
  readonly path: string
  readonly handle: FileHandle
  /** What has been written to it since it was opened. */
  written(): Promise<string>
  /** Leaves no more behind than was there before. */
  discard(): Promise<void>
}

/** @throws DatabaseError or NodeJS.ErrnoException where the home cannot be made or written to */
export async function openLogFile(home: string): Promise<LogFile> {
  const isNewHome = (await stat(home).catch(() => undefined)) === undefined
  await makeHome(home)
  const path = logFileOf(home)
  const before = await stat(path).catch(() => undefined)
  const isLong = before !== undefined && before.size > longestLog
  if (isLong) await rename(path, `${path}.1`)
  const start = isLong ? 0 : (before?.size ?? 0)
  // What statements say may stand in it.
  const handle = await open(path, 'a', 0o600)
  return {
    path,
    handle,
    written: async () => (await readFile(path)).subarray(start).toString(),
    discard: async () => {
      if (before === undefined) await rm(path, { force: true })
      // Whatever else is in it by now stays.
      if (isNewHome) await rmdir(home).catch(() => {})
    },
  }
}
