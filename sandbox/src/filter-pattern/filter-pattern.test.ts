import { describe, expect, test } from 'vitest'
import { compileFilterPattern } from './filter-pattern.js'
import { FilterPatternError } from './scanner.js'

const raw = String.raw

/** A record with a value of every kind. */
const record = {
  eventName: 'ConsoleLogin',
  eventSource: 'signin.amazonaws.com',
  sourceIPAddress: '104.53.216.85',
  readOnly: false,
  managementEvent: true,
  count: 42,
  latency: 0.25,
  big: 1e6,
  negative: -3,
  errorCode: null,
  empty: '',
  digits: '42',
  star: 'a*b',
  percent: '100%',
  quoted: 'say "hi" \\ there',
  lines: 'first\nsecond',
  letters: 'Ünïcödé 😀',
  userIdentity: { type: 'IAMUser', sessionContext: { sessionIssuer: { userName: 'role-1' } } },
  resources: [
    { ARN: 'arn:aws:s3:::a', accountId: '1' },
    { ARN: 'arn:aws:s3:::b', accountId: '2' },
  ],
  grid: [
    [1, 2],
    [3, 4],
  ],
  'dotted.name': 'inside',
  'with-hyphen': 'h',
}
const message = JSON.stringify(record)
const matches = (pattern: string, text = message) => compileFilterPattern(pattern)(text)

type Cases = readonly (readonly [pattern: string, holds: boolean])[]

function table(title: string, cases: Cases): void {
  describe(title, () => {
    test.each(cases)('%s is %s', (pattern, holds) => {
      expect(matches(pattern)).toBe(holds)
    })
  })
}

table('everything', [
  ['', true],
  [' ', true],
  ['" "', true],
])

table('texts', [
  ['{ $.eventName = "ConsoleLogin" }', true],
  ['{ $.eventName = ConsoleLogin }', true],
  ['{$.eventName=ConsoleLogin}', true],
  ['{ $.eventName = "consolelogin" }', false],
  ['{ $.eventName = "Console" }', false],
  ['{ $.eventName != "Console" }', true],
  ['{ $.eventName != "ConsoleLogin" }', false],
  ['{ $.sourceIPAddress != 104.53.* }', false],
  ['{ $.sourceIPAddress != 10.* }', true],
  ['{ $.empty = "" }', true],
  ['{ $.letters = "Ünïcödé 😀" }', true],
  ['{ $.count = "42" }', false],
  ['{ $.digits = "42" }', true],
  ['{ $.readOnly = "false" }', false],
  ['{ $.errorCode = "null" }', false],
])

table('wildcards in values', [
  ['{ $.eventName = "Console*" }', true],
  ['{ $.eventName = "*Login" }', true],
  ['{ $.eventName = "*sole*" }', true],
  ['{ $.eventName = "C*o*n" }', true],
  ['{ $.eventName = "C*x*n" }', false],
  ['{ $.eventName = "*" }', true],
  ['{ $.eventName = * }', true],
  ['{ $.eventName = Console* }', true],
  ['{ $.eventName != "*Login" }', false],
  ['{ $.eventName != "*Logout" }', true],
  // Beginning and end may not share characters.
  ['{ $.eventName = "ConsoleLogin*ConsoleLogin" }', false],
  ['{ $.star = "a*b" }', true],
  ['{ $.star != "a*b" }', false],
  ['{ $.lines = "first*second" }', true],
  ['{ $.empty = "*" }', false],
  ['{ $.errorCode = "*" }', false],
  ['{ $.absent = "*" }', false],
  ['{ $.userIdentity = "*" }', false],
])

table('escapes', [
  [raw`{ $.quoted = "say \"hi\" \\ there" }`, true],
  [raw`{ $.quoted = "say \"hi\"*" }`, true],
  [raw`{ $.quoted = "*\\*" }`, true],
  [raw`{ $.quoted = "*\"bye\"*" }`, false],
  ['{ $.percent = "100%" }', true],
])

