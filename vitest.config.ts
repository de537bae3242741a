import { defineConfig } from 'vitest/config'
import { RetriedTests } from './tools/src/ci/retried-tests.js'

export default defineConfig({
  // Workspace packages resolve to their TypeScript sources, so tests need no build.
  resolve: { conditions: ['millrace-source', 'node', 'default'] },
  ssr: { resolve: { conditions: ['millrace-source', 'node', 'default'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'plugins',
          include: ['plugins/*/src/**/*.test.ts'],
          // Their modules are loaded once for all of a worker's files, which takes a third of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'all else',
          globalSetup: ['cli/src/console/testing/built-page.ts'],
          include: ['**/src/**/*.test.ts'],
          exclude: ['plugins/*/src/**', '**/node_modules/**', '**/dist/**', 'build/**'],
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file may run an engine of its own; many wait most of their time, so that two cores bear three at once.
    maxWorkers: 3,
    // What fails by bad luck on a busy machine must not keep out what has nothing to do with it: CI tries it once more, and
    // names it. A property that has failed has found something, whatever the next random values show.
    ...(process.env.CI === undefined
      ? {}
      : {
          retry: { count: 1, condition: /^(?!Property failed)/ },
          reporters: ['default', new RetriedTests()],
        }),
  },
})
