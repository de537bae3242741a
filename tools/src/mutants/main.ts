/**
 * `npm run mutants`: each of many wrong planners, one at a time, against the tests that are to find it and against random
 * statements. Ends with exit status 1 when the tests miss one, or the statements more than one in twenty of those that
 * they could find.
 */
import { parseArgs } from 'node:util'
import { kinds } from '../fuzz/rare-statements.js'
import { allMutants, someMutants } from './all-mutants.js'
import { startFuzzRunner } from './fuzz-runner.js'
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
    /** Statements of one kind only. */
    kind: { type: 'string' },
    /** So many mutants are asked side by side, without the tests. */
    jobs: { type: 'string', default: '2' },
    /** Tells the first statement that a mutant answers wrongly, and how. */
    verbose: { type: 'boolean', default: false },
  },
})

const notRun = { kind: 'not run' } as const

const isWanted = ({ name }: Mutant) => values.only.some((text) => name.includes(text))
const mutants = (values.short ? someMutants : allMutants).filter(isWanted)
const tell = (line: string) => console.log(line)
const fuzz = values['no-fuzz']
  ? undefined
  : await startFuzzRunner({
      count: Number(values.count),
      seed: Number(values.seed),
      kind: kinds.find((kind) => kind === values.kind),
      tell,
    })
const runner = values['no-tests'] ? undefined : await startMutantRunner()
const outcomes: Outcome[] = []
const waiting = [...mutants]
try {
  // The tests take one at a time.
  const side = runner === undefined ? Number(values.jobs) : 1
  await Promise.all(Array.from({ length: side }, judgeWaiting))
} finally {
  await runner?.close()
  await fuzz?.close()
}
const { lines, isGood } = summary(
  outcomes.toSorted((one, other) => mutants.indexOf(one.mutant) - mutants.indexOf(other.mutant)),
  values.count,
)
for (const line of lines) console.log(line)
process.exitCode = isGood ? 0 : 1

async function judgeWaiting(): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const outcome: Outcome = {
      mutant,
      tests: runner === undefined ? notRun : await runTests(mutant, runner.run),
      fuzz: fuzz === undefined || mutant.beyondFuzz !== undefined ? notRun : await fuzz.run(mutant),
    }
    outcomes.push(outcome)
    console.log(`${outcome.tests.kind.padEnd(8)} ${outcome.fuzz.kind.padEnd(8)} ${mutant.name}${by(outcome)}`)
    if (values.verbose && 'fault' in outcome.fuzz && outcome.fuzz.fault !== undefined)
      console.log(`  ${outcome.fuzz.fault}`)
  }
}

/** What has found it, or how much has been tried. */
function by({ tests, fuzz }: Outcome): string {
  const parts = [
    ...(tests.kind === 'found' ? [`${tests.file}: ${tests.test}`] : []),
    ...(fuzz.kind === 'broken' ? [`twice: ${fuzz.reason}`] : []),
    ...('statements' in fuzz ? [`${fuzz.run} of ${fuzz.statements} statements were run`] : []),
  ]
  return parts.length === 0 ? '' : `  (${parts.join('; ')})`
}

/** The likeliest file first: one that finds it spares the others. */
async function runTests(mutant: Mutant, run: MutantRunner['run']): Promise<Verdict> {
  const [likeliest, ...others] = mutant.tests
  const first = await run(mutant, [likeliest])
  const found = first.kind === 'missed' && others.length > 0 ? await run(mutant, others) : first
  // A test may fail because the machine is busy; one that finds a mutant finds it again.
  return found.kind === 'found' ? run(mutant, [found.file]) : found
}
