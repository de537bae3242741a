/** Which modules of the bundle are read together: a file takes Node.js a millisecond, however small it is. */
import type { CodeSplittingOptions, Plugin } from 'rolldown'

/** Modules by whose static imports a file of the bundle is made. */
export interface ChunkRoots {
  /** The name of the file. */
  readonly name: string
  readonly modules: readonly string[]
}

export interface Chunks {
  readonly plugin: Plugin
  readonly codeSplitting: CodeSplittingOptions
}

/**
 * A file each for what some modules need from the first to the last line, and so would be read in any case. What several of
 * them need is in the first.
 * @param entries what these need remains by itself: they are read without the rest
 */
export function chunksOf(entries: readonly string[], roots: readonly ChunkRoots[]): Chunks {
  const imports = new Map<string, readonly string[]>()
  const places = new Map<string, string>()
  const plugin: Plugin = {
    name: 'millrace-chunks',
    moduleParsed: ({ id, importedIds }) => {
      imports.set(id, importedIds)
    },
    buildEnd: () => {
      const kept = reached(entries, imports)
      for (const { name, modules } of roots) {
        const unknown = modules.find((id) => !imports.has(id))
        if (unknown !== undefined) throw new Error(`the bundle has no ${unknown}`)
        for (const id of reached(modules, imports)) {
          if (!kept.has(id) && !places.has(id)) places.set(id, name)
        }
      }
    },
  }
  return {
    plugin,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: roots.map(({ name }) => ({ name, test: (id: string) => places.get(id) === name })),
    },
  }
}

/** Modules with all that they import statically, and what that imports. */
function reached(modules: readonly string[], imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  const visit = (id: string): void => {
    const imported = imports.get(id)
    if (imported === undefined || found.has(id)) return
    found.add(id)
    imported.forEach(visit)
  }
  modules.forEach(visit)
  return found
}
