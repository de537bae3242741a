/** What nobody reads need not be computed, unless computing it shows: by an effect, by rows, or by an error. */
import { describe, expect, test } from 'vitest'
import { findAll } from '../parse/syntax-tree.js'
import { functions, parsedStatement } from '../testing/planned-statement.js'
import { cannotFail, isDiscardable, isTotalAggregate, isTotalWindow } from './discardable.js'

function output(expression: string) {
  const [target] = findAll(parsedStatement(`select ${expression} from thing`), 'ResTarget')
  if (target?.val === undefined) throw new Error(`no expression: ${expression}`)
  return target.val
}

describe('left out, it leaves the rows as they are', () => {
  test.each([
    ['size + 1', true],
    ['lower(name)', true],
    ['max(size)', true],
    ['row_number() over (order by size)', true],
    ['random()', false],
    ['coalesce(size, random())', false],
    ['generate_series(1, size)', false],
  ])('%s: %s', (expression, discardable) => {
    expect(isDiscardable(output(expression), functions)).toBe(discardable)
  })
})

describe('it fails for no values', () => {
  test.each([
    ['size', true],
    ["'x'", true],
    ['size > 3 and name is null', true],
    ["case when flag then name else 'none' end", true],
    ['coalesce(name, kind)', true],
    ['size::text', true],
    ['name::bigint', false],
    ['size::pg_catalog.text', true],
    ['size::mine.text', false],
    ['name::text[]', false],
    ['size + 1', false],
    ['lower(name)', true],
    ['upper(text(kind))', true],
    ["name > 'x'::varchar", true],
    ["size > '1'::bigint", true],
    ['lower(name::bigint::text)', false],
    ['lower(name, kind)', false],
    ['log(size)', false],
    ["name like 'a%'", true],
    ["name not ilike 'a%'", true],
    ["name like 'a\\\\_%'", false],
    ['name like kind', false],
    ["name ~ '^a'", true],
    ['name ~ kind', false],
    ["name in ('a', 'b')", true],
    ['size in (1, 2 / size)', false],
    ['size between 1 and 2', true],
    ['size between 1 / size and 2', false],
    ['name = any ($1)', true],
    ['size > any ($1)', false],
    ['name is distinct from kind', true],
    ["note ->> 'a' = 'b'", true],
    ["name > now() - '1 day'::interval", true],
    ['size > random()', false],
    ['size > count(*)', false],
    ['size > 1 / $1', true],
    ['size operator(mine.=) 1', false],
    ['(select size)', false],
  ])('%s: %s', (expression, total) => {
    expect(cannotFail(output(expression), functions)).toBe(total)
  })
})

describe('an aggregate that fails for no values', () => {
  test.each([
    ['max(size)', true],
    ['count(*)', true],
    ['count(distinct name)', true],
    ['min(name) filter (where size > 3)', true],
    ['max(1 / size)', false],
    ['max(size) filter (where 1 / size = 1)', false],
    ['count(*) over ()', false],
    ['sum(size)', false],
    ['lower(name)', false],
  ])('%s: %s', (expression, total) => {
    expect(isTotalAggregate(output(expression), functions)).toBe(total)
  })
})

describe('a window function that fails for no values', () => {
  test.each([
    ['row_number() over (order by size)', true],
    ['count(*) over (partition by name, kind)', true],
    ['count(size) over ()', false],
    ['row_number() over (order by 1 / size)', false],
    ['row_number() over (rows size preceding)', false],
    ['lower(name)', false],
  ])('%s: %s', (expression, total) => {
    expect(isTotalWindow(output(expression), [], functions)).toBe(total)
  })
})
