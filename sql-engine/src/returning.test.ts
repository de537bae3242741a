/** RETURNING shows the rows that UPDATE and MERGE make, which are nowhere while keys are found. */
import { expect } from 'vitest'
import { propertyTest } from './testing/engine-test.js'

const rows = {
  thing: [
    { id: 2n, label: 'a' },
    { id: 3n, label: 'b' },
    { id: 5n, label: 'c' },
  ],
  place: [],
  event: [{ trail: 't1', id: 1n }],
  note: [],
}
const test = propertyTest({ rows: [rows], filtering: 'every operator' })

const labels = (id: string) => `(select t.label from thing t where t.id = ${id}) as label`

test.for([
  ['UPDATE', `update kept set id = 3 returning id, ${labels('kept.id')}`, ['thing']],
  [
    'UPDATE under an alias',
    `update kept n set id = 3 where n.id = 2 returning id, ${labels('n.id')}`,
    ['thing'],
  ],
  [
    'UPDATE beside other rows',
    `update kept set id = 3 from (values (5)) v (x) returning id, ${labels('x')}`,
    ['thing; id = 5'],
  ],
  [
    'UPDATE, of the values that it sets',
    `update kept set trail = (select t.label from thing t where t.id = kept.id) returning id, trail`,
    ['thing; id = 2'],
  ],
  [
    'MERGE',
    `merge into kept using (values (2, 3), (4, 5)) v (x, y) on kept.id = v.x when matched then update set id = v.y
     when not matched then insert (id) values (v.y) returning kept.id, ${labels('kept.id')}`,
    ['thing'],
  ],
  [
    'MERGE, of its source',
    `merge into kept using (values (2, 3), (4, 5)) v (x, y) on kept.id = v.x when matched then update set id = v.y
     when not matched then insert (id) values (v.y) returning kept.id, ${labels('v.y')}`,
    ['thing; id = 3, 5'],
  ],
  [
    'MERGE, where its source has no row',
    `merge into kept using (values (4)) v (x) on kept.id = v.x when not matched by source then update set flag = false
     returning kept.id, ${labels('coalesce(v.x, 5)')}`,
    ['thing'],
  ],
  ['DELETE', `delete from kept returning id, ${labels('kept.id')}`, ['thing; id = 2']],
  ['INSERT', `insert into kept (id) values (3) returning id, ${labels('kept.id')}`, ['thing']],
] as const)('%s', async ([_, text, calls], { harness }) => {
  await harness.configure(`create temp table kept as select 2::bigint as id, 't1' as trail, true as flag`)
  const { virtual, expected } = await harness.run(
    { text: `with changed as (${text}) select * from changed`, parameters: [], isOrdered: false },
    0,
  )
  await harness.configure('drop table kept')
  expect(virtual).toEqual(expected)
  expect(expected.rows).toContainEqual(expect.not.stringContaining('null'))
  expect(harness.calls.map(({ table, quals }) => [table, ...quals].join('; '))).toEqual(calls)
})

test('a required key has no value there', async ({ harness }) => {
  const text =
    'update kept set trail = trail returning (select count(*) from event e where e.trail = kept.trail)'
  await harness.configure(`create temp table kept as select 't1' as trail`)
  const { virtual } = await harness.run({ text, parameters: [], isOrdered: false }, 0)
  expect(virtual).toMatchObject({ sqlState: 'HV002' })
})
