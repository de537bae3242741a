/** Random queries over virtual tables give what they give over ordinary tables with the same rows. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Choices } from './testing/choices.js'
import { type PropertyHarness, setsOfRows, startPropertyHarness } from './testing/property-harness.js'
import { randomFirstRows, randomQuery } from './testing/random-query.js'

/** MILLRACE_PROPERTY_RUNS makes a long run, of other cases each time. */
const wantedRuns = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 0)
const isLong = wantedRuns > 0
const numRuns = isLong ? wantedRuns : 100
const sets = isLong ? 200 : 12

/** By PostgreSQL's names; HV002 is fdw_dynamic_parameter_value_needed. */
const duplicateColumn = '42701'
const queryCanceled = '57014'
const dynamicParameterValueNeeded = 'HV002'

const cases = fc.record({
  set: fc.nat({ max: sets - 1 }),
  numbers: fc.array(fc.nat({ max: 9999 }), { minLength: 0, maxLength: 300, size: 'max' }),
})

const hour = 3_600_000

describe.each([
  { title: 'over an API that filters by every operator', filtering: 'every operator', sets, ttl: 0 },
  { title: 'over an API that filters by equality', filtering: 'equality', sets, ttl: 0 },
  { title: 'with every optimisation off', filtering: 'every operator', sets, ttl: 0, optimisations: 'none' },
  { title: 'of the first rows', filtering: 'every operator', sets, ttl: 0, query: randomFirstRows },
  { title: 'by EXECUTE', filtering: 'every operator', sets, ttl: 0, way: 'by EXECUTE' },
  { title: 'by a view', filtering: 'every operator', sets, ttl: 0, way: 'by a view' },
  { title: 'by a function', filtering: 'every operator', sets, ttl: 0, way: 'by a function' },
  { title: 'over views', filtering: 'every operator', sets, ttl: 0, way: 'over views' },
  // Few sets of rows, so that statements meet what others have left.
  { title: 'over rows that were kept', filtering: 'every operator', sets: 3, ttl: hour },
] as const)('$title', ({ title, filtering, sets, ttl, ...more }) => {
  let harness: PropertyHarness

  beforeAll(async () => {
    harness = await startPropertyHarness({
      rows: setsOfRows(sets).slice(ttl === 0 ? 0 : -1),
      filtering,
      // So few that rows come and go.
      cache: { ttl, maxBytes: 300_000 },
      ...more,
    })
  })
  afterAll(() => harness?.stop())

  test(
    'the answer is what PostgreSQL gives over ordinary tables',
    async () => {
      const counts = { answered: 0, keyMissing: 0, failed: 0, tooSlow: 0 }
      await fc.assert(
        fc.asyncProperty(cases, async ({ set: chosen, numbers }) => {
          const set = ttl === 0 ? chosen : 0
          const write = ('query' in more ? more.query : undefined) ?? randomQuery
          const query = write(new Choices(numbers))
          const { virtual, expected } = await harness.run(query, set, 'way' in more ? more.way : undefined)
          if ([virtual.sqlState, expected.sqlState].includes(queryCanceled)) counts.tooSlow++
          else if (virtual.sqlState === dynamicParameterValueNeeded) counts.keyMissing++
          // A view's columns need names of their own.
          else if (virtual.sqlState === duplicateColumn) counts.failed++
          // Of several things that are wrong with a query, each may tell another.
          else if (expected.sqlState !== undefined && virtual.sqlState !== undefined) counts.failed++
          else {
            counts.answered++
            expect({ query, ...virtual }).toEqual({ query, ...expected })
          }
        }),
        // Shrinking takes its time.
        isLong ? { numRuns } : { numRuns, seed: 20_261_124 },
      )
      expect(counts.answered + counts.keyMissing + counts.failed + counts.tooSlow).toBe(numRuns)
      if (isLong) console.info(counts, `${harness.calls.length} calls`)
      const ordered = harness.calls.filter(({ order }) => order !== undefined)
      if (title === 'of the first rows') expect(ordered.length).toBeGreaterThan(20)
      expect(counts.keyMissing).toBeLessThan(counts.answered / 5)
      expect(counts.failed + counts.tooSlow).toBeLessThan(counts.answered / 5)
    },
    isLong ? 7_200_000 : 600_000,
  )
})
