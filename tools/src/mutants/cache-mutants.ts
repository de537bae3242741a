/** Wrong caches: rows that are there already, taken for others. */
import { type Mutant, mutantsOf } from './mutant.js'

const cacheProperties = 'sql-engine/src/cache/cache-properties.test.ts'
const cache = 'sql-engine/src/cache/scans/scan-cache.test.ts'
const covers = 'sql-engine/src/cache/scans/covers.test.ts'
const ranges = 'sql-engine/src/cache/scans/divide-range.test.ts'
const sharedRows = 'server/src/shared-rows.test.ts'
const cachedStatements = 'sql-engine/src/cache/cached-statements.test.ts'

export const cacheMutants: readonly Mutant[] = [
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
    'sql-engine/src/cache/scans/covers.ts',
    [covers],
    [['NaN equals all', ' || Number.isNaN(left) || Number.isNaN(right)', '']],
    'a key that must be given, of numbers with a bound beside NaN, and NaN alone after it',
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
    'sql-engine/src/cache/scans/divide-parts.ts',
    ['sql-engine/src/cache/scans/divide-parts.test.ts'],
    [
      ['a part is read twice', 'if (parts.some((part) => taken.has(part))) continue', ''],
      ['other conditions need not hold', 'some === undefined ||', 'some === undefined &&'],
    ],
    'random tables have no parts',
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
        "another table's rows are this one's",
        'return maxAge > 0 && entry.source === source && entry',
        'return maxAge > 0 && entry',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/kept-entries.ts',
    [cache, cacheProperties],
    [
      [
        'rows that lack a part are kept',
        '!hasAllRows(entry) || table.missing.length > 0',
        '!hasAllRows(entry)',
      ],
    ],
    'no API of the random statements fails',
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/covers.ts',
    [covers, cacheProperties, cache],
    [
      [
        'columns that repeat what was asked have values',
        '(column) => column in earlier.quals || keys[column]?.inherent === true,',
        '() => true,',
      ],
    ],
    'to the random statements, columns have their values, whether they were asked for or not',
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
    ],
    'rows of the random statements never change',
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
    ],
    'random statements keep rows for longer than they take',
  ),
  ...mutantsOf(
    'sql-engine/src/cache/scans/peer-entry.ts',
    [sharedRows],
    [
      [
        "another gateway's rows are as young as the look at them",
        'startedAt: lookedAt - age,',
        'startedAt: lookedAt,',
      ],
    ],
    'random statements are asked of one gateway',
  ),
  ...mutantsOf(
    'sql-engine/src/cache/shared/shared-cache.ts',
    [sharedRows],
    [['what one forgets answers the others', 'await forget()\n', '\n']],
    'random statements are asked of one gateway',
  ),
]
