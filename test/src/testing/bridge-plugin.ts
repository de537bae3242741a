/** The plugin of `test/steampipe-plugin`, built with Go where its sources have changed. */
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const sources = fileURLToPath(new URL('../../steampipe-plugin/', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/millrace/', import.meta.url))

/** Builds take a minute or two, and more where modules have to come. */
export const buildTimeout = 900_000

/** Whether there is a Go to build it with. In CI, there must be one: its want is a failure. */
export function hasGo(): boolean {
  if (process.env.CI === 'true') return true
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('Tests of Steampipe plugins are skipped: there is no Go.')
    return false
  }
}

/** The path of the plugin's file. */
export async function bridgePlugin(): Promise<string> {
  const path = join(cache, `bridge-${await hashOfSources()}.plugin`)
  await mkdir(cache, { recursive: true })
  // Files of tests run side by side: one builds, the others wait.
  const lock = `${path}.lock`
  while (!(await exists(path))) {
    if (!(await attempt(() => mkdir(lock)))) {
      await delay(200)
      continue
    }
    try {
      if (!(await exists(path))) await build(path)
    } finally {
      await rmdir(lock)
    }
  }
  return path
}

/** The same file under another name, by which the plugin behaves otherwise; in a folder that the caller removes. */
export async function bridgePluginAs(
  name: string,
): Promise<{ readonly path: string; readonly folder: string }> {
  const folder = await mkdtemp(join(cache, 'named-'))
  const path = join(folder, `${name}.plugin`)
  await copyFile(await bridgePlugin(), path)
  return { path, folder }
}

async function build(path: string): Promise<void> {
  const unfinished = `${path}.building`
  await promisify(execFile)('go', ['build', '-o', unfinished, '.'], {
    cwd: sources,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GONOSUMDB: '*', GOSUMDB: 'off' },
  })
  for (const old of await readdir(cache)) {
    if (/^bridge-\w+\.plugin$/.test(old)) await rm(join(cache, old))
  }
  await rename(unfinished, path)
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(sources)).sort())
    hash.update(name).update(await readFile(join(sources, name)))
  return hash.digest('hex').slice(0, 16)
}

function exists(path: string): Promise<boolean> {
  return attempt(() => access(path))
}

async function attempt(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch {
    return false
  }
}
