/** Which statement a name stands for, whatever the client did to it since; and texts that are very long or no texts. */
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describe as describeMessage, queryMessage, RawClient } from './testing/raw-client.js'
import { startTestGateway, type TestGateway } from './testing/test-gateway.js'
import { ByteWriter } from './wire/byte-writer.js'
import {
  bindMessage,
  bindRest,
  closeMessage,
  executeMessage,
  parseMessage,
  syncMessage,
} from './wire/frontend-messages.js'

let harness: TestGateway
let raw: RawClient

beforeAll(async () => {
  harness = await startTestGateway()
  raw = await RawClient.connect(harness.config)
})

afterAll(async () => {
  raw?.close()
  await harness?.stop()
})

beforeEach(() => {
  harness.calls.length = 0
})

const city = "select city from place where ip = '1.1.1.1'"
/** Longer than the gateway reads. */
const comment = ` -- ${'x'.repeat(17 << 20)}`
const run = (name: string, value?: Buffer) => [
  bindMessage('', name, bindRest(value && { types: [], formats: [], values: [value] })),
  executeMessage(''),
  syncMessage,
]

/** Sends messages, and gives what is said up to the n-th ReadyForQuery. */
async function say(messages: readonly Buffer[], syncs = 1): Promise<string[]> {
  raw.send(...messages)
  const lines: string[] = []
  for (let sync = 0; sync < syncs; sync++) lines.push(...(await raw.until('Z')).map(describeMessage))
  return lines
}

const types = (lines: readonly string[]) => lines.map((line) => line[0]).join('')

describe('a name that SQL commands have given to another statement', () => {
  test.each(['deallocate s', 'deallocate all', 'discard all', 'DEALLOCATE PREPARE "s"'])(
    '%s',
    async (command) => {
      await say([parseMessage('s', city, []), syncMessage])
      await say([queryMessage(`${command}`)])
      await say([queryMessage('prepare s as select 7')])
      expect(await say(run('s'))).toContainEqual(expect.stringMatching(/^D .*7"$/))
      expect(harness.calls).toEqual([])
      await say([queryMessage('deallocate all')])
    },
  )

  test('by the extended protocol, in one pipeline', async () => {
    const lines = await say(
      [
        ...[parseMessage('d', 'deallocate s', []), parseMessage('p', 'prepare s as select 7', [])],
        ...[parseMessage('s', city, []), ...run('s'), ...run('d'), ...run('p'), ...run('s')],
      ],
      4,
    )
    expect(lines.filter((line) => line.startsWith('D'))).toEqual([
      expect.stringContaining('city of 1.1.1.1'),
      expect.stringMatching(/7"$/),
    ])
    await say([queryMessage('deallocate all')])
  })
})

describe('texts and values that are too long to be read', () => {
  test('a simple query over a virtual table is answered all the same', async () => {
    expect(await say([queryMessage(city + comment)])).toContainEqual(
      expect.stringContaining('city of 1.1.1.1'),
    )
  })

  test('a condition that is too long to be asked for over the loopback is an error', async () => {
    const text = `${city} and city <> '${'x'.repeat(17 << 20)}'`
    // PostgreSQL may see the connection closed while it still sends.
    expect((await say([queryMessage(text)])).join()).toMatch(/"C":"(?:54000|08006)"/)
  })

  test('a Parse takes the place of an unnamed statement over a virtual table', async () => {
    const lines = await say([
      parseMessage('', city, []),
      parseMessage('', `select 7 ${comment}`, []),
      ...run(''),
    ])
    expect(lines).toContainEqual(expect.stringMatching(/^D .*7"$/))
    await say([parseMessage('', city, []), syncMessage])
    expect(await say([parseMessage('', `select 7 ${comment}`, []), syncMessage])).toHaveLength(2)
    expect(await say(run(''))).toContainEqual(expect.stringMatching(/^D .*7"$/))
    expect(harness.calls).toEqual([])
  })

  test('a value for a statement over a virtual table', async () => {
    const text = "select city from place where ip = '1.1.1.1' and city <> $1"
    const value = Buffer.alloc(17 << 20, 'y')
    expect(await say([parseMessage('', text, []), ...run('', value)])).toContainEqual(
      expect.stringContaining('city of 1.1.1.1'),
    )
  })

  test('a portal that such a value is bound to is described by itself', async () => {
    const text = "select city from place where ip = '1.1.1.1' and city <> $1"
    await say([parseMessage('v', text, []), ...run('v', Buffer.from('x'))])
    const lines = await say([...run('v', Buffer.alloc(17 << 20, 'y'))])
    expect(types(lines)).toBe('2DCZ')
    await say([closeMessage('S', 'v'), syncMessage])
  })
})

describe('what is no text', () => {
  test.each([
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(`select '`), Buffer.from([0xff]), Buffer.from(`'; ${city}\0`)]),
      '22021',
    ],
    ['a NUL within', Buffer.from(`select 1\0; ${city}\0`), '08P01'],
  ])('%s, as PostgreSQL says it', async (_, bytes, code) => {
    const lines = await say([new ByteWriter().bytes(bytes).message('Q')])
    expect(lines[0]).toContain(`"C":"${code}"`)
    expect(harness.calls).toEqual([])
  })
})

test('a thousand statements that are prepared and never closed', async () => {
  const client: pg.Client = await harness.connect()
  for (let i = 0; i < 1000; i++) {
    const { rows } = await client.query({
      name: `s${i}`,
      text: i % 10 === 0 ? `${city} and ${i} = ${i}` : `select ${i} as city`,
    })
    expect(rows).toEqual([{ city: i % 10 === 0 ? 'city of 1.1.1.1' : i }])
  }
  const count = await client.query(
    "select count(*)::int from pg_prepared_statements where name like 'millrace%'",
  )
  expect(count.rows[0].count).toBeLessThanOrEqual(2)
})
