/** What the manifests of the workspaces say that the published packages need. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const rootManifest = z.object({ version: z.string(), workspaces: z.array(z.string()) })

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  engines: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
})

export type Manifest = z.infer<typeof manifest>

export interface WorkspaceManifests {
  /** The version of all. */
  readonly version: string
  readonly byName: ReadonlyMap<string, Manifest>
  /** Exact versions of packages of others. */
  readonly versions: ReadonlyMap<string, string>
}

/**
 * Reads them.
 * @throws Error where a package has another version than the repository, or a dependency's version is not exact, or not
 *   the same everywhere
 */
export async function readManifests(root: string): Promise<WorkspaceManifests> {
  const { version, workspaces } = rootManifest.parse(await readJson(join(root, 'package.json')))
  const manifests = await Promise.all(
    workspaces.map(async (folder) => manifest.parse(await readJson(join(root, folder, 'package.json')))),
  )
  const byName = new Map(manifests.map((one) => [one.name, one]))
  const versions = new Map<string, string>()
  for (const one of manifests) {
    if (one.version !== version) throw new Error(`${one.name} has version ${one.version}, not ${version}`)
    for (const [name, wanted] of Object.entries(one.dependencies)) {
      if (byName.has(name)) continue
      const other = versions.get(name)
      if (!/^\d+\.\d+\.\d+/.test(wanted)) throw new Error(`${one.name} needs ${name} ${wanted}: pin it`)
      if (other !== undefined && other !== wanted) {
        throw new Error(`${one.name} needs ${name} ${wanted}, another package ${other}`)
      }
      versions.set(name, wanted)
    }
  }
  return { version, byName, versions }
}

/** @throws Error where there is no such workspace */
export function manifestOf(manifests: WorkspaceManifests, name: string): Manifest {
  const found = manifests.byName.get(name)
  if (found === undefined) throw new Error(`there is no workspace ${name}`)
  return found
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}
