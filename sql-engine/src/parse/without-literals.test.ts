import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withoutLiterals } from './without-literals.js'

test.each([
  ["select 'a', 1.5, -2 from t where x = 'y'", 'select ?, …, -? from t where x = ?'],
  ['select * from "My Table" where id = $1 and a @> b', 'select * from "My Table" where id = $1 and a @> b'],
  ["select x'1f' , B'1', U&'d', E'\\x', n'q', $$body$$, $a$it's$a$", 'select ? , ?, …, n?, …'],
  ['select /* token=secret */ 1 -- secret\n', 'select ?'],
  ["alter user u password 'secret'", 'alter user u password ?'],
  ["do $$ begin perform 'secret'; end $$", 'do ?'],
  ["select a in (1, 2, 3,4), f('x', 'y')", 'select a in (?, …), f(?, …)'],
  ["select interval '1 day'; select 2", 'select interval ?; select ?'],
  ['select é from "ü" where "a""b" = 0x1F', 'select é from "ü" where "a""b" = ?'],
  ['selec 1 frm', 'selec ? frm'],
])('%j is shown as %j', (text, shown) => {
  expect(withoutLiterals(text)).toBe(shown)
})

test.each(["select 'secret", 'select $$secret', `select ${'1,'.repeat(20_000)}1`])(
  'of %.20s nothing is shown',
  (text) => {
    expect(withoutLiterals(text)).toBeUndefined()
  },
)

test('no literal and no comment is shown, whatever surrounds it', () => {
  const secret = fc.constantFrom(
    "'hidden'",
    "E'hi\\'hidden'",
    '$$hidden$$',
    '$q$hidden$q$',
    '/*hidden*/',
    '--hidden\n',
    "U&'hidden'",
    "''''",
  )
  const other = fc.constantFrom(
    'select',
    ' ',
    'a',
    ',',
    '(',
    ')',
    '=',
    '"n"',
    '\n',
    '$1',
    "x'1f'",
    '.',
    '||',
    '::text',
    '\\',
    '€',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(secret, other), { maxLength: 12 }), (parts) => {
      expect(withoutLiterals(parts.join(' ')) ?? '').not.toContain('hidden')
    }),
  )
})
