/**
 * `npm run mutants`: each of many wrong planners, one at a time, against the tests that are to find it and against random
 * statements. Ends with exit status 1 when the tests miss one, or the statements more than one in twenty of those that
 * they could find.
 */
import { parseArgs } from 'node:util'
import { allMutants, someMutants } from './all-mutants.js'
import type { Mutant } from './mutant.js'
import { type MutantRunner, startMutantRunner, type Verdict } from './mutant-runner.js'
import { type Outcome, summary } from './summary.js'

const { values } = parseArgs({
  options: {
    /** Those only whose names hold this, or one of these. */
    only: { type: 'string', multiple: true, default: [''] },
    /** A few of them. */
    short: { type: 'boolean', default: false },
    /** Leaves the tests, or the random statements, out. */
    'no-tests': { type: 'boolean', default: false },
    'no-fuzz': { type: 'boolean', default: false },
    /** Random statements at most. */
    count: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
  },
})

// fuzz.test.ts reads them.
process.env.MILLRACE_FUZZ_COUNT = values.count
process.env.MILLRACE_FUZZ_SEED = values.seed

const notRun: Verdict = { kind: 'not run' }

const runner = await startMutantRunner()
const outcomes: Outcome[] = []
try {
  for (const mutant of values.short ? someMutants : allMutants) {
    if (!values.only.some((text) => mutant.name.includes(text))) continue
    const outcome = await run(mutant, runner)
    outcomes.push(outcome)
    const by = outcome.tests.kind === 'found' ? `  (${outcome.tests.file}: ${outcome.tests.test})` : ''
    console.log(`${outcome.tests.kind.padEnd(8)} ${outcome.fuzz.kind.padEnd(8)} ${mutant.name}${by}`)
  }
} finally {
  await runner.close()
}
const { lines, isGood } = summary(outcomes, values.count)
for (const line of lines) console.log(line)
process.exitCode = isGood ? 0 : 1

async function run(mutant: Mutant, { run }: MutantRunner): Promise<Outcome> {
  return {
    mutant,
    tests: values['no-tests'] ? notRun : await runTests(mutant, run),
    fuzz:
      values['no-fuzz'] || mutant.beyondFuzz !== undefined
        ? notRun
        : await run(mutant, ['tools/src/mutants/fuzz.test.ts']),
  }
}

/** The likeliest file first: one that finds it spares the others. */
async function runTests(mutant: Mutant, run: MutantRunner['run']): Promise<Verdict> {
  const [likeliest, ...others] = mutant.tests
  const first = await run(mutant, [likeliest])
  const found = first.kind === 'missed' && others.length > 0 ? await run(mutant, others) : first
  // A test may fail because the machine is busy; one that finds a mutant finds it again.
  return found.kind === 'found' ? run(mutant, [found.file]) : found
}
