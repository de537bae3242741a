/** Builds the page of the console, which is served as files. */
import { cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'vite'

/**
 * @param folder gets the page
 * @returns the files of others that are in it
 */
export async function writePage(root: string, folder: string): Promise<readonly string[]> {
  const workspace = join(root, 'console')
  const built = await build({ configFile: join(workspace, 'vite.config.ts'), logLevel: 'warn' })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) =>
    'output' in one ? one.output : [],
  )
  await cp(join(workspace, 'dist', 'page'), folder, { recursive: true })
  const from = join(workspace, 'src', 'page')
  const files = outputs.flatMap((file) =>
    file.type === 'chunk' ? file.moduleIds : file.originalFileNames.map((name) => resolve(from, name)),
  )
  // Vite's own modules begin with a character that no path has.
  return files.filter((file) => !file.startsWith('\0') && file.includes('/node_modules/'))
}