table('numbers', [
  ['{ $.count = 42 }', true],
  ['{ $.count = +42 }', true],
  ['{ $.count = 4.2e1 }', true],
  ['{ $.count != 42 }', false],
  ['{ $.count != 41 }', true],
  ['{ $.count > 41 }', true],
  ['{ $.count > 42 }', false],
  ['{ $.count >= 42 }', true],
  ['{ $.count < 43 }', true],
  ['{ $.count < 42 }', false],
  ['{ $.count <= 42 }', true],
  ['{ $.count = 4* }', true],
  ['{ $.latency < 0.5 }', true],
  ['{ $.latency >= 1e-3 }', true],
  ['{ $.big = 1e+6 }', true],
  ['{ $.negative = -3 }', true],
  ['{ $.negative < 0 }', true],
  ['{ $.digits > 1 }', false],
  ['{ $.eventName > 1 }', false],
  ['{ $.absent < 1 }', false],
  ['{ $.errorCode < 1 }', false],
])

table('booleans, null and absence', [
  ['{ $.readOnly IS FALSE }', true],
  ['{ $.readOnly IS TRUE }', false],
  ['{ $.managementEvent IS TRUE }', true],
  ['{ $.errorCode IS NULL }', true],
  ['{ $.absent IS NULL }', false],
  ['{ $.absent IS FALSE }', false],
  ['{ $.eventName IS NULL }', false],
  ['{ $.absent NOT EXISTS }', true],
  ['{ $.errorCode NOT EXISTS }', false],
  ['{ $.userIdentity.absent.deeper NOT EXISTS }', true],
  ['{ $.absent != "x" }', false],
  ['{ $.errorCode != "x" }', false],
  ['{ ($.errorCode != "x") || ($.errorCode NOT EXISTS) || ($.errorCode IS NULL) }', true],
])

table('selectors', [
  ['{ $.userIdentity.type = "IAMUser" }', true],
  ['{ $.userIdentity.sessionContext.sessionIssuer.userName = "role-1" }', true],
  ['{ $.resources[0].ARN = "*a" }', true],
  ['{ $.resources[1].ARN = "*a" }', false],
  ['{ $.resources[2].ARN = "*" }', false],
  ['{ $.resources[*].accountId = "2" }', true],
  ['{ $.resources[*].accountId = "3" }', false],
  ['{ $.grid[1][0] = 3 }', true],
  ['{ $.grid[0] = 1 }', false],
  ['{ $.userIdentity.* = "IAMUser" }', true],
  ['{ $.* = "ConsoleLogin" }', true],
  ['{ $.[\'dotted.name\'] = "inside" }', true],
  ['{ $.userIdentity.[\'type\'] = "IAMUser" }', true],
  ['{ $.with-hyphen = "h" }', true],
  ['{ $.constructor NOT EXISTS }', true],
  ['{ $.toString = "*" }', false],
])

table('compounds', [
  ['{ $.count = 42 && $.readOnly IS FALSE }', true],
  ['{ $.count = 42 && $.readOnly IS TRUE }', false],
  ['{ $.count = 1 || $.readOnly IS FALSE }', true],
  ['{ ($.count = 42) && ($.readOnly IS FALSE) }', true],
  // && binds more strongly than ||.
  ['{ $.count = 42 || $.count = 1 && $.readOnly IS TRUE }', true],
  ['{ ($.count = 42 || $.count = 1) && $.readOnly IS TRUE }', false],
  ['{ $.readOnly IS TRUE && $.count = 1 || $.count = 42 }', true],
  ['{ (($.count = 42) && (($.count > 1) || ($.count < 0))) }', true],
])

table('regular expressions', [
  ['{ $.eventName = %Login% }', true],
  ['{ $.eventName = %^Login% }', false],
  ['{ $.eventName = %^Console[A-Z][a-z]+$% }', true],
  ['{ $.eventName != %^Console% }', false],
  ['{ $.sourceIPAddress = %^104\\.53\\.\\d{1,3}\\.% }', true],
  ['{ $.sourceIPAddress = %^\\d+\\.\\d+\\.\\d+\\.\\d+$% }', true],
  ['{ $.eventSource = %^\\d% }', false],
  ['{ $.eventName = %Logout|Login% }', true],
  ['{ $.quoted = %\\x22hi\\x22% }', true],
  ['{ $.eventName = %Conso?le{1,}% }', true],
  ['{ $.eventName = %[^a-zA-Z]% }', false],
  ['{ $.count = %42% }', false],
  ['{ $.eventName = %\\w% && $.eventSource = %\\W% }', true],
])

