import { fetchingMutants } from './fetching-mutants.js'
import type { Mutant } from './mutant.js'
import { plannerMutants } from './planner-mutants.js'

export const allMutants: readonly Mutant[] = [...plannerMutants, ...fetchingMutants]

/** One of each file: for a run that has little time. */
export const someMutants: readonly Mutant[] = allMutants.filter(
  ({ file }, index) => allMutants.findIndex((other) => other.file === file) === index,
)
