/** The built page, before any test runs: two files that need it would build it over one another. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const workspace = fileURLToPath(new URL('../../../../console/', import.meta.url))

/** What it is made of, apart from packages. */
const sources = ['src/page', 'src/protocol', 'vite.config.ts', '../package-lock.json']

/** Builds it, unless it is newer than its sources. */
export async function setup(): Promise<void> {
  const built = await changedAt(join(workspace, 'dist/page/index.html')).catch(() => 0)
  const changed = await Promise.all(sources.map((path) => latestIn(join(workspace, path))))
  if (Math.max(...changed) < built) return
  await build({ configFile: join(workspace, 'vite.config.ts'), logLevel: 'warn' })
}

async function latestIn(path: string): Promise<number> {
  if (!(await stat(path)).isDirectory()) return changedAt(path)
  const entries = await readdir(path, { recursive: true })
  return Math.max(...(await Promise.all(entries.map((entry) => changedAt(join(path, entry))))))
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path)).mtimeMs
}
