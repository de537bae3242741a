import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DatabaseError } from '../database-error.js'
import type { Account } from './account.js'
import { type NativePackage, restoreLinks } from './native-package.js'

export interface NativeBinaries {
  readonly initdb: string
  readonly postgres: string
  /** PostgreSQL's own major version, such as 18. */
  readonly majorVersion: number
}

/**
 * PostgreSQL's programs, ready to run under the account: where they were installed, if that works, or else (in a
 * folder that the account cannot enter, or one without links that is not writable) from a copy.
 * @param copies where a copy is made, once for each version
 */
export async function nativeBinaries(
  { folder, version }: NativePackage,
  copies: string,
  account: Account | undefined,
): Promise<NativeBinaries> {
  const installed = binariesOf(folder, version)
  const refusal = await restoreLinks(folder).then(
    () => whyNotRunning(installed, account),
    (error: unknown) => error,
  )
  if (refusal === undefined) return installed

  const copied = binariesOf(join(copies, `postgres-${version}`), version)
  if ((await whyNotRunning(copied, account)) === undefined) return copied
  await copyNative({ folder, version }, copies, account)
  const cause = await whyNotRunning(copied, account)
  if (cause === undefined) return copied
  throw new DatabaseError('the embedded PostgreSQL does not run on this machine', {
    sqlState: '58000',
    detail: cause.message.trim(),
    hint: 'Its binaries want glibc (Alpine has musl), and a folder that is not mounted noexec.',
    cause,
  })
}

/** The programs where npm has installed them, whether they run there or not. */
export function installedBinaries({ folder, version }: NativePackage): NativeBinaries {
  return binariesOf(folder, version)
}

function binariesOf(folder: string, version: string): NativeBinaries {
  return {
    initdb: join(folder, 'bin', 'initdb'),
    postgres: join(folder, 'bin', 'postgres'),
    majorVersion: Number.parseInt(version, 10),
  }
}

/** @returns undefined where they run */
export async function whyNotRunning(
  binaries: NativeBinaries,
  account: Account | undefined,
): Promise<Error | undefined> {
  try {
    const ids = account === undefined ? {} : { uid: account.uid, gid: account.gid }
    await promisify(execFile)(binaries.postgres, ['--version'], {
      cwd: '/',
      env: {},
      timeout: 10_000,
      ...ids,
    })
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Copies into place in one step, so that no process ever sees half a copy. */
async function copyNative(
  { folder: source, version }: NativePackage,
  copies: string,
  account: Account | undefined,
): Promise<void> {
  const name = `postgres-${version}`
  await mkdir(copies, { recursive: true, mode: 0o711 })
  const half = await mkdtemp(join(copies, `${name}.half-`))
  try {
    // Static libraries and headers are for building against PostgreSQL.
    const filter = (path: string) => !path.endsWith('.a') && !path.endsWith('/include')
    const native = join(half, 'native')
    await cp(source, native, { recursive: true, verbatimSymlinks: true, filter })
    await openToAll(native)
    await restoreLinks(native)
    const place = join(copies, name)
    await rename(native, place).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
      // What another process has just put there is as good; something unusable is replaced.
      if ((await whyNotRunning(binariesOf(place, version), account)) === undefined) return
      await rm(place, { recursive: true, force: true })
      await rename(native, place)
    })
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

/** Lets the other account read and run the package, whatever the umask was when it was installed. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, folder.endsWith('/bin') ? 0o755 : 0o644)
  }
}
