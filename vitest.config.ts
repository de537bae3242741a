import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Workspace packages resolve to their TypeScript sources, so tests need no build.
  resolve: { conditions: ['millrace-source', 'node', 'default'] },
  ssr: { resolve: { conditions: ['millrace-source', 'node', 'default'] } },
  test: {
    include: ['**/src/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'build/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file may run an engine of its own; a small machine bears two at once.
    maxWorkers: 2,
  },
})
