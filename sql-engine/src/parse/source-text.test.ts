import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Edit, SourceText } from './source-text.js'

/** One, two, three and four bytes of UTF-8; the last is two UTF-16 units. */
const text = "select 'aä€😀', b from c"

const byteOf = (part: string) => Buffer.from(text.slice(0, text.indexOf(part))).length

describe('a source text', () => {
  test('is cut by bytes', () => {
    const source = new SourceText(text)
    expect(source.slice(byteOf('€'), byteOf("',"))).toBe('€😀')
    expect(source.slice(byteOf('b from'))).toBe('b from c')
  })

  test('counts characters as PostgreSQL does', () => {
    const source = new SourceText(text)
    expect(source.charactersBefore(byteOf("',"))).toBe(12)
    expect(source.charactersBefore(0)).toBe(0)
  })
})

describe('an edited text', () => {
  const edits: Edit[] = [
    { start: byteOf('c'), end: byteOf('c'), replacement: '' },
    { start: byteOf('from c') + 5, end: byteOf('from c') + 6, replacement: 'scan.s_1 AS "c"' },
    { start: byteOf('b from'), end: byteOf('b from') + 1, replacement: 'é.b' },
  ]

  test('has the replacements, in whatever order they are given', () => {
    expect(new SourceText(text).edited(edits).text).toBe(`select 'aä€😀', é.b from scan.s_1 AS "c"`)
  })

  test('maps positions back; inside of a replacement to what was replaced', () => {
    const edited = new SourceText(text).edited(edits)
    const positionOf = (part: string) => [...edited.text.slice(0, edited.text.indexOf(part))].length + 1
    const original = (part: string) => [...text].slice(edited.originalPosition(positionOf(part)) - 1).join('')
    expect(original('€')).toBe("€😀', b from c")
    expect(original('é.b')).toBe('b from c')
    expect(original('.b from')).toBe('b from c')
    expect(original('from')).toBe('from c')
    expect(original('s_1')).toBe('c')
    expect(edited.originalPosition([...edited.text].length + 1)).toBe([...text].length + 1)
  })

  test('keeps the positions of all that is not replaced', () => {
    const pieces = fc.array(
      fc.record({
        kept: fc.string({ unit: 'grapheme', maxLength: 5 }),
        replaced: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
        replacement: fc.string({ unit: 'grapheme', maxLength: 6 }),
      }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        const whole = `${parts.map(({ kept, replaced }) => kept + replaced).join('')}!`
        let byte = 0
        const changes = parts.map(({ kept, replaced, replacement }) => {
          const start = byte + Buffer.byteLength(kept)
          byte = start + Buffer.byteLength(replaced)
          return { start, end: byte, replacement }
        })
        const edited = new SourceText(whole).edited(changes)
        let before = 0
        let after = 0
        for (const { kept, replaced, replacement } of parts) {
          for (const _ of kept) expect(edited.originalPosition(++after)).toBe(++before)
          for (const _ of replacement) expect(edited.originalPosition(++after)).toBe(before + 1)
          before += [...replaced].length
        }
        expect(edited.originalPosition(after + 1)).toBe(before + 1)
        expect(edited.text).toBe(`${parts.map((part) => part.kept + part.replacement).join('')}!`)
      }),
      { seed: 20_261_124 },
    )
  })
})
