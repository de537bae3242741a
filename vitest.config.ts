import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** A file with the change that `npm run mutants` wants made to a source. */
const mutantFile = process.env.MILLRACE_MUTANT

function mutating(path: string) {
  const { file, find, replace } = JSON.parse(readFileSync(path, 'utf8'))
  return {
    name: 'mutant',
    enforce: 'pre' as const,
    transform: (code: string, id: string) =>
      id.split('?')[0]?.endsWith(`/${file}`) ? code.replace(find, () => replace) : undefined,
  }
}

export default defineConfig({
  plugins: mutantFile === undefined ? [] : [mutating(mutantFile)],
  // Workspace packages resolve to their TypeScript sources, so tests need no build.
  resolve: { conditions: ['millrace-source', 'node', 'default'] },
  ssr: { resolve: { conditions: ['millrace-source', 'node', 'default'] } },
  test: {
    include: ['**/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file may run an engine of its own; a small machine bears two at once.
    maxWorkers: 2,
  },
})
