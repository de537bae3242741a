/** What PostgreSQL calls an output that has no alias. */
import { expect, test } from 'vitest'
import { findAll } from '../parse/syntax-tree.js'
import { parsedStatement } from '../testing/planned-statement.js'
import { outputName } from './output-name.js'

test.each([
  ['t.a', 'a'],
  ['lower(a)', 'lower'],
  ['pg_catalog.lower(a)', 'lower'],
  ['coalesce(a, b)', 'coalesce'],
  ['greatest(a, b)', 'greatest'],
  ['nullif(a, b)', 'nullif'],
  ['array[1]', 'array'],
  ['row(1, 2)', 'row'],
  // A cast keeps the name of what is cast; where that has none, it gives its type's.
  ['a::text', 'a'],
  ["'a'::text", 'text'],
  ['1::bigint', 'int8'],
  ['(a + 1)::int', 'int4'],
  ['a collate "C"', 'a'],
  // CASE takes its name from ELSE.
  ['case when a then b else c end', 'c'],
  ['case when a then b end', 'case'],
  ['case when a then b else 1 end', 'case'],
  // A subquery takes its only output's.
  ['(select b from t)', 'b'],
  ['(select 1 as one)', 'one'],
  ['exists (select)', 'exists'],
  ['array(select 1)', 'array'],
  // No name.
  ['1', '?column?'],
  ['a + 1', '?column?'],
  ['a = 1', '?column?'],
  ['a is null', '?column?'],
  ['a in (select 1)', '?column?'],
  ['$1', '?column?'],
])('%s is %s', (expression, name) => {
  const [output] = findAll(parsedStatement(`select ${expression}`), 'ResTarget')
  expect(output?.val && outputName(output.val)).toBe(name)
})
