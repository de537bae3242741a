/** What a run of mutants comes to. */

import type { Mutant } from './mutant.js'
import type { Verdict } from './mutant-runner.js'
import type { FuzzVerdict } from './replay-worker.js'

export interface Outcome {
  readonly mutant: Mutant
  readonly tests: Verdict
  readonly fuzz: FuzzVerdict
}

/** How many of those that random statements could find they should find at least. */
const fuzzAim = 0.95

export function summary(
  outcomes: readonly Outcome[],
  count: string,
): { lines: readonly string[]; isGood: boolean } {
  const tests = tally(outcomes, 'tests')
  const fuzz = tally(outcomes, 'fuzz')
  return {
    lines: [
      '',
      `${outcomes.length} mutants`,
      ...report('the tests', tests),
      ...report(`${count} random statements`, fuzz),
    ],
    isGood: tests.found === tests.judged && fuzz.found >= fuzz.judged * fuzzAim,
  }
}

interface Tally {
  readonly judged: number
  readonly found: number
  readonly missed: readonly string[]
}

function tally(outcomes: readonly Outcome[], which: 'tests' | 'fuzz'): Tally {
  const judged = outcomes.filter((outcome) => outcome[which].kind !== 'not run')
  const unfound = judged.filter((outcome) => outcome[which].kind !== 'found')
  return {
    judged: judged.length,
    found: judged.length - unfound.length,
    missed: unfound.map(({ mutant, [which]: verdict }) =>
      verdict.kind === 'broken' ? `${mutant.name} (broken: ${verdict.reason})` : mutant.name,
    ),
  }
}

function report(who: string, { judged, found, missed }: Tally): readonly string[] {
  if (judged === 0) return []
  return [
    `  found by ${who}: ${found} of ${judged}${missed.length === 0 ? '' : '; missed:'}`,
    ...missed.map((name) => `    ${name}`),
  ]
}
