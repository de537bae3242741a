/** Lists of values of several types, all of which PostgreSQL compares as values of one. */
import { expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'

const thing = {
  label: 'a',
  ip: '1.1.1.1',
  flag: true,
  amount: '2',
  net: '1.1.1.1/32',
  seen: '2022-07-06T12:00:00Z',
}
const rows = {
  thing: [
    { ...thing, id: 1n },
    { ...thing, id: 2n, amount: '0.1', net: '10.0.0.0/8' },
    { ...thing, id: 3n, amount: '0.10000000000000000001' },
    { ...thing, id: 9007199254740992n, amount: null },
    { ...thing, id: 9007199254740993n, amount: '1000' },
  ],
  place: [],
  event: [],
  note: [
    { ip: '1.1.1.1', trail: 't1', id: 1n, flag: true },
    { ip: null, trail: null, id: null, flag: null },
  ],
}

const test = propertyTest({ rows: [rows], filtering: 'every operator' })

test.for([
  ['a literal', "id in (1e0::float8, '9007199254740992')"],
  ['an integer', 'id in (1e0::float8, 9007199254740992)'],
  ['a subquery', "id in ((select 1e0::float8), '9007199254740992')"],
  ['a numeric', "amount in ('0.1', 2::float8)"],
  ['a numeric beside NULL', "amount in (null, '0.1', 2::float8)"],
  ['a literal beside a column', "id in (n.id, '9007199254740992', 1e0::float8)"],
  ['what is not in the list', "id not in (1e0::float8, '9007199254740992')"],
  ['a fraction beside a literal', "id in (2.5, '1.0', 3)"],
  ['an integer beside an address', "net in ('10.0.0.0/8', '1.1.1.1'::inet)"],
  ['made of the column', "id + 1 in (2e0::float8, '9007199254740993')"],
  ['nothing, where integers are narrower than the column', "id in ('9007199254740993', 1::int4)"],
  ['a literal beside one value alone', "id in (1, '9007199254740993', 2::int8)"],
] as const)('floating point beside %s', async ([_, condition], { harness }) => {
  const text = `select t.id, n.id as n from thing t cross join note n where ${condition.replace(/\bid\b(?! =)/, 't.id')}`
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(expected.rows).not.toEqual([])
})

test.for([
  ['an integer', 't.id in ($1, $2)', ['double precision', '1'], ['bigint', '9007199254740992']],
  ['a numeric', 't.id in ($1, $2)', ['double precision', '1'], ['numeric', '9007199254740992']],
  [
    'what is not left out',
    'not t.id not in ($1, $2)',
    ['double precision', '1'],
    ['bigint', '9007199254740992'],
  ],
  ['what equals it', 't.id = n.id and t.id in ($1, $2)', ['double precision', '1'], ['bigint', '2']],
  ['integers alone', 't.id in ($1, $2)', ['numeric', '1'], ['bigint', '9007199254740992']],
] as const)('a parameter of floating point beside %s', async ([_, condition, ...given], { harness }) => {
  const parameters = given.map(([type, value]) => ({ type, value }))
  const text = `select t.id, n.id as n from thing t cross join note n where ${condition}`
  const { virtual, expected } = await harness.run({ text, parameters, isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(expected.rows).not.toEqual([])
})

test.for([
  ['a fraction', 'id in ($1, $2)', ['double precision', '2.5'], ['bigint', '2'], 'id = 2'],
  ['a whole number', 'id in ($2, $1)', ['double precision', '2'], ['bigint', '1'], 'id = 1, 2'],
  ['a numeric', 'id::bigint in ($1, $2)', ['double precision', '3'], ['numeric', '1.0'], 'id = 1, 3'],
  [
    'nothing in one list',
    '(id in ($1, $2) or id = 3)',
    ['double precision', '2'],
    ['bigint', '1'],
    undefined,
  ],
  [
    'what is compared as a fraction',
    'id in ($1, $2)',
    ['double precision', '2'],
    ['bigint', '9007199254740992'],
    undefined,
  ],
  ['a column of fractions', 'amount in ($1, $2)', ['double precision', '2'], ['bigint', '1'], undefined],
] as const)(
  'parameters of several types are asked for together, beside %s',
  async ([_, condition, one, other, qual], { harness }) => {
    const parameters = [one, other].map(([type, value]) => ({ type, value }))
    const text = `select id from thing where ${condition}`
    const { virtual, expected } = await harness.run({ text, parameters, isOrdered: false }, 0)
    expect(virtual).toEqual(expected)
    expect(expected.rows).not.toEqual([])
    expect(harness.calls.map(({ quals }) => quals)).toEqual([qual === undefined ? [] : [qual]])
  },
)

test.for(['id = 9007199254740992::float8', 'id in (9007199254740992::float8, 2::float4)'])(
  'floating point that is rounded where it is printed: %s',
  async (condition, { harness }) => {
    const query = { text: `select id from thing where ${condition}`, parameters: [], isOrdered: false }
    await harness.configure('set extra_float_digits = 0')
    const { virtual, expected } = await harness.run(query, 0)
    await harness.configure('reset extra_float_digits')
    expect(virtual).toEqual(expected)
    expect(expected.rows).not.toEqual([])
  },
)

test('parameters of one type, or of types alike, are asked for', async ({ harness }) => {
  const parameters = (['numeric', 'bigint'] as const).map((type) => ({ type, value: '2' }))
  await harness.run({ text: 'select id from thing where id in ($1, $2)', parameters, isOrdered: false }, 0)
  expect(harness.calls.map(({ quals }) => quals)).toEqual([['id = 2']])
})
