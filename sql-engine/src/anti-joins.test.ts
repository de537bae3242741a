/** Rows that nothing matched, over the same rows in virtual and in ordinary tables. */
import { expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'

const note = { ip: '1.1.1.1', trail: 't1', id: 1n, flag: true }
const event = { trail: 't1', address: '1.1.1.1', id: 1n }
const rows = {
  thing: [],
  place: [],
  event: [
    event,
    { ...event, trail: 't2', address: null, id: null, flag: true },
    { ...event, trail: 't3', id: 0n },
  ],
  note: [
    note,
    { ...note, trail: 't2', id: 2n },
    { ...note, trail: 'x', id: 3n },
    { ...note, trail: null, id: null },
  ],
}

const test = propertyTest({ rows: [rows], filtering: 'every operator' })

const events = "(select * from event where trail in ('t1', 't2', 't3'))"

test.for([
  ['all columns', `select * from note n left join ${events} e on e.trail = n.trail where e.trail is null`],
  ['rows', `select n.id, e from note n left join ${events} e on e.trail = n.trail where e.trail is null`],
  ['a right join', `select * from ${events} e right join note n on e.trail < n.trail where e.trail is null`],
  ['USING', `select * from note n left join ${events} e using (trail) where e.trail is null`],
  ['the column of USING', `select * from ${events} e right join note n using (trail) where e.trail is null`],
  [
    'groups',
    `select n.flag, e.address, count(e.id) from note n left join ${events} e on e.trail = n.trail
     where e.trail is null group by n.flag, e.address`,
  ],
  [
    'what would fail of other rows',
    `select n.id, 1 / e.id as x from note n left join ${events} e on e.trail = n.trail where e.trail is null`,
  ],
  [
    'a query around it',
    `select q.id, q.address from (select n.id, e.address from note n left join ${events} e on e.trail = n.trail
     where e.trail is null) q where q.address is null`,
  ],
  [
    'a join of joins',
    `select * from note m left join (note n left join ${events} e on e.trail = n.trail) on n.id = m.id + 1
     where e.trail is null`,
  ],
  [
    'an inner join on that side',
    `select * from note m left join (note n join ${events} e on e.id = n.id) on n.id = m.id + 1 where e.id is null`,
  ],
  [
    'one of two joins',
    `select * from note m left join (note n left join ${events} e on e.address = n.ip) on n.id = m.id + 1
     where not e.address is not null`,
  ],
  [
    'a key',
    `select * from note n left join ${events} e on e.id = n.id and n.flag where e.trail is not distinct from null`,
  ],
  // In these, rows that matched are left.
  ['another column', `select * from note n left join ${events} e on e.trail = n.trail where e.id is null`],
  ['a full join', `select * from note n full join ${events} e on n.trail = e.trail where n.trail is null`],
  [
    'NULL that matches',
    `select * from ${events} e left join note n on n.id is not distinct from e.id where n.id is null`,
  ],
] as const)('%s', async ([_, text], { harness }) => {
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(expected.rows).not.toEqual([])
})

test("somebody's own operator that NULL fulfils", async ({ harness }) => {
  await harness.define(`create schema own;
    create function own.alike (bigint, bigint) returns boolean immutable language sql as 'select coalesce($1 = $2, true)';
    create operator own.= (leftarg = bigint, rightarg = bigint, function = own.alike)`)
  const text = `select n.id, e.flag, e.trail from note n left join ${events} e on e.id operator(own.=) n.id where e.id is null`
  const { virtual, expected } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toEqual(expected)
  expect(expected.rows).toContain('["1","t","t2"]')
})

test('a condition around it that fails of other rows', async ({ harness }) => {
  const matched = `select n.id, 1 / e.id as x from note n left join ${events} e on e.trail = 't3' where e.trail is null`
  const { virtual, expected } = await harness.run(
    { text: `select id from (${matched}) q where x > 1`, parameters: [], isOrdered: false },
    0,
  )
  expect(virtual).toEqual(expected)
})
