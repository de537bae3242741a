import type { Qual } from '@millrace/plugin-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holds } from '../testing/sql-conditions.js'
import { compilePattern } from './compile.js'
import type { Condition } from './condition.js'
import { booleanConditions, textConditions } from './text-conditions.js'

const patternOf = (...quals: Qual<string>[]) =>
  compilePattern(quals.flatMap((qual) => textConditions('f', qual)))
const equal = (...values: [string, ...string[]]): Qual<string> => ({ operator: '=', values })

describe('the text of a pattern', () => {
  test.each<[Qual<string>, string | undefined]>([
    [equal('GetObject'), '{ $.f = "GetObject" }'],
    [equal('a', 'b c'), '{ ($.f = "a") || ($.f = "b c") }'],
    [equal('say "hi" \\ there'), '{ $.f = "say \\"hi\\" \\\\ there" }'],
    [{ operator: '<>', value: 'x' }, '{ $.f != "x" }'],
    [{ operator: '~~', value: 'x%' }, '{ $.f = "x*" }'],
    [{ operator: '~~', value: '%x' }, '{ $.f = "*x" }'],
    [{ operator: '~~', value: '%x%' }, '{ $.f = "*x*" }'],
    [{ operator: '~~', value: 'x' }, '{ $.f = "x" }'],
    [{ operator: '~~', value: 'a_b%c' }, '{ ($.f = "a*") && ($.f = "*c") }'],
    [{ operator: '~~', value: '%a%longest%b%' }, '{ $.f = "*longest*" }'],
    [{ operator: '~~', value: 'a\\_b%' }, '{ $.f = "a_b*" }'],
    [{ operator: 'is not null' }, '{ ($.f = "a") || ($.f != "a") }'],
    [{ operator: '~', value: 'Object' }, '{ $.f = "*Object*" }'],
    [{ operator: '~', value: '^Get' }, '{ $.f = "Get*" }'],
    [{ operator: '~', value: 'Object$' }, '{ $.f = "*Object" }'],
    [{ operator: '~', value: '^GetObject$' }, '{ $.f = "GetObject" }'],
    [{ operator: '~', value: '^(Get|List)' }, '{ ($.f = "Get*") || ($.f = "List*") }'],
    [
      { operator: '~', value: '^(?:Get|List).*s$' },
      '{ (($.f = "Get*") && ($.f = "*s")) || (($.f = "List*") && ($.f = "*s")) }',
    ],
    [{ operator: '~', value: '^Get[A-Z][a-z]+$' }, '{ $.f = %^Get[A-Z][a-z]+$% }'],
    [{ operator: '~', value: '^\\d+\\.\\d+' }, '{ $.f = %^[0-9]+\\x2E[0-9]+% }'],
    [{ operator: '~', value: '^\\d+.\\d+' }, '{ ($.f = %^[0-9]+%) && ($.f = %[0-9]+%) }'],
    [{ operator: '~', value: 'ab+c' }, '{ ($.f = "*ab*") && ($.f = "*c*") }'],
    [{ operator: '~', value: 'a?b' }, '{ $.f = "*b*" }'],
    [{ operator: '~', value: 'a{2,3}?b\\.c' }, '{ $.f = "*b.c*" }'],
  ])('%j', (qual, pattern) => {
    expect(patternOf(qual)).toBe(pattern)
  })

  test.each<[string, Qual<string>]>([
    ['a NUL', equal('a\0b')],
    ['a line break', equal('a\nb')],
    ['letters beyond ASCII', equal('Ünïcödé')],
    ['an empty text', equal('')],
    ['what looks like a number', equal('123456789012')],
    ['what looks like a number, among others', equal('GetObject', '1E5')],
    ['what looks like a boolean', equal('true')],
    ['what looks like null', { operator: '<>', value: 'NULL' }],
    ['nothing but space', equal('  ')],
    ['a wildcard of patterns', equal('a*')],
    ['a wildcard of patterns in what is alike', { operator: '~~', value: 'a*b%' }],
    ['the mark of a regular expression', equal('100%')],
    ['a star that would exclude', { operator: '<>', value: 'a*' }],
    ['a pattern of wildcards only', { operator: '~~', value: '%_%' }],
    ['an escaped percent sign', { operator: '~~', value: 'a\\%b%' }],
    ['a pattern that ends in its escape', { operator: '~~', value: 'a\\' }],
    ['absence', { operator: 'is null' }],
    ...[
      '',
      '.',
      '^$',
      '[0-9]*',
      'a|',
      '(a|b*)',
      'é',
      '100%',
      '[^a]',
      '[é-ü]',
      '[[:alpha:]]',
      '[!-/]',
      '\\mword',
      '(a)\\1',
      '(?=a)',
      '(?i)a',
      '***=a',
      'a**',
      '(a',
      'a)',
      'a{x}',
      '\\w+',
      '(a|b|c)(a|b|c)(a|b|c)',
    ].map((value): [string, Qual<string>] => [`the expression ${value}`, { operator: '~', value }]),
  ])('%s is left to PostgreSQL', (_, qual) => {
    expect(patternOf(qual)).toBeUndefined()
  })

  test('booleans', () => {
    const of = (...values: [boolean, ...boolean[]]) =>
      compilePattern(booleanConditions('readOnly', { operator: '=', values }))
    expect(of(true)).toBe('{ $.readOnly IS TRUE }')
    expect(of(false)).toBe('{ $.readOnly IS FALSE }')
    expect(of(true, false)).toBe('{ ($.readOnly IS TRUE) || ($.readOnly IS FALSE) }')
  })

  test('all conditions hold, each in parentheses', () => {
    expect(patternOf(equal('a', 'b'), { operator: '<>', value: 'c' })).toBe(
      '{ (($.f = "a") || ($.f = "b")) && ($.f != "c") }',
    )
  })

  test('more than two regular expressions are left out', () => {
    const matches = (field: string): Condition => ({ kind: 'matches', field, expression: '[ab]' })
    const either: Condition = { kind: 'any of', conditions: [matches('a'), matches('b'), matches('c')] }
    const text: Condition = { kind: 'text', field: 'f', operator: '=', pattern: 'x' }
    expect(compilePattern([either])).toBeUndefined()
    expect(compilePattern([matches('a'), either, matches('b'), text, matches('c')])).toBe(
      '{ ($.a = %[ab]%) && ($.b = %[ab]%) && ($.f = "x") }',
    )
  })

  test('conditions beyond 1024 characters are left out', () => {
    const long: Condition = { kind: 'text', field: 'f', operator: '=', pattern: 'x'.repeat(1012) }
    const longer: Condition = { ...long, pattern: 'x'.repeat(1013) }
    const short: Condition = { kind: 'text', field: 'g', operator: '=', pattern: 'y' }
    expect(compilePattern([longer])).toBeUndefined()
    expect(compilePattern([long])).toHaveLength(1024)
    expect(compilePattern([long, short])).toBe(compilePattern([long]))
    expect(compilePattern([longer, short])).toBe('{ $.g = "y" }')
  })
})

