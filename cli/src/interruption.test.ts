import { afterEach, expect, it } from 'vitest'
import { type Interruption, listenForInterruption } from './interruption.js'

let time = 0
let ends = 0
let interruption: Interruption | undefined

function listen(): AbortSignal {
  time = 1000
  ends = 0
  interruption = listenForInterruption(
    () => time,
    () => {
      ends++
    },
  )
  return interruption.signal
}
afterEach(() => interruption?.release())

it.each(['SIGINT', 'SIGTERM', 'SIGQUIT'] as const)('the first %s asks for an end', (name) => {
  const signal = listen()
  expect(signal.aborted).toBe(false)
  process.emit(name)
  expect(signal.aborted).toBe(true)
  expect(ends).toBe(0)
})

it('a second one ends at once', () => {
  listen()
  process.emit('SIGINT')
  time += 600
  process.emit('SIGTERM')
  expect(ends).toBe(1)
})

it('one press that arrives twice is one', () => {
  listen()
  process.emit('SIGINT')
  time += 20
  process.emit('SIGINT')
  expect(ends).toBe(0)
})

it('nothing is left of it when it is released', () => {
  const before = process.listenerCount('SIGINT')
  const signal = listen()
  interruption?.release()
  expect(process.listenerCount('SIGINT')).toBe(before)
  expect(signal.aborted).toBe(false)
})
