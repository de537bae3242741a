import { decidingMutants } from './deciding-mutants.js'
import { fetchingMutants } from './fetching-mutants.js'
import type { Mutant } from './mutant.js'
import { plannerMutants } from './planner-mutants.js'

export const allMutants: readonly Mutant[] = [...plannerMutants, ...decidingMutants, ...fetchingMutants]

/** Of each kind one, for a run that has little time. */
const chosen: ReadonlySet<string> = new Set([
  'comparisons: OR is AND',
  'find-pushables: ON of a left join narrows its left side',
  'column-traces: conditions pass through LIMIT',
  'key-query: a left join keeps its left side to itself',
  'pushable-limit: LIMIT counts rows before DISTINCT',
  'needed-columns: USING reads nothing',
])

export const someMutants: readonly Mutant[] = allMutants.filter(({ name }) => chosen.has(name))
