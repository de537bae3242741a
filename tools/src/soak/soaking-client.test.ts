/** Whether the soak would find a wrong answer, by answers that are right and an oracle that is wrong. */
import { startSandbox } from '@millrace/sandbox/sandbox'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { expect, test } from 'vitest'
import { putInto, soakEvents } from './contents.js'
import { SoakedServer } from './soaked-server.js'
import { soakingClient } from './soaking-client.js'
import { Tally } from './tally.js'

test('a right answer is right, and a wrong one is found', { timeout: 120_000 }, async () => {
  await using sandbox = await startSandbox()
  const events = soakEvents(1)
  putInto(sandbox, events)
  const server = await SoakedServer.start(sandbox)
  try {
    const client = new pg.Client(server.config)
    await client.connect()
    await client.query('create table soak_kept (client int, number int)')
    await client.query(
      "create function soak_city(address inet) returns text language sql as $$ select 'nowhere' $$",
    )
    await client.end()
    const soaked = async (right: typeof events, seed: number) => {
      const tally = new Tally()
      const enough = new AbortController()
      const noteRight = tally.noteRight.bind(tally)
      let asked = 0
      tally.noteRight = (kind) => {
        noteRight(kind)
        if (++asked === 60) enough.abort()
      }
      const kept = { client: seed, committed: new Set<number>(), uncertain: new Set<number>(), next: 0 }
      const random = new SeededRandom(seed)
      const { signal } = enough
      await soakingClient({
        config: server.config,
        random,
        events: right,
        kept,
        tally,
        isDisturbed: () => false,
        signal,
      })
      return tally.faults
    }
    const faults = await soaked(events, 1)
    expect(faults.length).toBeGreaterThan(0)
    for (const fault of faults) expect(fault).toMatch(/^a wrong answer to select soak_city/)
    const others = events.filter((_, index) => index % 10 !== 5)
    const wrong = (await soaked(others, 2)).join('\n')
    for (const kind of ['select e.event_name', 'cursor over', 'copy'])
      expect(wrong).toContain(`a wrong answer to ${kind}`)
  } finally {
    await server.remove()
  }
})
