import { describe, expect, it } from 'vitest'
import { statementsOf } from './statements.js'
import { bindVariables, parseVariable, unknownVariables } from './variables.js'

function statement(text: string) {
  const [first] = statementsOf(text).statements
  if (first === undefined) throw new Error(`no statement in ${text}`)
  return first
}

const variables = new Map([
  ['ip', '192.0.2.1'],
  ['name', "Robert'); drop table students; --"],
])

describe('variables', () => {
  it.each<[string, string, string[]]>([
    ['select :ip', 'select $1', ['ip']],
    ['select $ip, :name, :ip', 'select $1, $2, $1', ['ip', 'name']],
    ['select :ip::inet', 'select $1::inet', ['ip']],
    ['select x::ip, a[1::ip]', 'select x::ip, a[1::ip]', []],
    [
      "select ':ip', E'\\':ip', $$:ip$$, $ip$ :ip $ip$",
      "select ':ip', E'\\':ip', $$:ip$$, $ip$ :ip $ip$",
      [],
    ],
    ['select ":ip" /* :ip */ -- :ip', 'select ":ip"', []],
    ['select f(ip := 1), x$ip', 'select f(ip := 1), x$ip', []],
    ['select :other', 'select :other', []],
    ['select x:ip', 'select x $1', ['ip']],
  ])('of %j are bound and leave all else alone', (text, bound, names) => {
    const result = bindVariables(statement(text), variables)
    expect(result.text).toBe(bound.trim())
    expect([...result.names]).toEqual(names)
    expect(result.values).toEqual(names.map((name) => variables.get(name)))
  })

  it('keep the places of errors', () => {
    const original = statement('select :ip, :name, nothing')
    const bound = bindVariables(original, variables, 'EXPLAIN ')
    expect(bound.originalPlace(bound.text.indexOf('nothing'))).toBe(original.text.indexOf('nothing'))
    expect(bound.originalPlace(bound.text.indexOf('$2'))).toBe(original.text.indexOf(':name'))
    expect(bound.originalPlace(bound.text.length)).toBe(original.text.length)
  })

  it('do not mix with parameters', () => {
    expect(() => bindVariables(statement('select $1, :ip'), variables)).toThrow(/such as \$1/)
    expect(bindVariables(statement('select $1'), variables).text).toBe('select $1')
  })

  it('without a value are known', () => {
    expect(unknownVariables(statement('select :ip, :other, x::text'), variables)).toEqual(['other'])
  })

  it.each([
    ['a=b', ['a', 'b']],
    ['a=', ['a', '']],
    ['a=b=c\nd', ['a', 'b=c\nd']],
  ])('are read from %j', (argument, pair) => {
    expect(parseVariable(argument)).toEqual(pair)
  })

  it.each(['a', '=b', '1=b', 'a b=c', ''])('are not read from %j', (argument) => {
    expect(() => parseVariable(argument)).toThrow(expect.objectContaining({ exitCode: 2 }))
  })
})
