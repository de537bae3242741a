/** Random queries over virtual tables give what they give over ordinary tables with the same rows. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Choices } from './testing/choices.js'
import { type PropertyWorld, setsOfRows, startPropertyWorld } from './testing/property-world.js'
import { randomQuery } from './testing/random-query.js'

/** MILLRACE_PROPERTY_RUNS makes a long run, of other cases each time. */
const wantedRuns = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 0)
const isLong = wantedRuns > 0
const sets = isLong ? 200 : 12

/** By PostgreSQL's names: 57014, and HV002 (fdw_dynamic_parameter_value_needed). */
const queryCanceled = '57014'
const dynamicParameterValueNeeded = 'HV002'

const cases = fc.record({
  set: fc.nat({ max: sets - 1 }),
  numbers: fc.array(fc.nat({ max: 9999 }), { minLength: 0, maxLength: 300, size: 'max' }),
})

describe.each(['every operator', 'equality'] as const)('over an API that filters by %s', (filtering) => {
  let world: PropertyWorld

  beforeAll(async () => {
    world = await startPropertyWorld(setsOfRows(sets), filtering)
  })
  afterAll(() => world?.stop())

  test(
    'the answer is what PostgreSQL gives over ordinary tables',
    async () => {
      const counts = { answered: 0, keyMissing: 0, failed: 0, tooSlow: 0 }
      await fc.assert(
        fc.asyncProperty(cases, async ({ set, numbers }) => {
          const query = randomQuery(new Choices(numbers))
          const { virtual, expected } = await world.run(query, set)
          if ([virtual.sqlState, expected.sqlState].includes(queryCanceled)) counts.tooSlow++
          else if (virtual.sqlState === dynamicParameterValueNeeded) counts.keyMissing++
          // Of several things that are wrong with a query, each may tell another.
          else if (expected.sqlState !== undefined && virtual.sqlState !== undefined) counts.failed++
          else {
            counts.answered++
            expect({ query, ...virtual }).toEqual({ query, ...expected })
          }
        }),
        // Shrinking takes its time.
        isLong
          ? { numRuns: wantedRuns }
          : { numRuns: 250, seed: 20_261_124, interruptAfterTimeLimit: 90_000 },
      )
      if (isLong) console.info(counts, `${world.calls.length} calls`)
      expect(counts.keyMissing).toBeLessThan(counts.answered / 5)
      expect(counts.failed + counts.tooSlow).toBeLessThan(counts.answered / 5)
    },
    isLong ? 7_200_000 : 120_000,
  )
})
