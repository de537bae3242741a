/** How a condition is written does not matter, as long as it bounds a column by values that are known before. */
import { describe, expect, test } from 'vitest'
import { functionsWithWideDigits, pushedTo } from '../testing/planned-statement.js'

describe('what is pushed of a condition', () => {
  test.each([
    // Equality, however it is spelt.
    ["kind = 'a'", "kind = 'a'"],
    ["'a' = kind", "kind = 'a'"],
    ["kind in ('a', 'b')", "kind IN ('a', 'b')"],
    ["kind = any ('{a,b}')", "kind = ANY ('{a,b}')"],
    ["kind = 'a' or kind = 'b'", "kind IN ('a', 'b')"],
    ["kind is not distinct from 'a'", "kind = 'a'"],
    ['$1 = size', 'size = $1'],
    ['flag', 'flag = true'],
    ['not flag', 'flag = false'],
    ["(name, kind) = ('a', 'b')", "name = 'a'; kind = 'b'"],
    // Bounds; a comparison is turned round where the column stands at the right.
    ['3 > size', 'size < 3'],
    ['size between 1 and 5', 'size >= 1; size <= 5'],
    ['not (size > 3)', 'size <= 3'],
    // Patterns, negations and NULL, for tables that take them.
    ["kind like 'a%'", "kind LIKE 'a%'"],
    ["kind not in ('a', 'b')", "kind <> 'a'; kind <> 'b'"],
    ['kind is null', 'kind IS NULL'],
    ['not kind is null', 'kind IS NOT NULL'],
    // Of AND each part by itself.
    ["(kind = 'a' or kind = 'b') and size > 1", "kind IN ('a', 'b'); size > 1"],
    ["kind = 'a' and note = 'b'", "kind = 'a'"],
  ])('%s', (condition, pushed) => {
    expect(pushedTo(`select * from thing where ${condition}`)).toEqual([`thing: ${pushed}`])
  })
})

describe('nothing is pushed of', () => {
  test.each([
    ['a column that is no key', "note = 'a'"],
    ['an operator that the key does not take', 'size <> 3'],
    ['a pattern that the key does not take', "kind ~ 'a'"],
    ['OR over two columns', "kind = 'a' or size = 1"],
    ['OR with a part that bounds nothing', "kind = 'a' or note = 'b'"],
    ['a range that is left out', 'size not between 1 and 5'],
    ['a function of the column', "lower(kind) = 'a'"],
    ['a function that gives another result each time', 'size > random()'],
    ['IS DISTINCT FROM, which NULL fulfils', "kind is distinct from 'a'"],
    ['a value of the same row', 'kind = note'],
  ])('%s', (_, condition) => {
    expect(pushedTo(`select * from thing where ${condition}`)).toEqual(['thing:'])
  })
})

describe('a regular expression, where digits are more than those of ASCII,', () => {
  test.each([
    ["words ~ 'a+'", true],
    ["words !~ 'a+'", true],
    [String.raw`words ~ '\d'`, false],
    [String.raw`words !~ 'x\D'`, false],
    ["words ~ '[[:digit:]]'", false],
    ['words ~ $1', false],
    [String.raw`words like '\d%'`, true],
  ])('%s is pushed: %s', (condition, isPushed) => {
    const statement = `select * from line where ${condition}`
    expect(pushedTo(statement)).not.toEqual(['line:'])
    if (isPushed) expect(pushedTo(statement, functionsWithWideDigits)).toEqual(pushedTo(statement))
    else expect(pushedTo(statement, functionsWithWideDigits)).toEqual(['line:'])
  })
})
