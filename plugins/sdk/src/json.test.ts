import { describe, expect, test } from 'vitest'
import { parseJson, rawJsonText, toJsonText } from './json.js'

const roundTrip = (json: string) => toJsonText(parseJson(json))

describe('JSON on its way into jsonb', () => {
  test.each([
    '{"n":1234567890123456789}',
    '[1234567890123456789,-9007199254740993]',
    '1234567890123456789',
    '{"n":0.1234567890123456789}',
    '{"n":1e30}',
    '{"a":1,"b":"x","c":[true,false,null]}',
    '{"pair":"😀"}',
  ])('%s arrives intact', (json) => {
    expect(roundTrip(json)).toBe(json)
    expect(rawJsonText(json)).toBe(json)
  })

  test('a number that numeric cannot hold becomes its text', () => {
    expect(roundTrip('{"n":1e400000}')).toBe('{"n":"1e400000"}')
  })

  test('NUL and lone surrogates become U+FFFD; pairs and escaped backslashes stay', () => {
    expect(rawJsonText(String.raw`"a\u0000b"`)).toBe(String.raw`"a\ufffdb"`)
    expect(rawJsonText(String.raw`"\ud800"`)).toBe(String.raw`"\ufffd"`)
    expect(rawJsonText(String.raw`"\udc00\ud800x"`)).toBe(String.raw`"\ufffd\ufffdx"`)
    expect(rawJsonText(String.raw`"\ud83d\ude00"`)).toBe(String.raw`"\ud83d\ude00"`)
    expect(rawJsonText(String.raw`"\\u0000"`)).toBe(String.raw`"\\u0000"`)
    expect(rawJsonText('"\ud800"')).toBe('"\ufffd"')
    expect(roundTrip(String.raw`{"k\u0000":"\ud800"}`)).toBe(String.raw`{"k\ufffd":"\ufffd"}`)
  })

  test('text nested deeper than PostgreSQL parses becomes a JSON string', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000)
    expect(rawJsonText(deep)).toBe(JSON.stringify(deep))
    expect(rawJsonText(`["${'['.repeat(5000)}"]`)).toBe(`["${'['.repeat(5000)}"]`)
  })

  test('undefined gives NULL, null gives the JSON null', () => {
    expect(toJsonText(undefined)).toBeNull()
    expect(toJsonText(null)).toBe('null')
  })
})
