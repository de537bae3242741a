import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { firstWords, readAnswerBody } from './answer-body.js'
import { errorOf } from './testing/error-of.js'

test('a body is read to its end', async () => {
  expect((await readAnswerBody(Readable.from([Buffer.from('ab'), Buffer.from('cd')]), 4)).toString()).toBe(
    'abcd',
  )
})

test('one that does not end is given up at the bound, and its stream destroyed', async () => {
  let given = 0
  const endless = Readable.from(
    (function* () {
      for (;;) {
        given++
        yield Buffer.alloc(1024 * 1024)
      }
    })(),
  )
  const error = await errorOf(readAnswerBody(endless, 3 * 1024 * 1024))
  expect(error).toMatchObject({
    message: 'the answer is larger than 3 MB',
    hint: expect.stringContaining('max_answer_mb'),
  })
  expect(endless.destroyed).toBe(true)
  expect(given).toBeLessThan(30)
})

test('first words are one line that a message can hold', () => {
  expect(firstWords('<html>\r\n\t<b>\u0000no\u001b[1m</b>')).toBe('<html> <b> no [1m</b>')
  expect(firstWords('x'.repeat(500))).toBe(`${'x'.repeat(200)}…`)
  expect(firstWords(`${'x'.repeat(199)}😀`).isWellFormed()).toBe(true)
  expect(firstWords(' \n ')).toBe('')
})
