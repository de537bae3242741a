/** How long property tests run: short by default; MILLRACE_PROPERTY_RUNS says how many cases instead. */
import type { Parameters } from 'fast-check'

/** Room enough for a long run, in milliseconds. */
const longTimeout = 3_600_000

/** @param usual cases of a short run, which are the same each time */
export function propertyRuns(usual: number): Pick<Parameters, 'numRuns' | 'seed'> {
  const wanted = Number(process.env.MILLRACE_PROPERTY_RUNS ?? 0)
  return wanted > 0 ? { numRuns: wanted } : { numRuns: usual, seed: 20_260_101 }
}

/** The time that a property test may take, in milliseconds. */
export const propertyTimeout = process.env.MILLRACE_PROPERTY_RUNS === undefined ? 120_000 : longTimeout
