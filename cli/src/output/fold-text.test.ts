import fc from 'fast-check'
import { expect, it } from 'vitest'
import { foldText } from './fold-text.js'
import { textWidth } from './text-width.js'

it('loses nothing, and fits', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', 'é', '漢', '😀', '👨‍👩‍👧'), maxLength: 80 })
  fc.assert(
    fc.property(line, fc.integer({ min: 2, max: 40 }), (text, width) => {
      const pieces = foldText(text, width)
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) expect(textWidth(piece)).toBeLessThanOrEqual(width)
    }),
  )
})

it('breaks behind blanks', () => {
  expect(foldText('one two three', 8)).toEqual(['one two ', 'three'])
})
