/**
 * What conditions say, alone, negated and put together: over rows that stand on every constant, below and above it,
 * no row may be lost. The API leaves out whatever fails a condition that it is asked with.
 */
import { expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'

const labels = ['a', 'a_', 'ab', 'b', 'ba', null]
const rows = {
  thing: [0n, 1n, 2n, 3n, 4n, 5n, null].flatMap((id, index) =>
    [true, false, null].map((flag, turn) => ({
      id,
      label: labels[(index + turn) % labels.length] ?? null,
      flag,
      amount: index === 6 ? null : String(index / 2),
      seen: `2022-07-06T00:00:0${index}Z`,
    })),
  ),
  place: [],
  event: [],
  note: [],
}

/** Each says something of a key; constants are 2 and 4, or b. */
const atoms = [
  ...['=', '<>', '<', '<=', '>', '>='].flatMap((operator) => [
    `id ${operator} 2`,
    `2 ${operator} id`,
    `label ${operator} 'b'`,
    `(id, amount) ${operator} (2, 1)`,
    `seen ${operator} '2022-07-06T00:00:02Z'`,
  ]),
  'id between 2 and 4',
  'id not between 2 and 4',
  'id between symmetric 4 and 2',
  'id between 2 and 2',
  'id in (2, 4)',
  'id not in (2, 4)',
  'id = any (array[2, 4])',
  'id <> all (array[2, 4])',
  'id <> any (array[2, 4])',
  '(id, amount) in ((2, 1), (4, 2))',
  'id is null',
  'id is not null',
  'id is distinct from 2',
  'id is not distinct from 2',
  'id is not distinct from null',
  "label like 'a%'",
  "label like 'a_'",
  "label like 'a\\_'",
  "label like 'ab'",
  "label not like 'a%'",
  "label ~ '^a'",
  "label !~ '^a'",
  'flag',
  'flag is true',
  'flag is not true',
  'flag is false',
  'flag is not false',
  'flag is unknown',
  'flag = false',
  '(id = 2) = true',
  '(id = 2) = false',
  '(id = 2) is not true',
  'false',
  'null',
  'amount + 1 > 2',
]

/** Pairs of atoms, each with others near and far in the list. */
const pairs = atoms.flatMap((atom, index) =>
  [1, 11, 29].map((distance) => [atom, atoms[(index + distance) % atoms.length] ?? ''] as const),
)

const conditions = [
  ...atoms.flatMap((atom) => [atom, `not (${atom})`]),
  ...pairs.flatMap(([one, other], index) => [
    index % 2 === 0 ? `(${one}) and (${other})` : `(${one}) or (${other})`,
    index % 2 === 0 ? `not ((${one}) and (${other}))` : `not ((${one}) or (${other}))`,
  ]),
  // Arms of which one says nothing of what the others narrow.
  'id = 1 or amount + 1 > 2 or id = 2',
  "id = 1 or label = 'b' or id = 2",
  "id = 1 or (id = 2 and label = 'a') or id = 5",
  'not (id <> 1 and id <> 2)',
  "not (id <> 1 and label <> 'b')",
  "not (id <> 1 and id <> 2 and label <> 'b')",
  'not (id < 2 or id > 4)',
]

const test = propertyTest({ rows: [rows], filtering: 'every operator' })

const slices = 8

test.for(Array.from({ length: slices }, (_, slice) => slice))(
  'no row is lost: part %i',
  async (slice, { harness }) => {
    for (const [index, condition] of conditions.entries()) {
      if (index % slices !== slice) continue
      const text = `select id, flag, label from thing where ${condition}`
      const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
      expect(virtual, text).toEqual(expected)
    }
  },
)
