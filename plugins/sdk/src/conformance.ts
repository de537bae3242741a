/**
 * Checks that a plugin's tables are what they say: types, keys, limits, orders, calls and errors, read from their
 * declarations and tried on a stand-in for the API.
 *
 * @example
 * import { testConformance } from '@millrace/plugin-sdk/conformance'
 * import { describe, test } from 'vitest'
 *
 * testConformance({ describe, test }, {
 *   plugin,
 *   connect: () => plugin.connect(config, { connectionName: 'acme', environment: {} }),
 *   tables: { acme_user: { ask: { id: ['u1', 'u2'] } } },
 * })
 */
import { conformanceChecks, type PluginConformance } from './conformance/suite.js'

export { ConformanceFailure } from './conformance/conformance-failure.js'
export {
  type CheckGroup,
  conformanceChecks,
  type PluginConformance,
  type TableConformance,
} from './conformance/suite.js'
export type { Check } from './conformance/trial.js'

/** The two functions of a test runner that are needed; those of vitest, Jest and node:test all do. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  test(name: string, body: () => Promise<void>): unknown
}

/** Makes a test of each check, within a block for each table. */
export function testConformance<Connection>(
  { describe, test }: TestRunner,
  conformance: PluginConformance<Connection>,
): void {
  for (const { name, checks } of conformanceChecks(conformance)) {
    describe(`${name} is as it says`, () => {
      for (const check of checks) test(check.name, () => check.run())
    })
  }
}