describe('messages that are no JSON objects', () => {
  test.each([
    '',
    'plain',
    '{"eventName":"Cons',
    'x {"eventName":"ConsoleLogin"}',
    '"eventName"',
    '1',
    'null',
  ])('%j matches no pattern in braces', (text) => {
    expect(matches('{ $.eventName NOT EXISTS }', text)).toBe(false)
    expect(matches('{ $.eventName != "x" }', text)).toBe(false)
  })

  test('lists and objects with space around them do', () => {
    expect(matches('{ $.a = 1 }', ' \n{"a":1} ')).toBe(true)
    expect(matches('{ $.[0] = 1 }', '[1]')).toBe(true)
    expect(matches('{ $.a NOT EXISTS }', '{}')).toBe(true)
  })
})

describe('refused', () => {
  test.each([
    '{ $.a = "x"',
    '{ }',
    '{ $.a }',
    '{ $.a = }',
    '{ a = "x" }',
    '{ $a = "x" }',
    '{ $.a == "x" }',
    '{ $.a = "x }',
    '{ $.a = "x" } more',
    '{ $.a = "x" && }',
    '{ ($.a = "x" }',
    '{ $.a = "x") }',
    '{ $.a = "x" & $.b = "y" }',
    '{ NOT $.a = "x" }',
    '{ $.a EXISTS }',
    '{ $.a IS NOT NULL }',
    '{ $.a is true }',
    '{ $.a < "x" }',
    '{ $.a >= x }',
    '{ $.a < %x% }',
    '{ $.a = x-y }',
    '{ $.a = %(x)% }',
    '{ $.a = %x!% }',
    '{ $.a = %é% }',
    '{ $.a = %x }',
    '{ $.a = %% }',
    '{ $.a = %[% }',
    '{ $.a = %a% || $.b = %b% || $.c = %c% }',
    '{ $.a[*].b[*] = "x" }',
    '{ $.a.*.* = "x" }',
    '{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }',
    `${'('.repeat(400)}`,
    `{ ${'('.repeat(500)}$.a = 1${')'.repeat(500)} }`,
    '[a, b',
    '[a, ..., b, ...]',
    '[a = 1, b = 2 && c = 3]',
    '[]',
    'two.words',
    `"${'x'.repeat(1023)}"`,
  ])('%s', (pattern) => {
    expect(() => compileFilterPattern(pattern)).toThrow(FilterPatternError)
  })

  test('1024 characters are the most', () => {
    const pattern = `{ $.a = "${'x'.repeat(1012)}" }`
    expect(pattern).toHaveLength(1024)
    expect(matches(pattern)).toBe(false)
  })

  test('a pattern that would take a naive matcher ages is answered at once', () => {
    const stars = `{ $.a = "${'x*'.repeat(400)}y" }`
    expect(matches(stars, JSON.stringify({ a: 'x'.repeat(100_000) }))).toBe(false)
  })
})

describe('terms', () => {
  test.each([
    ['ERROR', 'an ERROR here', true],
    ['ERROR', 'an error here', false],
    ['ERROR here', 'here an ERROR', true],
    ['ERROR gone', 'an ERROR here', false],
    ['"an ERROR"', 'an ERROR here', true],
    ['"ERROR an"', 'an ERROR here', false],
    ['?ERROR ?WARN', 'a WARN', true],
    ['?ERROR ?WARN', 'an INFO', false],
    ['ERROR ?WARN', 'an ERROR', true],
    ['ERROR -gone', 'an ERROR gone', false],
    ['ERROR -gone', 'an ERROR here', true],
    ['-"not this"', 'but not this', false],
    ['%ERR[A-Z]+%', 'an ERROR', true],
    ['%^ERR%', 'an ERROR', false],
    ['"\\"eventName\\":\\"ConsoleLogin\\""', message, true],
  ])('%s in %j is %s', (pattern, text, holds) => {
    expect(matches(pattern, text)).toBe(holds)
  })
})

describe('fields between spaces', () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
  test.each([
    ['[ip, id, user, time, request, status, size]', true],
    ['[ip, id, user, time, request, status]', false],
    ['[ip, id, user, time, request, status = 4*, size]', true],
    ['[ip, id, user, time, request, status = 404, size > 1000]', true],
    ['[ip, id, user, time, request, status = 404, size > 2000]', false],
    ['[..., status = 404, size]', true],
    ['[ip = 127.*, ...]', true],
    ['[ip != 127.*, ...]', false],
    ['[..., status = 500 || status = 404, size]', true],
    ['[..., size >= 1000 && size <= 1534]', true],
    ['[..., request = "GET*", status, size]', true],
    ['[..., request = %index\\.html%, status, size]', true],
  ])('%s is %s', (pattern, holds) => {
    expect(matches(pattern, line)).toBe(holds)
  })
})
