/** Random statements over random worlds: what the gateway answers is what PostgreSQL answers over ordinary tables. */
import type { TestPostgres } from '@millrace/sql-engine/postgres/testing'
import { Choices } from '@millrace/sql-engine/testing/choices'
import { mutatedQuery } from '@millrace/sql-engine/testing/mutate-query'
import { needlessCalls, repeatedCalls } from '@millrace/sql-engine/testing/needless-calls'
import { choicesOfSeed, type Outcome } from '@millrace/sql-engine/testing/property-world'
import { type RandomQuery, randomQuery } from '@millrace/sql-engine/testing/random-query'
import fc from 'fast-check'
import { type Protocol, protocols } from './client-outcome.js'
import { type FuzzWorld, startFuzzWorld } from './fuzz-world.js'

export interface FuzzOptions {
  readonly postgres: TestPostgres
  /** Statements at least. */
  readonly count: number
  /** The same seed makes the same worlds and statements; the second world of seed 5 is the first of seed 6. */
  readonly seed: number
  readonly optimisations: 'all' | 'none'
  /** Told of each world that is done, and of each mismatch. */
  readonly tell: (line: string) => void
}

export interface FuzzCounts {
  worlds: number
  statements: number
  /** Those that were mutated as syntax trees. */
  mutated: number
  calls: number
  /** By what came of them, with how it was told: `same rows`, `both failed`, `key missing`, … */
  readonly outcomes: Record<string, number>
  mismatches: number
}

const statementsPerWorld = 500

/** Enough numbers for any statement. */
const numbers = fc.array(fc.nat({ max: 9999 }), { minLength: 0, maxLength: 300, size: 'max' })

/** What one client asks, one after the other, when nothing is kept yet. */
const cases = fc.record({
  set: fc.nat({ max: 11 }),
  protocol: fc.constantFrom<Protocol | 'engine'>('engine', ...protocols),
  statements: fc.array(fc.record({ numbers, mutation: numbers }), { minLength: 1, maxLength: 3 }),
})

export async function fuzzStatements(options: FuzzOptions): Promise<FuzzCounts> {
  const { postgres, count, seed, optimisations, tell } = options
  const counts: FuzzCounts = {
    worlds: 0,
    statements: 0,
    mutated: 0,
    calls: 0,
    outcomes: {},
    mismatches: 0,
  }
  for (let worldSeed = seed; counts.statements < count; worldSeed++) {
    const world = await startFuzzWorld(choicesOfSeed(worldSeed), { postgres, optimisations })
    try {
      const wanted = Math.min(statementsPerWorld, count - counts.statements)
      const found = await fuzzWorld(world, worldSeed, wanted, counts, tell)
      counts.worlds++
      if (found !== undefined) {
        counts.mismatches++
        tell(
          `MISMATCH in the world of seed ${worldSeed}, where the ${world.description}\n${describeTables(world)}\n${found}`,
        )
      }
    } finally {
      await world.stop()
    }
    tell(`seed ${worldSeed}: ${describeCounts(counts)}`)
  }
  return counts
}

/** @returns what is wrong, after it has been made as small as it gets */
async function fuzzWorld(
  world: FuzzWorld,
  seed: number,
  wanted: number,
  counts: FuzzCounts,
  tell: FuzzOptions['tell'],
): Promise<string | undefined> {
  const end = counts.statements + wanted
  let last = ''
  /** Nothing can be asked of a world whose client still waits. */
  let isStuck = false
  const property = fc.asyncProperty(cases, async ({ set, protocol, statements }) => {
    if (isStuck || (counts.statements >= end && last === '')) return
    world.counting.engine.forgetRows()
    for (const { numbers: chosen, mutation } of statements) {
      const query = randomQuery(new Choices(chosen), world.tables)
      const mutated = mutation.length === 0 ? undefined : mutatedQuery(query.text, new Choices(mutation))
      if (mutated !== undefined && mutated !== query.text) counts.mutated++
      const asked = { ...query, text: mutated ?? query.text }
      world.counting.calls.length = 0
      const outcomes = await inTime(world.run(asked, set, protocol))
      if (outcomes === undefined) {
        last = `no answer (protocol ${protocol}, rows of set ${set}) to\n  ${describeQuery(asked)}`
        isStuck = true
        return
      }
      counts.statements++
      counts.calls += world.counting.calls.length
      const kind = compare(outcomes)
      const { calls } = world.counting
      const repeated = world.sharesScans ? repeatedCalls(calls) : []
      const needless = [...needlessCalls(asked.text, calls, world.tables), ...repeated]
      if (kind.isSame && needless.length === 0) {
        if (kind.isOdd && counts.outcomes[kind.name] === undefined) {
          tell(`${kind.name}: ${describeMismatch(asked, protocol, set, outcomes, needless)}`)
        }
        counts.outcomes[kind.name] = (counts.outcomes[kind.name] ?? 0) + 1
        continue
      }
      last = describeMismatch(asked, protocol, set, outcomes, needless)
      throw new Error(kind.name)
    }
  })
  const result = await fc.check(property, { numRuns: wanted, seed, interruptAfterTimeLimit: 300_000 })
  return result.failed || isStuck ? last : undefined
}

