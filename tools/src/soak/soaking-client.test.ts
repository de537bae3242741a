/** Whether the soak would find a wrong answer, by answers that are right and an oracle that is wrong. */
import { startSandbox } from '@millrace/sandbox/sandbox'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { expect, test } from 'vitest'
import { putInto, soakEvents } from './contents.js'
import { SoakedServer } from './soaked-server.js'
import { soakingClient } from './soaking-client.js'
import { Tally } from './tally.js'

/** Right answers after which a client ends although it has not found what is wrong. */
const mostRights = 400

const isWrong = (fault: string, kind: string) => fault.startsWith(`a wrong answer to ${kind}`)

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
    /**
     * @returns the faults of a client that ends once it has had some right answers and all the faults that are wanted.
     * Which statements come depends on when others end, such as those that time out: how many it takes is not known.
     */
    const soaked = async (right: typeof events, seed: number, wanted: readonly string[]) => {
      const enough = new AbortController()
      const endIfEnough = () => {
        const hasAll = wanted.every((kind) => tally.faults.some((fault) => isWrong(fault, kind)))
        if (tally.right >= (hasAll ? 60 : mostRights)) enough.abort()
      }
      const tally = new Tally(endIfEnough)
      const noteRight = tally.noteRight.bind(tally)
      tally.noteRight = (kind) => {
        noteRight(kind)
        endIfEnough()
      }
      const kept = { client: seed, committed: new Set<number>(), uncertain: new Set<number>(), next: 0 }
      const random = new SeededRandom(seed)
      const { signal } = enough
      const { config } = server
      await soakingClient({ config, random, events: right, kept, tally, isDisturbed: () => false, signal })
      return tally.faults
    }
    const inFunction = 'select soak_city'
    const faults = await soaked(events, 1, [inFunction])
    expect(faults).not.toEqual([])
    expect(faults.filter((fault) => !isWrong(fault, inFunction))).toEqual([])
    const others = events.filter((_, index) => index % 10 !== 5)
    const kinds = ['select e.event_name', 'cursor over', 'copy']
    const wrong = await soaked(others, 2, kinds)
    for (const kind of kinds) expect(wrong.filter((one) => isWrong(one, kind))).not.toEqual([])
  } finally {
    await server.remove()
  }
})
