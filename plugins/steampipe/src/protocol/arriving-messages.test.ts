/** Messages as they arrive on a stream, against those that were sent. */
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArrivingMessages } from './arriving-messages.js'
import { frame } from './frames.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function all(arriving: ArrivingMessages): Promise<string[]> {
  const texts: string[] = []
  for (let next = await arriving.next(); next !== undefined; next = await arriving.next()) {
    expect(next.length).toBeGreaterThan(0)
    texts.push(...next.map(String))
  }
  return texts
}

test('all messages, in their order, in whatever pieces they come', async () => {
  const sizes = fc.array(fc.nat(40), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      async (lengths, cuts) => {
        const texts = lengths.map((length, index) => `${index}`.padEnd(length, '.'))
        const bytes = Buffer.concat(texts.map((text) => frame(Buffer.from(text))))
        const stream = new PassThrough()
        const arriving = new ArrivingMessages(stream)
        const received = all(arriving)
        for (let start = 0, cut = 0; start < bytes.length; cut++) {
          const end = start + (cuts[cut % cuts.length] ?? 1)
          stream.write(bytes.subarray(start, end))
          start = end
          if (cut % 3 === 0) await turn()
        }
        stream.end()
        expect(await received).toEqual(texts)
        expect(arriving.pending).toBe(0)
      },
    ),
    { numRuns: 50 },
  )
})

test('what has come together is given together', async () => {
  const stream = new PassThrough()
  const arriving = new ArrivingMessages(stream)
  for (const text of ['a', 'b', 'c']) stream.write(frame(Buffer.from(text)))
  await turn()
  expect((await arriving.next())?.map(String)).toEqual(['a', 'b', 'c'])
  stream.destroy()
})

test('the sender waits once a megabyte is held, and goes on when it is taken', async () => {
  const stream = new PassThrough()
  const arriving = new ArrivingMessages(stream)
  const message = frame(Buffer.alloc(256 * 1024))
  let isFull = false
  for (let sent = 0; !isFull; sent++) {
    expect(sent).toBeLessThan(20)
    isFull = !stream.write(message) && stream.isPaused()
    await turn()
  }
  expect((await arriving.next())?.length).toBe(4)
  expect(stream.isPaused()).toBe(false)
  stream.destroy()
})

test('a failure comes after the messages before it', async () => {
  const stream = new PassThrough()
  const arriving = new ArrivingMessages(stream)
  stream.write(frame(Buffer.from('a')))
  await turn()
  stream.destroy(new Error('cut off'))
  await turn()
  expect((await arriving.next())?.map(String)).toEqual(['a'])
  await expect(arriving.next()).rejects.toThrow('cut off')
})

test('what is no frame', async () => {
  const stream = new PassThrough()
  const arriving = new ArrivingMessages(stream)
  stream.write(Buffer.from([1, 0, 0, 0, 0]))
  await expect(arriving.next()).rejects.toThrow('compressed')
  stream.destroy()
})

test('a stream that closes without an end', async () => {
  const stream = new PassThrough()
  const arriving = new ArrivingMessages(stream)
  const next = arriving.next()
  stream.write(frame(Buffer.from('abc')).subarray(0, 6))
  await turn()
  stream.destroy()
  expect(await next).toBeUndefined()
  expect(arriving.pending).toBe(6)
})