/** Statements end by themselves long before. In milliseconds. */
const patience = 20_000

async function inTime<Result>(running: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patience, undefined)
  })
  try {
    return await Promise.race([running, late])
  } finally {
    clearTimeout(timer)
  }
}

interface Kind {
  readonly name: string
  readonly isSame: boolean
  /** Allowed, but worth a look. */
  readonly isOdd?: boolean
}

/** By PostgreSQL's names: query_canceled, and fdw_dynamic_parameter_value_needed. */
const queryCanceled = '57014'
const keyMissing = 'HV002'

/** Names of the engine's own, which no client may be told. */
const internalName = /millrace_(?!test)\w+|\bs_[0-9a-f]{4,}/

function compare({ virtual, expected }: { readonly virtual: Outcome; readonly expected: Outcome }): Kind {
  if (internalName.test(virtual.message ?? '')) return { name: 'a name of the engine is told', isSame: false }
  if ([virtual.sqlState, expected.sqlState].includes(queryCanceled)) return { name: 'too slow', isSame: true }
  if (virtual.sqlState === keyMissing) return { name: 'key missing', isSame: true }
  if (expected.sqlState !== undefined && virtual.sqlState !== undefined) {
    if (virtual.sqlState === expected.sqlState && virtual.message === expected.message) {
      return { name: 'same error', isSame: true }
    }
    // Of several things that are wrong with a statement, each server may come upon another first.
    const name = `error ${virtual.sqlState} instead of ${expected.sqlState}`
    return { name, isSame: true, isOdd: true }
  }
  const isSame = JSON.stringify(virtual) === JSON.stringify(expected)
  return { name: isSame ? 'same rows' : 'another answer', isSame }
}

function describeMismatch(
  query: RandomQuery,
  protocol: string,
  set: number,
  { virtual, expected }: { readonly virtual: Outcome; readonly expected: Outcome },
  needless: readonly string[],
): string {
  const lines = [
    `protocol ${protocol}, rows of set ${set}`,
    describeQuery(query),
    `expected ${JSON.stringify(expected)}`,
    `received ${JSON.stringify(virtual)}`,
    ...needless.map((fault) => `needless ${fault}`),
  ]
  return lines.join('\n  ')
}

function describeQuery({ text, parameters }: RandomQuery): string {
  return `${text}\n  parameters ${JSON.stringify(parameters)}`
}

function describeTables({ tables }: FuzzWorld): string {
  return Object.entries(tables)
    .map(([name, { columns, keys }]) => {
      const list = Object.entries(columns).map(([column, { type }]) => {
        const key = keys?.[column]
        return key === undefined ? `${column} ${type}` : `${column} ${type} ${JSON.stringify(key)}`
      })
      return `  ${name} (${list.join(', ')})`
    })
    .join('\n')
}

export function describeCounts(counts: FuzzCounts): string {
  const outcomes = Object.entries(counts.outcomes).map(([name, count]) => `${count} ${name}`)
  const { worlds, statements, mutated, calls, mismatches } = counts
  return [
    `${worlds} worlds`,
    `${statements} statements`,
    `${mutated} of them mutated`,
    ...outcomes,
    `${calls} calls`,
    `${mismatches} mismatches`,
  ].join(', ')
}
