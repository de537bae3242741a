import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.js'

/** Whether a key has to be made anew. */
const isForgotten = (map: BoundedMap<string, unknown>, key: string) => {
  let made = false
  map.getOrAdd(key, false, () => {
    made = true
    return undefined
  })
  return made
}

test('makes a value once, also one that is undefined', () => {
  const map = new BoundedMap<string, number | undefined>(2)
  let made = 0
  const make = () => {
    made++
    return undefined
  }
  map.getOrAdd('a', true, make)
  expect(map.getOrAdd('a', true, make)).toBeUndefined()
  expect(made).toBe(1)
})

test('forgets what was used longest ago', () => {
  const map = new BoundedMap<string, number>(2)
  map.getOrAdd('a', true, () => 1)
  map.getOrAdd('b', true, () => 2)
  map.getOrAdd('a', true, () => 3)
  map.getOrAdd('c', true, () => 4)
  expect(['a', 'b', 'c'].filter((key) => isForgotten(map, key))).toEqual(['b'])
  expect(map.getOrAdd('a', true, () => 5)).toBe(1)
})

test('does not keep what it is told not to, nor what fails', () => {
  const map = new BoundedMap<string, number>(2)
  expect(map.getOrAdd('a', false, () => 1)).toBe(1)
  const fail = () => {
    throw new Error('no value')
  }
  expect(() => map.getOrAdd('b', true, fail)).toThrow('no value')
  expect(isForgotten(map, 'a') && isForgotten(map, 'b')).toBe(true)
})
