import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainValue } from './located.js'
import { readHcl } from './read-hcl.js'
import { readJson } from './read-json.js'

const valueIn = (text: string) => {
  const { root, faults } = readHcl('a.spc', text)
  expect(faults).toEqual([])
  return plainValue(root)
}
const faultsOf = (text: string) =>
  readHcl('a.spc', text).faults.map(({ place, message }) => `${place.line}: ${message}`)

describe('HCL', () => {
  it('has blocks, attributes and comments of three kinds', () => {
    const text = [
      '# one',
      'connection "aws" { // two',
      '  plugin = "aws" # three',
      '  /* four',
      '     five */ regions = [ "a", /* six */ "b", ]',
      '}',
      'options "database" { port = 1 }',
      'plugin aws {',
      '  limiter "x" {',
      '    scope = []',
      '  }',
      '}',
    ].join('\r\n')
    expect(valueIn(text)).toEqual({
      connection: { aws: { plugin: 'aws', regions: ['a', 'b'] } },
      options: { database: { port: 1 } },
      plugin: { aws: { limiter: { x: { scope: [] } } } },
    })
  })

  it.each<[string, unknown]>([
    ['true', true],
    ['null', null],
    ['-1.5e3', -1500],
    ['9007199254740993', 9007199254740992],
    [String.raw`"a\n\t\"\\\u00e9\U0001F600"`, 'a\n\t"\\é😀'],
    ['"$${a} %%{b} $c 5% $"', '${a} %{b} $c 5% $'],
    ['[]', []],
    ['[\n 1,\n # c\n [2],\n]', [1, [2]]],
    ['{ a = 1, "b c": { d = [] } }', { a: 1, 'b c': { d: [] } }],
    ['{\n a = 1\n b = 2,\n}', { a: 1, b: 2 }],
    ['<<EOT\n a "q" \\ \n  b\nEOT', ' a "q" \\ \n  b\n'],
    ['<<-EOT\n    a\n      b\n\n    EOT', 'a\n  b\n\n'],
    ['<<E\n$${x}\nE', '${x}\n'],
    ['plugin.slow', 'plugin.slow'],
  ])('%s is a value', (text, value) => {
    expect(valueIn(`a = ${text}\nb = 1\n`)).toEqual({ a: value, b: 1 })
  })

  it.each([
    ['a = "${b}"', '1: ${…} is not evaluated: write the value itself, or $${ for the characters ${'],
    [
      '\na = <<E\n %{if x}\nE',
      '3: %{…} is not evaluated: write the value itself, or %%{ for the characters %{',
    ],
    ['a = file("x")', '1: functions are not evaluated: write the value itself'],
    ['a = 1 + 2', '1: expressions are not evaluated: write the value itself'],
    ['a = b', '1: texts stand in double quotes'],
    ["a = 'b'", '1: texts stand in double quotes'],
    ['a: 1', '1: write "a = …": between name and value stands ='],
    ['"a" = 1', '1: the name of a setting stands without quotes'],
    ['a = "b', '1: the text has no end: a double quote is missing'],
    ['\na = <<E\nx\n', '2: the text has no end: a line with E alone is missing'],
    ['a = 1 b = 2', '1: expected the end of the line behind the value'],
    ['a = [1 2]', '1: expected a comma or ]'],
    ['a = [1,', '1: expected ], and found the end of the file'],
    ['a "b"\n{\n}', '1: expected {'],
    ['a {\n b {\n }\n', '1: the block that begins here has no end: } is missing'],
    ['/* x', '1: the comment has no end: */ is missing'],
    [String.raw`a = "\q"`, '1: after \\ only n, r, t, ", \\, u and U have a meaning'],
    ['a = 1\na = 2', '2: a stands here and in line 1'],
    ['c "x" {\n}\nc "x" {\n}', '3: c x stands here and in line 1'],
    [`a = ${'['.repeat(200)}`, '1: values are nested more than 100 deep'],
  ])('%j is refused in words', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault])
  })

  it('goes on with the next block behind a mistake, and knows which was lost', () => {
    const { root, faults } = readHcl(
      'a.spc',
      'connection "a" {\n  x = \n}\n\nconnection "b" {\n  y = 1\n}\noptions "general" {\n  z\n}\ncache {\n ttl = 1\n}\n',
    )
    expect(faults.map(({ place, lost }) => [place.line, lost])).toEqual([
      [2, ['connection', 'a']],
      [9, ['options', 'general']],
    ])
    expect(plainValue(root)).toMatchObject({ connection: { b: { y: 1 } }, cache: { ttl: 1 } })
  })

  it('reads what JSON says as JSON does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!/[$%]\{|\\[bf/]|__proto__/.test(text))
        expect(valueIn(`a = ${text}`)).toEqual({ a: JSON.parse(text) })
      }),
    )
  })

  it('never fails otherwise than in words, whatever the text', () => {
    const piece = fc.constantFrom(
      ...'a "{}[]=,\n#/*$%\\<E1-.:('.split(''),
      '<<E\n',
      '\nE\n',
      '${',
      'c "x" {\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const { message } of readHcl('a.spc', pieces.join('')).faults) expect(message).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})

describe('JSON', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify({ value }, undefined, space)
        const { root, faults } = readJson('a.json', text)
        expect(faults).toEqual([])
        expect(plainValue(root)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('is refused where JSON.parse refuses it, unless a name stands twice', () => {
    const piece = fc.constantFrom(...'{}[]:,"0-.e1tn \n'.split(''), '"a"', 'true', 'null')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `{"v":${pieces.join('')}}`
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        const [fault] = readJson('a.json', text).faults
        if (!fault?.message.includes('stands here')) expect(fault === undefined).toBe(isJson)
      }),
      { numRuns: 2000 },
    )
  })
})
