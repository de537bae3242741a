/** Random frames, of which `npm run fuzz -- --frames N` sends as many as wanted. */
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { stormOfFrames } from './testing/storm-of-frames.js'
import { startTestGateway } from './testing/test-gateway.js'

test('10,000 random frames: no crash, nobody else is disturbed, no session is left', {
  timeout: 300_000,
}, async () => {
  const harness = await startTestGateway()
  onTestFinished(() => harness.stop())
  const counts = await stormOfFrames(harness, { frames: 10_000, seed: 20_261_125 })
  expect(counts.frames).toBeGreaterThanOrEqual(10_000)
  expect(counts.watched).toBeGreaterThan(10)
  const watcher = new pg.Client(harness.postgres.adminConfig)
  await watcher.connect()
  const left = `select from pg_stat_activity where usename = 'millrace' and pid <> pg_backend_pid()`
  while ((await watcher.query(left)).rowCount !== 0) {}
  await watcher.end()
})
