/** What becomes of results that are larger than anybody looks at. */
import { afterEach, expect, test } from 'vitest'
import { partRows, type RunEvent } from '../protocol/messages.js'
import type { Database, DatabaseSession } from './database.js'
import { HeldResults } from './held-results.js'
import { type ResultLimits, runStatement } from './run-statement.js'
import { TypeNames } from './type-names.js'

const results = new HeldResults()

afterEach(() => results.dropAll())

/** A database whose every result has no end. */
class Endless implements Database {
  read = 0
  ended = 0

  async open(): Promise<DatabaseSession> {
    const endless = this
    return {
      async *read(text) {
        if (/millrace\.scan|pg_catalog/.test(text)) return
        for (;;) {
          const rows = Array.from({ length: partRows }, () => [String(endless.read++)])
          yield { columns: [{ name: 'n', type: 23 }], rows }
        }
      },
      command: async () => 0,
      cancel: () => {},
      end: async () => {
        endless.ended++
      },
    }
  }
}

async function run(limits: ResultLimits) {
  const database = new Endless()
  const events: RunEvent[] = []
  await runStatement('select n from endless', {
    session: await database.open(),
    results,
    types: new TypeNames(database),
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    limits,
  })
  return { database, events, last: events.at(-1) }
}

test.each([
  ['rows', { rows: 3_000, bytes: Number.POSITIVE_INFINITY }],
  ['bytes', { rows: Number.POSITIVE_INFINITY, bytes: 20_000 }],
])('a result of too many %s is cut, and says so', async (_, limits) => {
  const { database, events, last } = await run(limits)
  expect(last).toMatchObject({ kind: 'ended', isCut: true, result: expect.any(String) })
  if (last?.kind !== 'ended' || last.result === undefined) throw new Error('it has not ended well')
  expect(last.rows).toBe(database.read)
  expect(last.rows).toBeLessThan(5_000)
  const sent = events.flatMap((event) => (event.kind === 'rows' ? event.rows : []))
  expect(sent).toHaveLength(1_000)
  const spool = results.find(last.result)
  const all: string[] = []
  for await (const rows of spool?.rows() ?? []) all.push(...rows.map(([n]) => String(n)))
  expect(all).toEqual(Array.from({ length: last.rows }, (_, index) => String(index)))
  expect(await spool?.part(last.rows / partRows)).toBeUndefined()
  // The statement's own, and the one for the names of types.
  expect(database.ended).toBe(2)
})

test('a result that was dropped is gone, also for a file that is being made of it', async () => {
  const { last } = await run({ rows: 3_000, bytes: Number.POSITIVE_INFINITY })
  if (last?.kind !== 'ended' || last.result === undefined) throw new Error('it has not ended well')
  const rows = results.find(last.result)?.rows()
  await rows?.next()
  await results.drop(last.result)
  await expect(rows?.next()).rejects.toThrow('the result is gone')
  expect(results.find(last.result)).toBeUndefined()
})
