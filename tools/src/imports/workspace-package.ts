/** The packages of this repository, and what their manifests declare. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { z } from 'zod'
import { type FileContent, readFileContent } from './find-imports.js'

const names = z.record(z.string(), z.string()).default({})

const manifest = z.object({
  name: z.string(),
  workspaces: z.array(z.string()).default([]),
  dependencies: names,
  peerDependencies: names,
  devDependencies: names,
})

export interface SourceFile extends FileContent {
  /** From the package's folder on, with `/`. */
  readonly path: string
}

export interface WorkspacePackage {
  readonly name: string
  /** From the repository's folder on, with `/`. */
  readonly folder: string
  /** Packages that its users get with it. */
  readonly dependencies: ReadonlySet<string>
  /** Packages that only its tests need. */
  readonly developmentDependencies: ReadonlySet<string>
  readonly files: readonly SourceFile[]
}

export interface Workspace {
  readonly packages: readonly WorkspacePackage[]
  /** Packages that the repository's manifest gives to the tests of all. */
  readonly developmentDependencies: ReadonlySet<string>
}

/** Reads all packages with their sources. */
export async function readWorkspace(root: string): Promise<Workspace> {
  const own = await readManifest(root)
  return {
    packages: await Promise.all(own.workspaces.map((folder) => readPackage(root, folder))),
    developmentDependencies: new Set(Object.keys(own.devDependencies)),
  }
}

async function readPackage(root: string, folder: string): Promise<WorkspacePackage> {
  const path = join(root, folder)
  const { name, dependencies, peerDependencies, devDependencies } = await readManifest(path)
  return {
    name,
    folder,
    dependencies: new Set(Object.keys({ ...dependencies, ...peerDependencies })),
    developmentDependencies: new Set(Object.keys(devDependencies)),
    files: await readSources(path),
  }
}

async function readManifest(folder: string): Promise<z.infer<typeof manifest>> {
  return manifest.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
}

async function readSources(folder: string): Promise<SourceFile[]> {
  const sources = join(folder, 'src')
  // A package may be data only.
  if (!existsSync(sources)) return []
  const entries = await readdir(sources, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      const content = readFileContent(path, await readFile(path, 'utf8'))
      return { path: relative(folder, path).split(sep).join('/'), ...content }
    }),
  )
}
