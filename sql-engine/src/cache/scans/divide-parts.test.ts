import { expect, test } from 'vitest'
import type { ScanQuals } from '../../fetch/scan-quals.js'
import { divideParts } from './divide-parts.js'

const keys = {
  part: { operators: ['='], valuesPerCall: 1, inherent: true },
  name: { operators: ['='], inherent: true },
  asked: { operators: ['='] },
} as const

function shape(parts: readonly string[], quals: ScanQuals = {}, columns: readonly string[] = ['name']) {
  const [first = '', ...more] = parts
  return {
    columns: new Set(columns),
    quals: { ...quals, part: [{ operator: '=', values: [first, ...more] as const }] } satisfies ScanQuals,
  }
}

const divide = (wanted: ReturnType<typeof shape>, ...earlier: readonly ReturnType<typeof shape>[]) => {
  const divided = divideParts(wanted, 'part', earlier, (one) => one, keys)
  return divided && { known: divided.known.map((one) => earlier.indexOf(one)), missing: divided.missing }
}
const equals = (value: string) => [{ operator: '=', values: [value] }] as const

test('what is new is missing', () => {
  expect(divide(shape(['b', 'c', 'd']), shape(['a', 'b', 'c']))).toEqual({ known: [0], missing: ['d'] })
  expect(divide(shape(['a', 'b', 'c']), shape(['a']), shape(['b', 'c']))).toEqual({
    known: [0, 1],
    missing: [],
  })
  expect(divide(shape(['a']), shape(['b']))).toBeUndefined()
})

test('no part is read twice', () => {
  expect(divide(shape(['a', 'b', 'c']), shape(['a', 'b']), shape(['b', 'c']))).toEqual({
    known: [0],
    missing: ['c'],
  })
  // Not even one that is not wanted.
  expect(divide(shape(['a', 'c']), shape(['a', 'x']), shape(['c', 'x']))).toEqual({
    known: [0],
    missing: ['c'],
  })
})

test('a scan of which little is wanted is not read', () => {
  expect(divide(shape(['a', 'z']), shape(['a', 'b', 'c', 'd']))).toEqual({ known: [0], missing: ['z'] })
  expect(divide(shape(['a', 'z']), shape(['a', 'b', 'c', 'd', 'e']))).toBeUndefined()
})

test('other conditions and columns must be covered', () => {
  const named = { name: equals('n') }
  expect(divide(shape(['a', 'b'], named), shape(['a']))).toEqual({ known: [0], missing: ['b'] })
  expect(divide(shape(['a', 'b']), shape(['a'], named))).toBeUndefined()
  expect(divide(shape(['a', 'b'], {}, ['name', 'more']), shape(['a']))).toBeUndefined()
  const asked = { asked: equals('x') }
  expect(divide(shape(['a', 'b'], asked), shape(['a']))).toBeUndefined()
  expect(divide(shape(['a', 'b'], asked), shape(['a'], asked))).toEqual({ known: [0], missing: ['b'] })
})
