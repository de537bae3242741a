/** A hook of Node's for loading modules: one of them is loaded as a mutant has it. */
import type { InitializeHook, LoadHook } from 'node:module'

export interface MutatedModule {
  readonly url: string
  readonly source: string
}

let mutated: MutatedModule | undefined

export const initialize: InitializeHook<MutatedModule> = (data) => {
  mutated = data
}

export const load: LoadHook = (url, context, nextLoad) =>
  url === mutated?.url
    ? { format: 'module', source: mutated.source, shortCircuit: true }
    : nextLoad(url, context)
