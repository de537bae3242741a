/** Wrong values: what conditions on something made of a column say of the column. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const shapes = 'sql-engine/src/key-shapes.test.ts'
const collations = 'sql-engine/src/collations.test.ts'
const bounds = 'sql-engine/src/time-bounds.test.ts'
const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const valueMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('collations'),
    [collations],
    [
      ['a value brings no collation', 'textTypes.has(typeNameOf(cast)) && ', ''],
      ['a column has the collation of the database', 'fromItem.types[index] !== undefined', 'true'],
    ],
    'ordinary tables and domains with other collations',
  ),
  ...mutantsOf(
    plan('column-traces'),
    [collations],
    [['a text stays one beside what comes first', '? isTextFirst && ', '? ']],
    'ordinary tables with other types of texts',
  ),
  ...mutantsOf(
    'sql-engine/src/bind/output-types.ts',
    [collations],
    [
      [
        'a column of USING has the type of its value',
        "type === undefined || type === 'literal' ||",
        "type !== 'literal' ||",
      ],
    ],
  ),
  ...mutantsOf(
    plan('seen-through'),
    [shapes, answers, bounds, engine],
    [
      [
        'an order by a collation is any order',
        "if (type === 'text' && isCollated && !collationless.has(comparison.operator)) return []",
        '',
      ],
      [
        'a text of a value is a value',
        'const reading = first && readingOf(first, type)',
        "const reading = first && readingOf(first, type) && 'text'",
      ],
      [
        'host() tells addresses with netmasks',
        "const isOne = reading !== 'host' || key?.hostsOnly === true",
        'const isOne = true',
      ],
      [
        'an upper bound is a lower one',
        "return [{ values: comparison.bounds ?? [comparison.node], side: 'upper' }]",
        "return [{ values: comparison.bounds ?? [comparison.node], side: 'lower' }]",
      ],
    ],
  ),
  ...mutantsOf(
    plan('monotone'),
    [bounds],
    [
      [
        'of several values, the first bounds all',
        "const widest = others.length === 0 ? first : extremeNode(isLower ? 'least' : 'greatest', bounds)",
        'const widest = first',
      ],
      [
        'the narrowest of several values bounds all',
        "extremeNode(isLower ? 'least' : 'greatest', bounds)",
        "extremeNode(isLower ? 'greatest' : 'least', bounds)",
      ],
      [
        'what falls rises',
        "const isLower = (side === 'lower') !== falls",
        "const isLower = side === 'lower'",
      ],
      [
        'NaN falls as numbers do',
        'if (falls && !isLower && typesWithNaN.has(columnType)) return undefined',
        '',
      ],
      ['what falls turns no side', "if (step.falls) turned = turned === 'lower' ? 'upper' : 'lower'", ''],
    ],
  ),
  ...mutantsOf(
    plan('monotone-steps'),
    [bounds],
    [
      [
        'midnight stands for itself',
        "const farthest = type === 'date' && side === 'upper' ? '2 days' : '1 day'",
        "const farthest = '0 days'",
      ],
      [
        'date_trunc gives its argument',
        "return side === 'lower' ? farther : shifted(farther, side, length)",
        'return value',
      ],
      [
        'date_bin gives its argument',
        "return side === 'lower' ? farther : operationNode(farther, '+', castNode(first, 'interval'))",
        'return value',
      ],
      [
        'an interval that is added is added again',
        "return rising(kind, (value, side) => shifted(operationNode(value, '-', other), side, '5 days'))",
        "return rising(kind, (value, side) => shifted(operationNode(value, '+', other), side, '0 days'))",
      ],
      [
        'a quotient is not cut off',
        "wider(operationNode(value, '*', number), side, Math.ceil(size))",
        "wider(operationNode(value, '*', number), side, 0)",
      ],
      ['negative factors keep the order', "case '*':\n      if (!(size > 0)) return undefined", "case '*':"],
      [
        'floor gives its argument',
        "return roundings.has(name) ? rising('numeric', (value, side) => wider(value, side, 1)) : undefined",
        "return roundings.has(name) ? rising('numeric', (value) => value) : undefined",
      ],
      [
        'a difference to a constant rises',
        "if (operator !== '-' || place !== 'right') return undefined\n  return falling('span'",
        "if (operator !== '-' || place !== 'right') return undefined\n  return rising('span'",
      ],
      ['a year ends where it begins', "numberNode(side === 'lower' ? 2000 : 1999)", 'numberNode(2000)'],
      [
        'clocks are never changed',
        "shifted(atTimeZoneNode(value, first), side, '1 day')",
        'atTimeZoneNode(value, first)',
      ],
    ],
  ),
  ...mutantsOf(
    plan('textual-value'),
    ['sql-engine/src/plan/textual-value.test.ts', shapes],
    [
      [
        'netmasks are longer than addresses',
        "if (reading === 'host' || Number(length) > longest ||",
        'if (Number(length) > longest ||',
      ],
      ['zeros of an address are written in any way', '(version === 6 && !isAsPrinted(address))', 'false'],
      [
        'a cast fromItems the netmask out',
        "if (length === undefined) return reading === 'text' ? undefined : address",
        'if (length === undefined) return address',
      ],
    ],
    'the value that is asked for is one too many: PostgreSQL drops its rows',
  ),
  ...mutantsOf(
    plan('key-values'),
    ['sql-engine/src/plan/key-values.test.ts', answers],
    [
      [
        'fractions of integers are cut off',
        'const integer = /^(-?\\d+)(\\.0*)?$/.exec(json)?.[1]',
        'const integer = /^(-?\\d+)(\\.\\d*)?$/.exec(json)?.[1]',
      ],
      [
        'whole numbers of floating point are taken for themselves, however large',
        '!Number.isInteger(number) || Math.abs(number) >= limit',
        '!Number.isInteger(number) || Math.abs(number) >= limit * 2 ** 40',
      ],
      [
        'time zones go the other way',
        "return local - BigInt(sign === '-' ? -offsetTotal : offsetTotal) * 1_000_000n",
        "return local + BigInt(sign === '-' ? -offsetTotal : offsetTotal) * 1_000_000n",
      ],
      [
        'no integer equals a number',
        "return typeName === 'numeric' && readInteger(json) === undefined",
        "return typeName === 'numeric'",
      ],
      [
        'no time equals any',
        'return exactTypes[type].includes(typeName) && infinite.test(json)',
        'return exactTypes[type].includes(typeName)',
      ],
      ['no date equals a midnight', '&& !localMidnight.test(json)', ''],
      ['digits within texts of a document are cut off', String.raw`"(?:[^"\\]|\\.)*"|-?`, '-?'],
    ],
  ),
  ...mutantsOf(
    plan('monotone'),
    [bounds],
    [
      [
        "times of the session's zone are those of the column's",
        "castNode(shifted(typed, side, '2 days'), kind) : typed",
        'typed : typed',
      ],
    ],
    "no row is of the day that a zone's clocks have left out",
  ),
  ...mutantsOf(
    plan('monotone-steps'),
    [bounds],
    [['there is a year 0', "numberNode(side === 'lower' ? -4000 : 1)", 'numberNode(-4000)']],
    'no row is of a time before Christ',
  ),
]
