import { bindMutants } from './bind-mutants.js'
import { bridgeMutants } from './bridge-mutants.js'
import { cacheMutants } from './cache-mutants.js'
import { conditionMutants } from './condition-mutants.js'
import { decidingMutants } from './deciding-mutants.js'
import { lookupMutants } from './lookup-mutants.js'
import type { Mutant } from './mutant.js'
import { pluginMutants } from './plugin-mutants.js'
import { runMutants } from './run-mutants.js'
import { scanMutants } from './scan-mutants.js'
import { unreadMutants } from './unread-mutants.js'
import { valueMutants } from './value-mutants.js'

export const allMutants: readonly Mutant[] = [
  ...bindMutants,
  ...conditionMutants,
  ...valueMutants,
  ...scanMutants,
  ...decidingMutants,
  ...unreadMutants,
  ...cacheMutants,
  ...lookupMutants,
  ...runMutants,
  ...pluginMutants,
  ...bridgeMutants,
]

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
