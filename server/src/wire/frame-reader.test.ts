import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedMessage } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'
import { FrameReader } from './frame-reader.js'

const message = (type: string, body: string) => new ByteWriter().bytes(Buffer.from(body)).message(type)

test('what has come while nobody waited is not waited for', async () => {
  const stream = new PassThrough()
  const reader = new FrameReader(stream, () => {})
  stream.write(message('A', 'a'))
  expect(await reader.wait()).toBe(true)
  expect(reader.take(6)).toEqual(message('A', 'a'))
  expect(reader.peek()).toBeUndefined()
  stream.write(message('B', 'b'))
  await setImmediate()
  expect(await reader.wait()).toBe(true)
  expect(reader.peek()).toEqual({ type: 'B'.charCodeAt(0), size: 6 })
})

test('pieces stay in order when a message ends where one of them does', async () => {
  const stream = new PassThrough()
  const reader = new FrameReader(stream, () => {})
  const [first, second] = [message('A', 'a'), message('B', 'bcd')]
  // The first message and the beginning of the second have come before anybody reads.
  for (const piece of [first, second.subarray(0, 2)]) {
    stream.write(piece)
    await setImmediate()
  }
  expect(reader.take(first.length)).toEqual(first)
  expect(reader.peek()).toBeUndefined()
  stream.write(second.subarray(2))
  await setImmediate()
  expect(reader.peek()).toEqual({ type: 'B'.charCodeAt(0), size: second.length })
  expect(reader.take(second.length)).toEqual(second)
})

test('messages come out as they went in, however they were cut', async () => {
  const letters = fc.constantFrom('A', 'B', 'D')
  const parts = fc.array(fc.tuple(letters, fc.string({ maxLength: 40 })), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(parts, fc.array(fc.nat({ max: 600 })), async (messages, cuts) => {
      const sent = Buffer.concat(messages.map(([type, body]) => message(type, body)))
      const places = [...new Set([0, ...cuts.filter((cut) => cut < sent.length), sent.length])].sort(
        (a, b) => a - b,
      )
      const stream = new PassThrough()
      const reader = new FrameReader(stream, () => {})
      const read: Buffer[] = []
      const reading = (async () => {
        for (;;) {
          const run = reader.takeRun(({ type }) => type === 0x44 /* D */)
          const head = run === undefined ? reader.peek() : undefined
          const taken = run ?? (head && reader.take(head.size))
          if (taken !== undefined) read.push(taken)
          else if (!(await reader.wait())) return
        }
      })()
      for (const [index, start] of places.entries()) {
        stream.write(sent.subarray(start, places[index + 1] ?? sent.length))
        await setImmediate()
      }
      stream.end()
      await reading
      expect(Buffer.concat(read)).toEqual(sent)
    }),
  )
})

test('a peer that sends more than is read has to wait', async () => {
  const stream = new PassThrough({ highWaterMark: 1 << 16 })
  new FrameReader(stream, () => {})
  let written = 0
  while (
    stream.write(Buffer.alloc(1 << 16)) ||
    (await Promise.race([drained(stream), setImmediate(false)]))
  ) {
    written += 1 << 16
    if (written > 10 << 20) break
  }
  expect(written).toBeLessThan(2 << 20)
})

const drained = (stream: PassThrough) =>
  new Promise<boolean>((resolve) => {
    stream.once('drain', () => resolve(true))
  })

test('the end of the peer is told at once, and once', async () => {
  const stream = new PassThrough()
  let ends = 0
  const reader = new FrameReader(stream, () => ends++)
  stream.end(message('A', 'a'))
  while (ends === 0) await setImmediate()
  expect(reader.take(6)).toEqual(message('A', 'a'))
  expect(await reader.wait()).toBe(true)
  expect(await reader.wait()).toBe(false)
  stream.destroy()
  await setImmediate()
  expect(ends).toBe(1)
})

test.each([3, 0x40000000, -1])('a length of %d is refused', async (length) => {
  const stream = new PassThrough()
  const reader = new FrameReader(stream, () => {})
  stream.write(new ByteWriter().byte(0x51).int32(length).packet().subarray(4))
  await reader.wait()
  expect(() => reader.peek()).toThrow(MalformedMessage)
})
