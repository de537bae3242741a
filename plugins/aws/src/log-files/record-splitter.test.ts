/** The splitter against JSON.parse: the same records, however the bytes are cut; nothing taken for a file that is none. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldFinder } from '../cloudtrail-records/field-finder.js'
import { LogFileError, RecordSplitter } from './record-splitter.js'

/** How many records the finder has taken. */
let foundOnes = 0

/** The texts of the records, from chunks that end at the given places. */
function split(text: string, cuts: readonly number[] = [], finder?: FieldFinder): string[] {
  const bytes = Buffer.from(text)
  const splitter = new RecordSplitter()
  const records: string[] = []
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let start = 0
  for (const end of [...ends, bytes.length]) {
    // A copy, so that a record that is held must not rely on the chunk's memory.
    const chunk = Buffer.from(bytes.subarray(start, end))
    for (const record of splitter.split(chunk, finder)) {
      if (record.isFound) foundOnes++
      expect(bytes.subarray(record.offset, record.offset + record.bytes.length)).toEqual(record.bytes)
      records.push(record.bytes.toString())
    }
    start = end
  }
  splitter.end()
  return records
}

/** JSON with what is odd in it: escapes, lone surrogates, names that repeat, large numbers, brackets in strings. */
const oddString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('Records', '"', '\\', '{"Records":[', ']}', '\u0000', '\ud83d', '}, {', 'é😀', '\\"'),
)
const oddText = oddString.chain((value) =>
  fc.constantFrom(JSON.stringify(value), JSON.stringify(value).replace(/[a-z]/g, escapeOf)),
)
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', '0', '-1.5e300', '12345678901234567890', '1E-9'),
    oddText,
    fc.array(tie('json'), { maxLength: 4 }).chain((items) =>
      spaced(
        items.map((item) => [item]),
        '[',
        ']',
      ),
    ),
    fc.array(fc.tuple(oddText, tie('json')), { maxLength: 4 }).chain((members) =>
      spaced(
        members.map(([name, value]) => [name, ':', value]),
        '{',
        '}',
      ),
    ),
  ),
}))

function escapeOf(letter: string): string {
  return `\\u00${letter.charCodeAt(0).toString(16)}`
}

/** Items in brackets, with white space around everything. */
function spaced(items: readonly (readonly string[])[], open: string, close: string): fc.Arbitrary<string> {
  const tokens = [open, ...items.flatMap((item, index) => (index === 0 ? item : [',', ...item])), close]
  const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r\n  ')
  return fc
    .array(space, { minLength: tokens.length + 1, maxLength: tokens.length + 1 })
    .map((spaces) => tokens.map((token, index) => `${spaces[index]}${token}`).join('') + spaces.at(-1))
}

const otherName = oddText.filter((name) => JSON.parse(name) !== 'Records')
const logFile = fc
  .tuple(
    fc.array(json, { maxLength: 6 }),
    fc.array(fc.tuple(otherName, json), { maxLength: 2 }),
    fc.array(fc.tuple(otherName, json), { maxLength: 2 }),
    fc.constantFrom('"Records"', '"\\u0052ecords"'),
  )
  .chain(([records, before, after, name]) =>
    spaced(
      records.map((record) => [record]),
      '[',
      ']',
    ).chain((list) =>
      spaced(
        [...before, [name, list] as const, ...after].map(([member, value]) => [member, ':', value]),
        '{',
        '}',
      ),
    ),
  )
const cuts = fc.array(fc.nat(10_000), { maxLength: 12 })

test('gives the records that JSON.parse gives, wherever the bytes are cut, and whoever goes through them', () => {
  foundOnes = 0
  fc.assert(
    fc.property(logFile, cuts, (text, places) => {
      const records = split(text, places)
      expect(records.map((record) => JSON.parse(record))).toEqual(JSON.parse(text).Records)
      expect(split(text, places, new FieldFinder(['a']))).toEqual(records)
    }),
    { numRuns: 1000 },
  )
  expect(foundOnes).toBeGreaterThan(20)
})

test('takes no beginning of a file for the whole, and gives its whole records', () => {
  fc.assert(
    fc.property(logFile, fc.nat(), (text, at) => {
      const bytes = Buffer.from(text.trimEnd())
      const part = bytes.subarray(0, at % bytes.length)
      const splitter = new RecordSplitter()
      const records = [...splitter.split(part)].map((record) => JSON.parse(record.bytes.toString()))
      expect(() => splitter.end()).toThrow(LogFileError)
      expect(JSON.parse(text).Records.slice(0, records.length)).toEqual(records)
    }),
    { numRuns: 300 },
  )
})

test('takes nothing for a file that JSON.parse refuses, unless a record or another member is what is wrong', () => {
  const soup = fc
    .array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"Records"', '"a"', '1', 'null', ' ', '{"a":1}'), {
      maxLength: 14,
    })
    .map((tokens) => tokens.join(''))
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map((text) => `{"Records":[${text}`),
      ),
      (text) => {
        let records: string[]
        try {
          records = split(text)
        } catch (error) {
          expect(error).toBeInstanceOf(LogFileError)
          // What is refused is not JSON, or has no list of records, or has two.
          const parsed = parse(text)
          if (parsed !== undefined && Array.isArray(Object(parsed).Records)) {
            expect(text.split('"Records"').length).toBeGreaterThan(2)
          }
          return
        }
        if (parse(text) === undefined)
          expect(records.some((record) => parse(record) === undefined)).toBe(true)
      },
    ),
    // A member beside Records is gone past without a look at what is in it.
    { numRuns: 2000, examples: [['{"Records":[]}'], ['{"Records":[1,]}'], ['{"Records":[1 2]}']] },
  )
})

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('says what is wrong, and where', () => {
  test.each([
    ['', 'it is cut short', 0],
    ['[]', 'it is not JSON', 0],
    ['{"Records":[{"a":1}', 'it is cut short', 19],
    ['{}', 'it has no Records', 2],
    ['{"digest":[1]}', 'it has no Records', 14],
    ['{"Records":null}', 'its Records are no list', 11],
    ['{"Records":[],"Records":[]}', 'it has Records twice', 24],
    ['{"Records":[1,]}', 'it is not JSON', 14],
    ['{"Records":[]} x', 'it is not JSON', 15],
    ['{"Records":[{} {}]}', 'it is not JSON', 15],
  ])('%s', (text, message, offset) => {
    expect(() => split(text)).toThrow(expect.objectContaining({ message, offset }))
  })

  test('a record that never ends', () => {
    const splitter = new RecordSplitter()
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    const begin = () => [...splitter.split(Buffer.from('{"Records":[{"a":"'))]
    expect(begin()).toEqual([])
    expect(() => {
      for (let i = 0; i < 17; i++) expect([...splitter.split(megabyte)]).toEqual([])
    }).toThrow('it has a record of more than 16777216 bytes')
  })
})

test('nesting of any depth', () => {
  const record = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  expect(split(`{"Records":[${record}]}`, [17, 5000])).toEqual([record])
})
