/**
 * Space-delimited filter patterns, `[ip, user, ..., status = 4*, size > 1000]`.
 *
 * A field of the event is a run of non-space characters, or text in double quotes or square brackets. A field
 * of the pattern names one of them and may put one condition, or several of one operator kind, on it.
 */
import { compilePatternRegex } from './pattern-regex.js'
import { Scanner } from './scanner.js'

type FieldTest = (field: string) => boolean

interface Field {
  /** Whether the field is `...`, which takes any number of fields. */
  readonly isRest: boolean
  readonly test: FieldTest
}

export function compileSpacePattern(pattern: string): (message: string) => boolean {
  const scanner = new Scanner(pattern)
  scanner.expect('[', 'at the start')
  const fields: Field[] = []
  do fields.push(parseField(scanner))
  while (scanner.takeText(','))
  scanner.expect(']', 'at the end')
  if (!scanner.atEnd) throw scanner.error("nothing may follow the closing ']'")
  const rest = fields.findIndex((field) => field.isRest)
  if (rest >= 0 && fields.some((field, i) => field.isRest && i !== rest)) {
    throw scanner.error("'...' may stand once")
  }
  return (message) => {
    const values = splitFields(message)
    if (rest < 0) return values.length === fields.length && everyField(fields, values)
    const after = fields.slice(rest + 1)
    if (values.length < fields.length - 1) return false
    return (
      everyField(fields.slice(0, rest), values) &&
      everyField(after, values.slice(values.length - after.length))
    )
  }
}

function everyField(fields: readonly Field[], values: readonly string[]): boolean {
  return fields.every((field, i) => field.test(values[i] ?? ''))
}

function splitFields(message: string): string[] {
  return Array.from(message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g), (m) => m[1] ?? m[2] ?? m[3] ?? '')
}

function parseField(scanner: Scanner): Field {
  scanner.skipSpace()
  if (scanner.takeText('...')) {
    scanner.skipSpace()
    return { isRest: true, test: () => true }
  }
  const name = scanner.take(/[A-Za-z0-9_]+/y)
  if (name === null) throw scanner.error('expected a field name')
  scanner.skipSpace()
  const tests: FieldTest[] = []
  let join: '&&' | '||' | null = null
  for (let isFirst = true; ; isFirst = false) {
    const operator = scanner.take(/!=|<=|>=|=|<|>/y)
    if (operator === null) {
      if (!isFirst) throw scanner.error('expected an operator')
      break
    }
    tests.push(parseTest(scanner, operator))
    const next = scanner.takeText('&&') ? '&&' : scanner.takeText('||') ? '||' : null
    if (next === null) break
    if (join !== null && join !== next) throw scanner.error('a field takes either && or ||')
    join = next
    scanner.skipSpace()
    const other = scanner.take(/[A-Za-z0-9_]+/y)
    if (other !== name) throw scanner.error(`a condition on '${other}' stands in the field '${name}'`)
    scanner.skipSpace()
  }
  const isAny = join === '||'
  return {
    isRest: false,
    test: (field) => (isAny ? tests.some((test) => test(field)) : tests.every((test) => test(field))),
  }
}

function parseTest(scanner: Scanner, operator: string): FieldTest {
  scanner.skipSpace()
  const matches = parseMatcher(scanner, operator)
  scanner.skipSpace()
  return operator === '!=' ? (field) => !matches(field) : matches
}

function parseMatcher(scanner: Scanner, operator: string): FieldTest {
  const regexSource = scanner.takeRegexSource()
  if (regexSource !== null) {
    const regex = compilePatternRegex(regexSource)
    return (field) => regex.test(field)
  }
  const text = scanner.takeQuoted() ?? scanner.take(/[^\s,\]&|"%]+/y)
  if (text === null) throw scanner.error('expected a value')
  if (operator === '=' || operator === '!=') {
    const parts = text.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    const regex = new RegExp(`^${parts.join('[^]*')}$`)
    return (field) => regex.test(field)
  }
  const bound = Number(text)
  if (text.trim() === '' || Number.isNaN(bound)) throw scanner.error(`${operator} compares numbers only`)
  return (field) => {
    const value = Number(field)
    if (field.trim() === '' || Number.isNaN(value)) return false
    if (operator === '<') return value < bound
    if (operator === '<=') return value <= bound
    return operator === '>' ? value > bound : value >= bound
  }
}
