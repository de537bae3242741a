/** The folders whose files a connection may read; no others, whatever path or link leads there. */
import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { ApiError } from '@millrace/plugin-sdk'
import { escapePath, glob, isDynamicPattern } from 'tinyglobby'
import { fileError } from './file-error.js'
import { isHttp } from './locations.js'
import { SourceFile } from './source-file.js'

/** The most files that a pattern may have. */
const mostFiles = 10_000

/** The code of the error for a pattern that no file matches. */
export const noFileCode = 'NoFile'

/** Whether a path may mean several files. */
export function isPattern(path: string): boolean {
  return !isHttp(path) && isDynamicPattern(path)
}

export class Folders {
  readonly #folders: readonly string[]

  /** @param folders absolute paths */
  constructor(folders: readonly string[]) {
    this.#folders = folders.map((folder) => resolve(folder))
  }

  /**
   * The paths of the files that a path or a pattern means, in alphabetical order. A relative one is looked for in each of
   * the folders.
   * @throws ApiError where there is none, or it leads out of the folders
   */
  async find(pattern: string, signal: AbortSignal): Promise<readonly string[]> {
    const [folder] = this.#folders
    if (folder === undefined) throw notNamed(pattern, this.#folders)
    if (!isPattern(pattern)) return [await this.#locate(pattern)]
    const patterns = isAbsolute(pattern)
      ? this.#folders.flatMap((each) => within(each, pattern))
      : this.#folders.map((each) => ({ folder: each, pattern }))
    if (patterns.length === 0 || pattern.split(/[/\\]/).includes('..')) throw notNamed(pattern, this.#folders)
    const found = await Promise.all(
      patterns.map(({ folder: cwd, pattern: inside }) =>
        glob(inside, { cwd, absolute: true, expandDirectories: false, followSymbolicLinks: true, signal }),
      ),
    )
    signal.throwIfAborted()
    const paths = [...new Set(found.flat().map((path) => resolve(path)))].sort()
    if (paths.length > mostFiles) throw new ApiError(`${pattern} means more than ${mostFiles} files`)
    if (paths.length === 0) {
      throw new ApiError(`no file matches ${pattern}`, {
        code: noFileCode,
        detail: `It was looked for in ${this.#folders.join(', ')}.`,
        hint: 'Check the pattern, and the setting folders of the connection.',
      })
    }
    return paths
  }

  /**
   * The folders in which files come and go that a pattern means: none for a path, nor for a pattern over many folders.
   */
  holding(pattern: string): readonly string[] {
    const { fixed, rest } = divided(pattern)
    if (!isPattern(pattern) || /[/\\]/.test(rest)) return []
    return this.#folders
      .map((folder) => resolve(folder, fixed))
      .filter((path) => this.#folders.some((folder) => path === folder || isWithin(path, folder)))
  }

  /** The path of one file; the first folder that has a relative one. */
  async #locate(path: string): Promise<string> {
    const candidates = isAbsolute(path)
      ? [resolve(path)]
      : this.#folders.map((folder) => resolve(folder, path))
    const inside = candidates.filter((candidate) =>
      this.#folders.some((folder) => isWithin(candidate, folder)),
    )
    const [first] = inside
    if (first === undefined) throw notNamed(path, this.#folders)
    for (const candidate of inside) {
      const isThere = await stat(candidate).then(
        () => true,
        () => false,
      )
      if (isThere) return candidate
    }
    return first
  }

  /**
   * Opens a file, if it is in one of the folders. What is checked is the file that is opened: its path without symbolic
   * links.
   * @throws ApiError
   */
  async open(path: string, signal: AbortSignal): Promise<SourceFile> {
    signal.throwIfAborted()
    let handle: FileHandle | undefined
    try {
      const real = await realpath(path)
      await this.#check(path, real)
      // A pipe would be waited for; the last part of the path can have become a link since.
      handle = await open(
        real,
        constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0),
      )
      await this.#check(path, await openedPath(handle, real))
      if (!(await handle.stat()).isFile()) {
        throw new ApiError(`${path} cannot be read: it is no file`, {
          hint: 'Folders, pipes and devices are no sources.',
        })
      }
      signal.throwIfAborted()
    } catch (error) {
      await handle?.close()
      signal.throwIfAborted()
      throw fileError(path, error)
    }
    return SourceFile.of(path, handle)
  }

  async #check(path: string, real: string): Promise<void> {
    for (const folder of this.#folders) {
      const root = await realpath(folder).catch(() => undefined)
      if (root !== undefined && isWithin(real, root)) return
    }
    throw path === real ? notNamed(path, this.#folders) : leadsOut(path, this.#folders)
  }
}

/** Where the file that is open is now, without symbolic links. */
async function openedPath(handle: FileHandle, real: string): Promise<string> {
  if (process.platform === 'linux') return readlink(`/proc/self/fd/${handle.fd}`)
  const [opened, there] = [await handle.stat({ bigint: true }), await stat(real, { bigint: true })]
  if (opened.dev === there.dev && opened.ino === there.ino) return realpath(real)
  throw Object.assign(new Error('another file'), { code: 'ELOOP' })
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** An absolute pattern as one within a folder; none where it leads elsewhere. */
function within(folder: string, pattern: string): { readonly folder: string; readonly pattern: string }[] {
  const { fixed, rest } = divided(pattern)
  if (fixed === '' || relative(folder, fixed).startsWith('..')) return []
  const way = relative(folder, resolve(fixed))
  return [{ folder, pattern: way === '' ? rest : join(escapePath(way), rest).replaceAll('\\\\', '/') }]
}

/** A pattern's folders that are named outright, and the rest of it. */
function divided(pattern: string): { readonly fixed: string; readonly rest: string } {
  const [begin = ''] = pattern.split(/[*?[{(!]/)
  const fixed = begin.replace(/[^/\\]*$/, '')
  return { fixed, rest: pattern.slice(fixed.length) }
}

function notNamed(path: string, folders: readonly string[]): ApiError {
  return new ApiError(`${path} is in none of the connection's folders`, {
    code: 'OutsideFolders',
    detail: folders.length === 0 ? 'The connection names no folders.' : `They are ${folders.join(', ')}.`,
    hint: 'Add the folder of the file to the setting folders of the connection.',
  })
}

/** Where a link leads is not said: it is none of the business of those who ask. */
function leadsOut(path: string, folders: readonly string[]): ApiError {
  return new ApiError(
    `${path} is a symbolic link, or behind one, that leads out of the connection's folders`,
    {
      code: 'OutsideFolders',
      detail: `They are ${folders.join(', ')}.`,
      hint: 'Add the folder where the file itself is to the setting folders of the connection.',
    },
  )
}
