/**
 * The end-to-end tests once more, in the PostgreSQL of a Debian package, where Millrace has no superuser: all that goes
 * through the gateway, but for what is said below.
 */
import { defineConfig } from 'vitest/config'
import usual from './vitest.config.js'

export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    projects: undefined,
    globalSetup: [],
    include: ['server/src/*.test.ts', 'test/src/*.test.ts'],
    exclude: [
      // Frames, and clients that do harm: these take minutes, and what they are about is the gateway alone.
      'server/src/{faults,hostile-clients,random-frames,parity.property}.test.ts',
      // Homes of the embedded PostgreSQL, and users who own its database.
      'server/src/{former-home,users-settings}.test.ts',
      // Users of the configuration, for whom Millrace makes roles there alone; and the deaths of its process.
      'server/src/{attacks,ceilings,client-certificates,killed-engine,logins,users}.test.ts',
      // In a PostgreSQL of one's own by themselves.
      'server/src/guest-*.test.ts',
      // No gateway: documents and packages.
      'test/src/documents.test.ts',
      // What APIs answer, and what becomes of it before it reaches any PostgreSQL: the same as in the one that comes along.
      'test/src/{failing-regions,failures,fetching-limits,file-tables,http-json-example,ignored-errors}.test.ts',
      'test/src/{known-cache-faults,known-faults,newest-events,optional-connections,s3-events}.test.ts',
      'test/src/trail-event-conditions.test.ts',
    ],
  },
})
