/** When PostgreSQL answers nothing but Parses, what is sent next is answered with them. */
import { expect, test } from 'vitest'
import { backend } from '../wire/message-types.js'
import { plain, ReplyQueue } from './reply-queue.js'

test('nothing but Parses is being answered', () => {
  const replies = new ReplyQueue()
  expect(replies.onlyParses).toBe(false)
  replies.add(plain.parse)
  replies.add(plain.parse)
  expect(replies.onlyParses).toBe(true)
  replies.add(plain.bind)
  expect(replies.onlyParses).toBe(false)
})

test('answered requests do not count', () => {
  const replies = new ReplyQueue()
  replies.add(plain.close)
  replies.add(plain.parse)
  expect(replies.onlyParses).toBe(false)
  replies.settle(backend.closeComplete)
  expect(replies.onlyParses).toBe(true)
  replies.settle(backend.parseComplete)
  expect(replies.onlyParses).toBe(false)
})

test('what is skipped after an error is not answered', () => {
  const replies = new ReplyQueue()
  replies.add(plain.parse)
  replies.settle(backend.errorResponse)
  replies.add(plain.parse)
  expect(replies.onlyParses).toBe(false)
})
