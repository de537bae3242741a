/**
 * `npm run fuzz -- --count N --seed S`: as many random statements as asked for, over random virtual tables,
 * against the same rows in ordinary tables. `--frames N` instead: so many random frames to a gateway. Ends with exit
 * status 1 after a mismatch, a crash, or harm to another session.
 */
import { parseArgs } from 'node:util'
import { type StormCounts, stormOfFrames } from '@millrace/server/testing/storm-of-frames'
import { startTestGateway } from '@millrace/server/testing/test-gateway'
import { startTestPostgres } from '@millrace/sql-engine/testing/test-postgres'
import { describeCounts, fuzzStatements } from './fuzz-statements.js'
import { memoryFolder } from './memory-folder.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** With every optimisation off. */
    twin: { type: 'boolean', default: false },
    /** So many of a hundred statements by way of the gateway. */
    gateway: { type: 'string', default: '4' },
    /** Each how many statements one is judged by brute force; 0 for none. */
    'brute-force': { type: 'string', default: '20' },
    /** Random frames instead of statements. */
    frames: { type: 'string' },
  },
})
const seed = Number(values.seed)
const started = performance.now()
const perSecond = (count: number) => Math.round(count / ((performance.now() - started) / 1000))

if (values.frames === undefined) await fuzz(Number(values.count))
else await storm(Number(values.frames))

async function fuzz(count: number): Promise<void> {
  const postgres = await startTestPostgres({ folder: await memoryFolder() })
  let isEnding = false
  // Who has seen a mismatch may end the run; PostgreSQL would stay.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // All clients lose their connections, which is no mismatch.
      isEnding = true
      process.on('uncaughtException', () => {})
      void postgres.stop().finally(() => process.exit(1))
    })
  }
  try {
    const optimisations = values.twin ? 'none' : 'all'
    const tell = (line: string) => {
      if (!isEnding) console.log(line)
    }
    const counts = await fuzzStatements({
      postgres,
      count,
      seed,
      optimisations,
      gateway: Number(values.gateway),
      bruteForce: Number(values['brute-force']),
      tell,
    })
    const shares = [
      ['column in a report', counts.reportColumns],
      ['column in a statement for one rule', counts.ruleColumns],
      ['column', counts.columns],
      ['"key missing"', counts.keys],
    ] as const
    for (const [what, { examples }] of shares)
      for (const example of examples) console.log(`needless ${what}: ${example}`)
    console.log(`${describeCounts(counts)}, ${perSecond(counts.statements)} statements a second`)
    if (counts.mismatches > 0) process.exitCode = 1
  } finally {
    await postgres.stop()
  }
}

async function storm(frames: number): Promise<void> {
  const harness = await startTestGateway()
  const describe = ({ frames: sent, sessions, watched, slowest }: StormCounts) =>
    `seed ${seed}: ${sent} frames in ${sessions} sessions, ${perSecond(sent)} a second; the watching session made ` +
    `${watched} statements, the slowest in ${Math.round(slowest)} ms`
  try {
    const counts = await stormOfFrames(harness, { frames, seed }, (so) => console.log(describe(so)))
    console.log(describe(counts))
  } finally {
    await harness.stop()
  }
}
