/** Fields found on bytes against JSON.parse: the same values, for JSON however odd; and nothing where JSON.parse fails. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldFinder } from './field-finder.js'

const names = ['eventTime', 'eventName', 'userIdentity', 'readOnly']
const finder = new FieldFinder(names)

/** What is found of an object at the beginning of bytes that others stand around; undefined where it is left to JSON.parse. */
function found(json: Buffer, before = 'x{', after = ''): object | undefined {
  const start = Buffer.byteLength(before)
  const bytes = Buffer.concat([Buffer.from(before), json, Buffer.from(after)])
  const end = finder.find(bytes, start)
  if (end === 0) return undefined
  const values = finder.values()
  expect(values).toEqual(parsed(bytes.subarray(start, end)))
  return values
}

/** The same fields by JSON.parse. */
function parsed(json: Buffer): Record<string, unknown> {
  const all: Record<string, unknown> = JSON.parse(json.toString())
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

const character = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'a',
      'B',
      '7',
      ' ',
      '/',
      "'",
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      'é',
      '😀',
      '\u007f',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  fc.constantFrom(
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u0000',
    '\\ud83d',
    '\\uDE00',
    '\\u00e9',
  ),
)
const oddCharacter = fc.constantFrom('"', '\\', '\\x', '\\u12', '\\u12G4', '\n', '\t', '\u0000', '\u001f')
const string = fc
  .array(character, { maxLength: 8 })
  .map((parts) => `"${parts.join('').replaceAll('\\\\"', '')}"`)
const oddString = fc
  .array(fc.oneof(character, oddCharacter), { maxLength: 6 })
  .map((parts) => `"${parts.join('')}"`)
const number = fc.constantFrom(
  '0',
  '-0',
  '7',
  '12345678901234567890',
  '-1.5e300',
  '1E-9',
  '0.1',
  '2e+4',
  '1e400',
)
const oddNumber = fc.constantFrom(
  '01',
  '-',
  '1.',
  '.5',
  '+1',
  '1e',
  '1e+',
  '0x1',
  'NaN',
  '1_0',
  '--1',
  '1.2.3',
)
const word = fc.constantFrom('null', 'true', 'false')
const oddWord = fc.constantFrom('nul', 'nulll', 'True', 'undefined', 'truefalse', '')

interface Parts {
  readonly text: fc.Arbitrary<string>
  readonly plain: fc.Arbitrary<string>
  readonly space: fc.Arbitrary<string>
  readonly between: fc.Arbitrary<string>
}

/** Texts of objects, of which the names are often those that are looked for. */
function objects({ text, plain, space, between }: Parts): fc.Arbitrary<string> {
  const name = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...names).map((each) => `"${each}"`) }, text)
  return fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      plain,
      text,
      tie('object'),
      fc
        .tuple(fc.array(tie('value'), { maxLength: 3 }), between)
        .map(([items, comma]) => `[${items.join(comma)}]`),
    ),
    object: fc
      .tuple(fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }), between, space, space)
      .map(([fields, comma, first, second]) => {
        const members = fields.map(([each, value]) => `${each}${first}:${second}${value}`)
        return `{${members.join(comma)}}`
      }),
  })).object
}

const usual = objects({
  text: string,
  plain: fc.oneof(number, word),
  space: fc.constant(''),
  between: fc.constant(','),
})
const odd = objects({
  text: fc.oneof({ weight: 3, arbitrary: string }, oddString),
  plain: fc.oneof({ weight: 5, arbitrary: fc.oneof(number, word) }, oddNumber, oddWord),
  space: fc.constantFrom('', '', '', '', ' ', '\n'),
  between: fc.constantFrom(',', ',', ',', ',', ', ', ',,', ''),
})

/** Changes bytes of a text, so that it need not be UTF-8 any more. */
const damaged = fc
  .tuple(odd, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }))
  .map(([text, changes]) => {
    const bytes = Buffer.from(text)
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte
    return bytes
  })

test('what is found is what JSON.parse gives, and nothing is found where it fails', () => {
  let taken = 0
  fc.assert(
    fc.property(
      fc.oneof(
        usual.map((text) => Buffer.from(text)),
        damaged,
      ),
      (json) => {
        if (found(json, '[', '},"') !== undefined) taken++
      },
    ),
    { numRuns: 20_000 },
  )
  expect(taken).toBeGreaterThan(5_000)
})

test('what programs write is seldom left to JSON.parse', () => {
  let left = 0
  let all = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.jsonValue())), (fields) => {
      all++
      const json = Buffer.from(JSON.stringify(Object.fromEntries(fields)))
      if (found(json) === undefined) left++
    }),
    { numRuns: 2_000 },
  )
  expect(left).toBeLessThan(all / 20)
})

describe('leaves to JSON.parse', () => {
  test.for([
    ['what is no object', '["eventName"]'],
    ['white space', '{ "eventName":"x"}'],
    ['a name with an escape, which may be one that is looked for', '{"event\\u004eame":"x"}'],
    ['deep nesting', `{"a":${'['.repeat(60)}${']'.repeat(60)}}`],
    ['control characters', '{"a":"\t"}'],
  ])('%s', ([, json = '']) => {
    expect(found(Buffer.from(json))).toBeUndefined()
  })

  test('an object that goes on beyond the bytes, wherever they end', () => {
    const json = Buffer.from(
      '{"eventName":"a\\u00e9\\"b","n":[-1.5e+3,true,null,{}],"userIdentity":{"a":[]}}',
    )
    for (let end = 0; end < json.length; end++) expect(finder.find(json.subarray(0, end), 0)).toBe(0)
    expect(finder.find(json, 0)).toBe(json.length)
  })
})

test.for([
  ['texts of any alphabet', '{"eventName":"Grüße 日本 🌊","eventTime":"\\ud83d\\ude00"}'],
  ['NUL and lone surrogates', '{"eventName":"\\u0000","eventTime":"\\ud83d"}'],
  ['of names that repeat the last', '{"eventName":"a","eventName":{"b":1}}'],
  [
    'fields of other types',
    '{"eventName":1.50,"eventTime":null,"userIdentity":[1,{"eventName":"x"}],"readOnly":false}',
  ],
  ['none of its own in what is nested', '{"a":{"eventName":"x"},"b":[{"eventTime":"x"}]}'],
  ['nothing of names that only begin alike', '{"eventNam":"a","eventNames":"b","EventName":"c"}'],
  ['numbers beyond 2^53, as JSON.parse rounds them', '{"eventName":9007199254740993}'],
])('%s', ([, json = '']) => {
  expect(found(Buffer.from(json))).toEqual(parsed(Buffer.from(json)))
})
