import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader, frame } from './frames.js'

describe('frames', () => {
  test('put together from whatever chunks they come in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 30 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.map(frame))
          const ends = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort(
            (one, other) => one - other,
          )
          const chunks = [...ends, bytes.length].map((end, index) =>
            bytes.subarray(ends[index - 1] ?? 0, end),
          )
          const reader = new FrameReader()
          const read = chunks.flatMap((chunk) => reader.take(chunk))
          expect(read.map((message) => message.toString('hex'))).toEqual(
            messages.map((message) => Buffer.from(message).toString('hex')),
          )
          expect(reader.pending).toBe(0)
        },
      ),
    )
  })

  test('that are not whole wait', () => {
    const reader = new FrameReader()
    expect(reader.take(frame(Buffer.from('abc')).subarray(0, 7))).toEqual([])
    expect(reader.pending).toBe(7)
  })

  test.each([
    ['compressed', Buffer.from([1, 0, 0, 0, 0]), 'compressed'],
    ['too long', Buffer.from([0, 255, 255, 255, 255]), '4294967295 bytes'],
  ])('%s', (_, bytes, message) => {
    expect(() => new FrameReader().take(bytes)).toThrow(message)
  })
})
