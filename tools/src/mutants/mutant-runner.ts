/** One vitest for many mutants: what it has compiled stays compiled, but for the one file that each changes. */
import { fileURLToPath } from 'node:url'
import { createVitest, type Vitest } from 'vitest/node'
import type { Mutant } from './mutant.js'

/** What test files have to say of a mutant; `found` names the test that failed. */
export type Verdict =
  | { readonly kind: 'found'; readonly file: string; readonly test: string }
  | { readonly kind: 'missed' }
  | { readonly kind: 'not run' }
  /** No test has failed, but none could begin either: a change as crude as this proves nothing. */
  | { readonly kind: 'broken'; readonly reason: string }

export interface MutantRunner {
  /** Runs test files, named from the repository's root, over a changed source. Ends at the first failure. */
  run(mutant: Mutant, tests: readonly string[]): Promise<Verdict>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))

export async function startMutantRunner(): Promise<MutantRunner> {
  let current: Mutant | undefined
  const vitest = await createVitest(
    'test',
    // A worker that has loaded a file before it was changed must not run its tests.
    { root, watch: false, bail: 1, retry: 0, reporters: [{}], isolate: true },
    {
      plugins: [
        {
          name: 'mutant',
          enforce: 'pre',
          transform: (code, id) => {
            if (current === undefined || id.split('?')[0] !== root + current.file) return undefined
            const { find, replace } = current
            return code.replace(find, () => replace)
          },
        },
      ],
    },
  )
  return {
    run: async (mutant, tests) => {
      current = mutant
      forget(vitest, root + mutant.file)
      try {
        return await verdict(vitest, tests)
      } finally {
        current = undefined
        forget(vitest, root + mutant.file)
      }
    },
    close: () => vitest.close(),
  }
}

/** Has a file read and compiled again. (Vitest's own invalidateFile() passes over the root project where there are others.) */
function forget(vitest: Vitest, file: string): void {
  for (const { moduleGraph } of Object.values(vitest.getRootProject().vite.environments)) {
    moduleGraph.onFileChange(file)
  }
}

async function verdict(vitest: Vitest, tests: readonly string[]): Promise<Verdict> {
  const project = vitest.getRootProject()
  const specifications = tests.map((path) => project.createSpecification(root + path))
  const run = await vitest.runTestSpecifications(specifications)
  // It tells of all that it has run before, too.
  const asked = new Set(specifications.map(({ moduleId }) => moduleId))
  const testModules = run.testModules.filter(({ moduleId }) => asked.has(moduleId))
  // An error that nobody awaited makes vitest set it; what this process ends with is for its own summary to say.
  process.exitCode = 0
  for (const module of testModules) {
    for (const test of module.children.allTests('failed')) {
      return { kind: 'found', file: module.relativeModuleId, test: test.fullName }
    }
  }
  const errors = [
    ...testModules.flatMap((module) => [
      ...module.errors(),
      ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ]),
    ...run.unhandledErrors,
  ]
  if (errors.length > 0) return { kind: 'broken', reason: errors.map((error) => messageOf(error)).join('; ') }
  const isPassed = testModules.length === tests.length && testModules.every((module) => module.ok())
  return isPassed ? { kind: 'missed' } : { kind: 'broken', reason: 'not all of its test files have run' }
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error)
}
