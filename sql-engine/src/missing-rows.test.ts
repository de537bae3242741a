/** Statements over tables whose plugin goes on without what its API fails to give. */
import { ApiError, definePlugin, equalValue, tablesOf, text } from '@millrace/plugin-sdk'
import { afterEach, expect } from 'vitest'
import { z } from 'zod'
import type { ClientSession } from './testing/client-session.js'
import { freshEngineTest } from './testing/engine-test.js'

const parts = ['north', 'south', 'west']
/** Parts whose calls fail. */
const failing = new Set<string>()
/** Parts that were asked, with the word. */
const asked: string[] = []

async function answer(part: string, word: string): Promise<void> {
  asked.push(`${part} ${word}`.trim())
  if (failing.has(part)) throw new ApiError(`${part} is closed`, { detail: 'come back tomorrow' })
}

const columns = { part: text('Part'), word: text('Word'), meaning: text('Meaning') }
const defineTable = tablesOf<undefined>()
const place = defineTable({
  name: 'place',
  description: 'One row of each part, for each word.',
  columns,
  keys: { word: { operators: ['='], valuesPerCall: 1 } },
  examples: [],
  async *list(scan) {
    const word = equalValue(scan.quals.word) ?? ''
    for (const part of parts) {
      try {
        await scan.call('List', () => answer(part, word))
        yield [{ part, word, meaning: `${word} of ${part}` }]
      } catch (error) {
        scan.leaveOut(`the ${part}`, error)
      }
    }
  },
})

const plugin = definePlugin({
  name: 'parts',
  description: 'Rows of parts, any of which may fail.',
  config: z.unknown(),
  connect: () => undefined,
  tables: [place, { ...place, name: 'known', cache: { lookup: 'word' } }],
})

const test = freshEngineTest({ plugin, connectionName: 'here', cache: { ttl: 60_000, maxBytes: 10_000_000 } })

afterEach(() => {
  failing.clear()
  asked.length = 0
})

async function rowsOf(
  session: ClientSession,
  sql: string,
): Promise<{ rows: unknown[]; notices: string[]; asked: string[] }> {
  session.notices.length = 0
  asked.length = 0
  const rows = (await session.query(sql)).map((row) => Object.values(row)[0])
  return { rows: rows.sort(), notices: [...session.notices], asked: [...asked] }
}

const notice = (part: string) =>
  `rows of the ${part} are missing: connection "here": place: List: ${part} is closed (come back tomorrow)`

test('each part that is missing is told, each time, until nothing is; what is whole is kept', async ({
  session,
}) => {
  failing.add('north').add('west')
  const incomplete = { rows: ['south'], notices: [notice('north'), notice('west')], asked: parts }
  expect(await rowsOf(session, 'select part from place')).toEqual(incomplete)
  expect(await rowsOf(session, 'select part from place')).toEqual(incomplete)
  failing.clear()
  expect(await rowsOf(session, 'select part from place')).toEqual({ rows: parts, notices: [], asked: parts })
  failing.add('north')
  expect(await rowsOf(session, 'select part from place')).toEqual({ rows: parts, notices: [], asked: [] })
})

test('the client is told once of what several scans, or several keys, lack', async ({ session }) => {
  failing.add('north')
  const self = await rowsOf(session, 'select a.part from place a join place b using (part)')
  expect(self).toMatchObject({ rows: ['south', 'west'], notices: [notice('north')] })
  const keys = await rowsOf(session, `select part from place where word in ('a', 'b', 'c')`)
  expect(keys.rows).toHaveLength(6)
  expect(keys.notices).toEqual([notice('north')])
  const different = await rowsOf(
    session,
    `select a.part from place a join place b using (part) where a.word = 'a' and b.word = 'b'`,
  )
  expect(different).toMatchObject({ rows: ['south', 'west'], notices: [notice('north')] })
})

test('of keys that are kept and others, the others alone are missing', async ({ session }) => {
  await rowsOf(session, `select part from place where word = 'a'`)
  failing.add('west')
  const some = await rowsOf(session, `select part from place where word in ('a', 'b')`)
  expect(some).toEqual({
    rows: ['north', 'north', 'south', 'south', 'west'],
    notices: [notice('west')],
    asked: ['north b', 'south b', 'west b'],
  })
  expect(await rowsOf(session, `select part from place where word = 'a'`)).toMatchObject({
    notices: [],
    asked: [],
  })
})

test('a limit that is reached lacks nothing', async ({ session }) => {
  failing.add('north')
  expect(await rowsOf(session, 'select part from place limit 1')).toMatchObject({
    rows: ['south'],
    notices: [],
  })
  expect(await rowsOf(session, 'select part from place limit 3')).toMatchObject({
    notices: [notice('north')],
  })
})

test('lookups are not kept while rows of theirs are missing', async ({ session }) => {
  const known = notice('north').replace(' place:', ' known:')
  failing.add('north')
  for (const _ of [1, 2]) {
    expect(await rowsOf(session, `select part from known where word = 'a'`)).toMatchObject({
      rows: ['south', 'west'],
      notices: [known],
    })
  }
  failing.clear()
  const whole = { rows: parts, notices: [] }
  expect(await rowsOf(session, `select part from known where word = 'a'`)).toMatchObject(whole)
  failing.add('north')
  expect(await rowsOf(session, `select part from known where word = 'a'`)).toEqual({ ...whole, asked: [] })
})