describe('read back by a reader of its own', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', '7', '"', '\\', '*', '%', ' ', '|', ')', '_', 'é'),
  })

  test('an equality holds for its value, whatever the characters', () => {
    fc.assert(
      fc.property(text, (value) => {
        const pattern = patternOf(equal(value))
        if (pattern === undefined) return
        expect(evaluate(pattern, { f: value })).toBe(true)
        expect(evaluate(pattern, { f: `${value}x` })).toBe(false)
      }),
    )
  })

  test('no condition excludes what SQL lets through', () => {
    const qual = fc.oneof(
      fc.record({ operator: fc.constant('=' as const), values: fc.tuple(text, text) }),
      fc.record({ operator: fc.constant('<>' as const), value: text }),
      fc.record({ operator: fc.constant('~~' as const), value: text }),
    )
    fc.assert(
      fc.property(fc.array(qual, { maxLength: 4 }), text, (quals, value) => {
        fc.pre(quals.every((each) => holds(each, value)))
        const pattern = patternOf(...quals)
        if (pattern === undefined) return
        expect(pattern.length).toBeLessThanOrEqual(1024)
        expect(evaluate(pattern, { f: value })).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('LIKE patterns made from a value hold for it', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(), fc.constantFrom('%', '_'), (value, at, length, wildcard) => {
        const start = at % (value.length + 1)
        const end =
          wildcard === '_' ? Math.min(start + 1, value.length) : Math.min(start + length, value.length)
        const literal = (part: string) => part.replace(/[\\%_]/g, '\\$&')
        const like = literal(value.slice(0, start)) + wildcard + literal(value.slice(end))
        const qual = { operator: '~~', value: like } as const
        if (!holds(qual, value)) return
        const pattern = patternOf(qual)
        if (pattern !== undefined) expect(evaluate(pattern, { f: value })).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})

/** Evaluates the part of the grammar that patterns here are made of; throws on anything else. */
function evaluate(pattern: string, event: Readonly<Record<string, unknown>>): boolean {
  let at = 0
  const take = (token: RegExp): string | undefined => {
    const sticky = new RegExp(`\\s*(?:${token.source})`, 'y')
    sticky.lastIndex = at
    const found = sticky.exec(pattern)?.[0]
    if (found !== undefined) at = sticky.lastIndex
    return found?.trim()
  }
  const need = (token: RegExp): string => {
    const found = take(token)
    if (found === undefined) throw new Error(`expected ${token} at ${at} of ${pattern}`)
    return found
  }
  const either = (): boolean => {
    let holds = both()
    while (take(/\|\|/) !== undefined) holds = both() || holds
    return holds
  }
  const both = (): boolean => {
    let holds = one()
    while (take(/&&/) !== undefined) holds = one() && holds
    return holds
  }
  const one = (): boolean => {
    if (take(/\(/) !== undefined) {
      const holds = either()
      need(/\)/)
      return holds
    }
    const field = need(/\$\.\w+/).slice(2)
    const operator = need(/!=|=/)
    const quoted = need(/"(?:[^"\\]|\\["\\])*"/)
    const wanted = quoted.slice(1, -1).replace(/\\(.)/g, '$1')
    const value = event[field]
    if (typeof value !== 'string') return false
    const source = wanted
      .split('*')
      .map((run) => run.replace(/[^\w]/g, '\\$&'))
      .join('.*')
    return new RegExp(`^${source}$`, 's').test(value) === (operator === '=')
  }
  need(/\{/)
  const holds = either()
  need(/\}/)
  expect(at).toBe(pattern.length)
  return holds
}
