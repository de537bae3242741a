/** Wrong caches, pushers and tables: what conditions become once they are planned. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const cacheProperties = 'sql-engine/src/cache/cache-properties.test.ts'
const cache = 'sql-engine/src/cache/scans/scan-cache.test.ts'
const covers = 'sql-engine/src/cache/scans/covers.test.ts'
const ranges = 'sql-engine/src/cache/scans/divide-range.test.ts'
const cachedStatements = 'sql-engine/src/cache/cached-statements.test.ts'
const pushing = 'sql-engine/src/run/push-quals.test.ts'
const lookups = 'sql-engine/src/cache/keys/key-cache.test.ts'
const patterns = 'plugins/aws/src/filter-pattern/filter-pattern.test.ts'
const notAws = "random statements ask no table of AWS's"

export const fetchingMutants: readonly Mutant[] = [
  ...mutantsOf(
    'sql-engine/src/run/push-quals.ts',
    [pushing, engine, answers, 'sql-engine/src/key-shapes.test.ts'],
    [
      [
        'of two lists, the first counts',
        'const [first, ...others] = known.values.filter((value) => added.values.includes(value))',
        'const [first, ...others] = known.values',
      ],
      ['NULL matches no NULL', 'if (found.includes(null) && !isNeverNull(qual.key)) return undefined', ''],
      ['a LIMIT counts without the conditions that stay', 'whole: whole && isKept', 'whole: true'],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/covers.ts',
    [covers, cacheProperties, cache],
    [
      [
        'columns that were not filled are there',
        'for (const column of later.columns) if (!earlier.columns.has(column)) return false',
        '',
      ],
      [
        'every condition is implied',
        'if (!quals.every((qual) => implies(known, qual))) return false',
        'if (!quals.some((qual) => implies(known, qual))) return false',
      ],
      [
        'columns that repeat what was asked have values',
        '(column) => column in earlier.quals || keys[column]?.inherent === true,',
        '() => true,',
      ],
      [
        'a looser bound is a tighter one',
        'return order < 0 === isUpper(bound)',
        'return order < 0 !== isUpper(bound)',
      ],
      [
        'equal bounds imply each other',
        "return other.operator === '<=' || other.operator === '>=' || bound.operator === other.operator",
        'return true',
      ],
      [
        'one value that fulfils is enough',
        'return known.values.every((value) => fulfils(value, wanted))',
        'return known.values.some((value) => fulfils(value, wanted))',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/interval.ts',
    [ranges, cacheProperties, covers],
    [
      [
        'an open end is closed',
        "const end: End = { value, isIn: operator === '<=' || operator === '>=' }",
        'const end: End = { value, isIn: true }',
      ],
      ['what is beside an end holds it too', 'return { value, isIn: !isIn }', 'return { value, isIn: true }'],
      [
        'the wider of two bounds counts',
        '} else if (compareLower(end, interval.lower) > 0) interval',
        '} else if (compareLower(end, interval.lower) !== 0) interval',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/divide-range.ts',
    [ranges, cacheProperties],
    [
      [
        'columns whose values change are divided',
        'key?.inherent !== true || key.immutable !== true ||',
        'key?.inherent !== true ||',
      ],
      [
        'other conditions do not count',
        'return covers(without(shape, column), without(scan, column), keys) ? [{ earlier: one, interval }] : []',
        'return [{ earlier: one, interval }]',
      ],
      [
        'a list in a range is harmless',
        "return isBound(qual) || qual.operator === 'is not null'",
        'return true',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/divide-keys.ts',
    [cache, cacheProperties, cachedStatements],
    [
      [
        'kept keys have all columns',
        'if (!covers(narrowed(shape, column, values), narrowed(scan, column, values), keys)) continue',
        '',
      ],
      [
        'a key stands in two parts',
        'for (const value of values) missing.delete(value)',
        'for (const value of values.slice(1)) missing.delete(value)',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/counted-rows.ts',
    [cache, cacheProperties, cachedStatements],
    [
      [
        "a range's end is in",
        "conditions.push(`${column} ${upper.isIn ? '<=' : '<'} ${literal(upper.value, type)}`)",
        'conditions.push(`${column} <= ${literal(upper.value, type)}`)',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/cache-entry.ts',
    [cache, cacheProperties],
    [
      [
        'rows up to a limit are all rows',
        'return limit === undefined || (table !== undefined && table.rowCount < limit.rows)',
        'return true',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/scan-cache.ts',
    [cache, cacheProperties],
    [
      [
        'rows are never too old',
        'return maxAge > 0 && entry.source === source && entry.startedAt >= this.#now() - maxAge',
        'return maxAge > 0 && entry.source === source',
      ],
      [
        "another table's rows are this one's",
        'return maxAge > 0 && entry.source === source && entry',
        'return maxAge > 0 && entry',
      ],
      [
        'rows that lack a part are kept',
        '!hasAllRows(entry) || table.missing.length > 0',
        '!hasAllRows(entry)',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/keys/known-keys.ts',
    [lookups],
    [
      [
        'keys are never too old',
        'known.fetchedAt >= oldest && known.fetchedAt <= now',
        'known.fetchedAt <= now',
      ],
    ],
    'it takes a clock that goes on',
  ),
  ...mutantsOf(
    'plugins/sdk/src/fulfils.ts',
    [
      'sql-engine/src/engine.test.ts',
      'plugins/aws/src/log-events/first-events.test.ts',
      'plugins/sdk/src/fulfils.test.ts',
    ],
    [
      [
        'a bound holds at its end',
        "if (own === bound) return operator === '<=' || operator === '>='",
        'if (own === bound) return true',
      ],
    ],
    "the counting plugin's own filter is another",
  ),
  ...mutantsOf(
    'plugins/aws/src/log-events/time-bounds.ts',
    ['plugins/aws/src/log-events/time-bounds.test.ts'],
    [
      [
        '> fromItems out the next millisecond',
        'from(floor(qual.value, unit) + 1n)',
        'from(floor(qual.value, unit) + 2n)',
      ],
      [
        'a start within a millisecond is rounded up and on',
        'from(ceiling(qual.value, unit))',
        'from(floor(qual.value, unit) + 1n)',
      ],
      [
        'the last of two starts counts',
        'if (start > range.start) range.start = start',
        'range.start = start',
      ],
      [
        'of several times, the first and last in the list bound',
        'if (value < least) least = value',
        'least = value',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/text-conditions.ts',
    [patterns],
    [
      [
        '= is !=',
        "(pattern): Condition => ({ kind: 'text', field, operator: '=', pattern })",
        "(pattern): Condition => ({ kind: 'text', field, operator: '!=', pattern })",
      ],
      [
        'of several values, those that are certain are asked for',
        'if (!qual.values.every(isCertain)) return []',
        'if (!qual.values.some(isCertain)) return []',
      ],
      ['true is FALSE', "state: value ? 'TRUE' : 'FALSE'", "state: value ? 'FALSE' : 'TRUE'"],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/like.ts',
    [patterns],
    [
      [
        '_ is itself',
        "} else if (character === '%' || character === '_') {",
        "} else if (character === '%') {",
      ],
      ['a beginning is an end', 'textIs(field, `${start}*`)', 'textIs(field, `*${start}`)'],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/quote.ts',
    [patterns],
    [
      ['stars are letters', 'const known = /^[ -$&-)+-~]+$/', 'const known = /^[ -$&-~]+$/'],
      ['quotes are letters', 'value.replace(/["\\\\]/g, ', 'value.replace(/[\\\\]/g, '],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/compile.ts',
    [patterns],
    [['patterns may be longer than the API takes', 'if (longer.length > mostCharacters) continue', '']],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/log-groups/like-prefix.ts',
    ['plugins/aws/src/pushed-conditions.test.ts', 'plugins/aws/src/sandbox.test.ts'],
    [
      [
        '_ belongs to a beginning',
        "if (character === '%' || character === '_') return prefix",
        "if (character === '%') return prefix",
      ],
    ],
    notAws,
  ),
]
