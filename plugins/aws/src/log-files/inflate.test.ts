/** Bytes of log files, inflated at once or as they are taken: the same, whatever gzip says of itself. */
import { constants, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inflated } from './inflate.js'

async function* partsOf(bytes: Buffer, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

interface Inflated {
  readonly text: string
  readonly largest: number
  readonly failure?: unknown
}

async function inflate(bytes: Buffer, partSize = bytes.length): Promise<Inflated> {
  const chunks: Buffer[] = []
  const told = () => ({
    text: Buffer.concat(chunks).toString('latin1'),
    largest: Math.max(0, ...chunks.map(({ length }) => length)),
  })
  try {
    for await (const chunk of inflated(partsOf(bytes, partSize))) chunks.push(Buffer.from(chunk))
  } catch (failure) {
    return { ...told(), failure }
  }
  return told()
}

const content = fc.oneof(
  fc.string({ maxLength: 100 }),
  // Beyond what is inflated in this thread, and beyond a chunk.
  fc.integer({ min: 60_000, max: 600_000 }).map((length) => 'abcdefg\n'.repeat(length / 8)),
)

test('the same text, in whatever parts it comes, of one member or several', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 2, max: 50_000 }),
      async (texts, size) => {
        const bytes = Buffer.concat(texts.map((text) => gzipSync(Buffer.from(text))))
        const text = Buffer.from(texts.join('')).toString('latin1')
        for (const one of [await inflate(bytes), await inflate(bytes, size)]) {
          expect(one.failure).toBeUndefined()
          expect(one.text === text).toBe(true)
          expect(one.largest).toBeLessThanOrEqual(1024 * 1024)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('what is no gzip stays as it is', async () => {
  const text = '{"Records":[]}'
  expect(await inflate(Buffer.from(text))).toMatchObject({ text })
  expect(await inflate(Buffer.from(text), 1)).toMatchObject({ text })
})

test.for([0, 1, 100, 0xffffffff])('gzip that says it has %d bytes', async (said) => {
  const text = 'x'.repeat(300_000)
  const bytes = gzipSync(text)
  bytes.writeUInt32LE(said, bytes.length - 4)
  const told = await inflate(bytes)
  expect(told.failure).toMatchObject({ message: 'its gzip is damaged' })
  expect(text.startsWith(told.text)).toBe(true)
})

test('what becomes large is given in parts, whatever gzip says', async () => {
  const megabytes = 40 * 1024 * 1024
  const bytes = gzipSync(Buffer.alloc(megabytes))
  const honest = await inflate(bytes)
  expect([honest.failure, honest.text.length, honest.largest]).toEqual([undefined, megabytes, 256 * 1024])
  bytes.writeUInt32LE(1000, bytes.length - 4)
  const { text, largest } = await inflate(bytes)
  expect(text.length).toBeGreaterThan(megabytes / 2)
  expect(largest).toBe(256 * 1024)
})

test('gzip that is cut short or damaged gives what is before that place', async () => {
  const text = JSON.stringify([...Array(20_000).keys()])
  const bytes = gzipSync(text, { level: constants.Z_BEST_SPEED })
  for (const size of [bytes.length, 1000]) {
    const cut = await inflate(bytes.subarray(0, bytes.length - 3000), size)
    expect(cut.failure).toMatchObject({ name: 'LogFileError', message: 'it is cut short' })
    expect(cut.text.length).toBeGreaterThan(0)
    expect(text.startsWith(cut.text)).toBe(true)
    const changed = Buffer.from(bytes)
    changed.fill(0xff, bytes.length - 2000, bytes.length - 1000)
    const damaged = await inflate(changed, size)
    expect(damaged.failure).toMatchObject({ name: 'LogFileError', message: 'its gzip is damaged' })
  }
})

test('no bytes are no log file', async () => {
  expect((await inflate(Buffer.alloc(0), 1)).failure).toMatchObject({ message: 'it is empty' })
})
