/** What a run of mutants ends with. */
import { expect, test } from 'vitest'
import { bindMutants } from './bind-mutants.js'
import type { FuzzVerdict } from './replay-worker.js'
import { summary } from './summary.js'

const [mutant] = bindMutants
const notRun = { kind: 'not run' } as const
const found: FuzzVerdict = { kind: 'found', fault: 'another answer', statements: 500, run: 3 }
const missed: FuzzVerdict = { kind: 'missed', statements: 3000, run: 0 }
const broken: FuzzVerdict = { kind: 'broken', reason: 'no verdict came in time' }

function summaryOf(verdicts: readonly FuzzVerdict[]) {
  if (mutant === undefined) throw new Error('there is no mutant')
  return summary(
    verdicts.map((fuzz) => ({ mutant, tests: notRun, fuzz })),
    '3000',
  )
}

test('mutants that cannot be judged are not found, and say why', () => {
  expect(summaryOf([found, missed, broken, notRun])).toEqual({
    lines: [
      '',
      '4 mutants',
      '  found by 3000 random statements: 1 of 3; missed:',
      `    ${mutant?.name}`,
      `    ${mutant?.name} (broken: no verdict came in time)`,
    ],
    isGood: false,
  })
})

test('one in twenty may be missed', () => {
  const many = Array.from({ length: 19 }, () => found)
  expect(summaryOf([...many, missed]).isGood).toBe(true)
  expect(summaryOf([...many, broken, broken]).isGood).toBe(false)
})
