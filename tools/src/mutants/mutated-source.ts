/**
 * Hooks of Node's for loading modules, so that one process has many planners side by side: what is imported with
 * `?mutant=7` imports all else of this repository in the same way, and its one changed module is that of mutant 7.
 */
import { readFile } from 'node:fs/promises'
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module'

/** A module of this repository as a mutant has it. */
export interface MutatedModule {
  readonly url: string
  readonly source: string
}

/** A folder with a JSON file for each mutant, by its number. */
let folder = ''

/** The name of its file there. */
export const mutantFile = (mutant: number | string) => `mutant-${mutant}.json`

export const initialize: InitializeHook<string> = (data) => {
  folder = data
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context)
  const mutant = numberOf(context.parentURL ?? '')
  const isOwn = resolved.url.startsWith('file:') && !resolved.url.includes('/node_modules/')
  return mutant === undefined || !isOwn || numberOf(resolved.url) !== undefined
    ? resolved
    : { ...resolved, url: `${resolved.url}?mutant=${mutant}` }
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const mutant = numberOf(url)
  if (mutant === undefined) return nextLoad(url, context)
  const mutated: MutatedModule = JSON.parse(await readFile(`${folder}/${mutantFile(mutant)}`, 'utf8'))
  return url.startsWith(`${mutated.url}?`)
    ? { format: 'module', source: mutated.source, shortCircuit: true }
    : nextLoad(url, context)
}

function numberOf(url: string): string | undefined {
  return /\?mutant=(\d+)$/.exec(url)?.[1]
}
