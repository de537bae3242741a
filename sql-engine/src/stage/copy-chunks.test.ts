/** Chunks of COPY: all lines in their order, however they come, in writes of a size that is worth one. */
import { setImmediate } from 'node:timers/promises'
import type { Row } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { begun, copyChunks, requestsWritten } from './copy-chunks.js'
import { sealedRows } from './encoded-rows.js'

const encode = (row: Row) => `${row.word}\n`

interface Batch {
  readonly words: readonly string[]
  readonly isEncoded: boolean
}

async function* batchesOf(batches: readonly Batch[]): AsyncGenerator<readonly Row[], void, void> {
  for (const { words, isEncoded } of batches) {
    const rows = words.map((word) => ({ word }))
    // A view, as what other threads send may be.
    const bytes = Buffer.from(`before${rows.map(encode).join('')}`).subarray('before'.length)
    yield isEncoded ? sealedRows({ count: rows.length, bytes }) : rows
  }
}

async function chunksOf(batches: readonly Batch[]) {
  const counts = { rows: 0, bytes: 0 }
  const meter = {
    addRows: (count: number) => {
      counts.rows += count
    },
    addBytes: (count: number) => {
      counts.bytes += count
    },
  }
  const chunks: Buffer[] = []
  for await (const chunk of copyChunks(batchesOf(batches), encode, meter)) chunks.push(chunk)
  return { chunks, counts }
}

test('hold all lines, counted, and only the last is small', async () => {
  const word = fc.oneof(
    fc.string(),
    fc.nat(90_000).map((length) => 'x'.repeat(length)),
  )
  const batch = fc.record({ words: fc.array(word, { maxLength: 4 }), isEncoded: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (batches) => {
      const words = batches.flatMap((each) => each.words)
      const { chunks, counts } = await chunksOf(batches)
      const all = Buffer.concat(chunks)
      expect(all.equals(Buffer.from(words.map((each) => `${each}\n`).join('')))).toBe(true)
      expect(counts).toEqual({ rows: words.length, bytes: all.length })
      for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(64 * 1024)
    }),
  )
})

test('ask for themselves before anything else is done, also where that waits for a turn of the event loop', async () => {
  const events: string[] = []
  const asking = (async function* () {
    await setImmediate()
    events.push('asked')
    yield Buffer.from('a\n')
  })()
  const chunks = begun(asking)
  await requestsWritten()
  events.push('next')
  expect(events).toEqual(['asked', 'next'])
  expect(String((await chunks.next()).value)).toBe('a\n')
  expect(await chunks.next()).toMatchObject({ done: true })
})
