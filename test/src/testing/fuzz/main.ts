/**
 * `npm run fuzz -- --count N --seed S`: as many random statements as asked for, over random virtual tables,
 * against the same rows in ordinary tables. Ends with exit status 1 after a mismatch.
 */
import { parseArgs } from 'node:util'
import { startTestPostgres } from '@millrace/sql-engine/postgres/testing'
import { describeCounts, fuzzStatements } from './fuzz-statements.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** With every optimisation off. */
    twin: { type: 'boolean', default: false },
  },
})

const started = performance.now()
const postgres = await startTestPostgres()
try {
  const counts = await fuzzStatements({
    postgres,
    count: Number(values.count),
    seed: Number(values.seed),
    optimisations: values.twin ? 'none' : 'all',
    tell: (line) => console.log(line),
  })
  const seconds = (performance.now() - started) / 1000
  console.log(`${describeCounts(counts)}, ${(counts.statements / seconds).toFixed(0)} statements a second`)
  if (counts.mismatches > 0) process.exitCode = 1
} finally {
  await postgres.stop()
}
