/**
 * `npm run mutants`: each of many wrong planners, one at a time, against the tests that are to find it and against random
 * statements. Ends with exit status 1 when the tests miss one, or the statements more than one in twenty of those that
 * they could find.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { allMutants, someMutants } from './all-mutants.js'
import type { Mutant } from './mutant.js'

const { values } = parseArgs({
  options: {
    /** Those only whose names hold this. */
    only: { type: 'string', default: '' },
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

/** What vitest's JSON reporter tells, as far as it matters here. */
const reportSchema = z.object({ numFailedTests: z.number() })

type Verdict = 'found' | 'missed' | 'not run'

interface Outcome {
  readonly mutant: Mutant
  readonly tests: Verdict
  readonly fuzz: Verdict
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'millrace-mutants-'))
const outcomes: Outcome[] = []
try {
  const mutants = (values.short ? someMutants : allMutants).filter(({ name }) => name.includes(values.only))
  for (const mutant of mutants) {
    const outcome = await run(mutant)
    outcomes.push(outcome)
    console.log(`${outcome.tests.padEnd(8)} ${outcome.fuzz.padEnd(8)} ${mutant.name}`)
  }
} finally {
  await rm(folder, { recursive: true })
}
conclude()

async function run(mutant: Mutant): Promise<Outcome> {
  const { file, find, replace, tests, beyondFuzz } = mutant
  const path = join(folder, 'mutant.json')
  await writeFile(path, JSON.stringify({ file, find, replace }))
  const environment = { MILLRACE_MUTANT: path }
  const fuzzed = { ...environment, MILLRACE_FUZZ_COUNT: values.count, MILLRACE_FUZZ_SEED: values.seed }
  return {
    mutant,
    tests: values['no-tests'] ? 'not run' : await verdict(tests, environment),
    fuzz:
      values['no-fuzz'] || beyondFuzz !== undefined
        ? 'not run'
        : await verdict(['tools/src/mutants/fuzz.test.ts'], fuzzed),
  }
}

async function verdict(tests: readonly string[], environment: Record<string, string>): Promise<Verdict> {
  const report = join(folder, 'report.json')
  const vitest = spawn(
    'npx',
    ['vitest', 'run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...tests],
    {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: 'ignore',
    },
  )
  const [code] = await once(vitest, 'exit')
  if (code === 0) return 'missed'
  const { numFailedTests } = reportSchema.parse(JSON.parse(await readFile(report, 'utf8')))
  await rm(report)
  // A change that no test can even begin with proves nothing.
  if (numFailedTests === 0) throw new Error(`no test of ${tests.join(', ')} has run`)
  return 'found'
}

function conclude(): void {
  const share = (which: 'tests' | 'fuzz') => {
    const judged = outcomes.filter((outcome) => outcome[which] !== 'not run')
    const found = judged.filter((outcome) => outcome[which] === 'found')
    return { judged: judged.length, found: found.length }
  }
  const [tests, fuzz] = [share('tests'), share('fuzz')]
  console.log(
    `${outcomes.length} mutants; the tests found ${tests.found} of ${tests.judged}, ` +
      `${values.count} random statements ${fuzz.found} of ${fuzz.judged}`,
  )
  if (tests.found < tests.judged || fuzz.found < fuzz.judged * 0.95) process.exitCode = 1
}
