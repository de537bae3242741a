/**
 * Statements to which other tools are known to give wrong answers, each against the same rows in an ordinary
 * table: what PostgreSQL says of those is right. Those of caches are in known-cache-faults.test.ts; that an
 * aggregator left out a member that failed is in aggregator.test.ts.
 */
import aws from '@millrace/plugin-aws/plugin'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const logGroup = 'known-faults'
const events = 'aws_cloudtrail_trail_event'
const places = 'ipstack_ip'

let harness: ServiceHarness
let client: pg.Client

/** Messages whose fields are the ones that go wrong elsewhere. */
const message = (fields: object) => JSON.stringify({ eventVersion: '1.08', ...fields })
const second = 1_657_139_889_000
const odd = [
  { eventName: 'Escape', userAgent: 'a "quoted" \\ agent', readOnly: true },
  { eventName: 'escape', userAgent: 'a\nb', readOnly: false },
  { eventName: 'Joined', userAgent: 'ab', errorCode: 'LOW' },
  { eventName: '%', userAgent: '_', errorCode: 'INFO', readOnly: null },
  { eventName: 'Star*', userAgent: '*', errorCode: '' },
  { eventName: 'Nothing' },
  { eventName: 'Big', requestParameters: { id: 'EXACT' }, readOnly: true },
]

beforeAll(async () => {
  harness = await startServiceHarness()
  harness.sandbox.generateEvents({ logGroup, count: 400, distinctAddresses: 40, seed: 11, serviceEvery: 5 })
  harness.sandbox.logs.addEvents(
    'us-east-1',
    logGroup,
    odd.map((fields, index) => ({
      message: message(fields).replace('"EXACT"', '1234567890123456789'),
      // Within one second, to the millisecond.
      timestamp: second + index * 111,
    })),
  )
  client = await harness.connect()
  await client.query(
    `create table copied_events as select * from ${events} where log_group_name = '${logGroup}'`,
  )
  await client.query(
    `create table copied_places as select * from ${places} where ip in (
       select source_ip_address::inet from copied_events where source_ip_address ~ '^\\d+\\.' union select '9.9.9.9')`,
  )
})

afterAll(() => harness?.stop())

/** Runs a statement over the virtual tables and over their copies. */
async function sameOver(statement: string): Promise<readonly unknown[]> {
  const copied = statement.replaceAll(events, 'copied_events').replaceAll(places, 'copied_places')
  const { rows: right } = await client.query({ text: copied, rowMode: 'array' })
  const { rows } = await client.query({ text: statement, rowMode: 'array' })
  const comparable = (row: unknown) => JSON.stringify(row)
  if (/order by/i.test(statement)) expect(rows).toEqual(right)
  else expect(rows.map(comparable).sort()).toEqual(right.map(comparable).sort())
  return rows
}

const from = `from ${events} where log_group_name = '${logGroup}'`
const key = `log_group_name = '${logGroup}'`

describe('a limit is not pushed past what decides which rows are kept', () => {
  test.each([
    `select event_id ${from} order by lower(event_name), event_id limit 10`,
    `select event_id ${from} order by request_parameters->>'bucketName', event_id limit 10`,
    `select event_name ${from} order by event_name desc nulls last, event_id fetch first 3 rows with ties`,
    `select count(*) over () ${from} limit 5`,
    `select generate_series(1, 3) ${from} and event_name = 'Big' limit 2`,
    `select distinct event_source ${from} order by 1 limit 2`,
    `select event_source, count(*) ${from} group by 1 order by 2 desc, 1 limit 2`,
    `select event_name ${from} and length(event_name) = 3 limit 1`,
    `select event_name ${from} and event_name = 'Big' limit 1`,
    `select event_name ${from} and lower(event_name) = 'big' order by event_id limit 1`,
    `select count(*) from (select 1 ${from} and user_agent is null limit 1000) x`,
  ])('%s', async (statement) => {
    expect((await sameOver(statement)).length).toBeGreaterThan(0)
  })
})

/** Tables of which every row can be read, without a key. */
const wholeTables = Object.values(aws.tables).filter(({ keys }) =>
  Object.values(keys).every((one) => one?.require === undefined || one.require === 'optional'),
)

describe('a limit is not pushed beside a condition that the call does not take', () => {
  test.each(wholeTables.map(({ name, columns }) => [name, columns] as const))('%s', async (name, columns) => {
    const { rows } = await client.query(`select * from ${name}`)
    const last = rows.at(-1)
    if (last === undefined) return
    for (const column of Object.keys(columns)) {
      if (typeof last[column] !== 'string') continue
      const one = `select * from ${name} where ${column} = $1 limit 1`
      expect((await client.query(one, [last[column]])).rows, column).toHaveLength(1)
    }
  })
})

describe('texts that are no addresses do not fail a query whose conditions keep them out of the cast', () => {
  const guarded = [
    `select host(source_ip_address::inet) as a ${from} and source_ip_address ~ '^[0-9]+[.]' order by 1`,
    `select i.ip from ${places} i, (select source_ip_address ${from} and source_ip_address ~ '^[0-9]+[.]') e where i.ip = e.source_ip_address::inet order by 1`,
    `with a as materialized (select source_ip_address as s ${from} and source_ip_address ~ '^[0-9]+[.]') select i.ip from ${places} i where i.ip in (select s::inet from a) order by 1`,
    `select i.ip from ${places} i join ${events} e on i.ip = case when e.source_ip_address ~ '^[0-9]+[.]' then e.source_ip_address::inet end where e.${key} order by 1`,
  ]
  test.each(guarded)('%s', async (statement) => {
    expect((await sameOver(statement)).length).toBeGreaterThan(0)
  })

  test('without a guard, the error is that of PostgreSQL', async () => {
    const statement = `select source_ip_address::inet ${from}`
    const errors = await Promise.allSettled([
      client.query(statement),
      client.query(statement.replace(events, 'copied_events')),
    ])
    const [told, right] = errors.map((error) => (error.status === 'rejected' ? error.reason : undefined))
    expect(told).toMatchObject({ code: '22P02', message: right.message })
  })
})

describe('negations keep and drop rows with NULL as PostgreSQL does', () => {
  test.each([
    `select event_id ${from} and error_code not in ('LOW', 'INFO')`,
    `select event_id ${from} and error_code <> 'LOW'`,
    `select event_id ${from} and error_code <> any (array['LOW', 'INFO'])`,
    `select event_id ${from} and error_code = all (array['LOW'])`,
    `select event_id ${from} and not error_code = 'LOW'`,
    `select event_id ${from} and error_code is distinct from 'LOW'`,
    `select event_id ${from} and error_code = ''`,
    `select event_id ${from} and error_code is null`,
    `select event_id ${from} and error_code is not null`,
    `select event_id ${from} and read_only`,
    `select event_id ${from} and read_only = true`,
    `select event_id ${from} and read_only = false`,
    `select event_id ${from} and not read_only`,
    `select event_id ${from} and read_only is not true`,
    `select event_id ${from} and read_only is not false`,
    `select event_id ${from} and read_only is null`,
    `select event_id ${from} and not starts_with(event_name, 'D')`,
    `select event_id ${from} and event_name not in (select event_name from copied_events where read_only)`,
  ])('%s', async (statement) => {
    expect((await sameOver(statement)).length).toBeGreaterThan(0)
  })
})

describe('every combination is asked for where several columns have lists of values', () => {
  test.each([
    `select event_id ${from} and event_name in ('Decrypt', 'PutObject') and event_source in ('kms.amazonaws.com', 'x')`,
    `select event_id ${from} and event_name = any (array['Big', 'Joined']) and error_code in ('LOW', 'INFO')`,
    `select event_id from ${events} where log_group_name in ('${logGroup}', 'sandbox/empty') and event_name in ('Big', 'Escape')`,
    `select event_id ${from} and (event_name = 'Big' or event_name = 'Escape')`,
    `select event_id ${from} and (event_name = 'Big' or error_code = 'LOW')`,
  ])('%s', async (statement) => {
    expect(
      (await sameOver(statement.replace("in ('known-faults')", "= 'known-faults'"))).length,
    ).toBeGreaterThan(0)
  })
})

describe('values that a filter pattern could misread are taken as they stand', () => {
  test.each([
    ['a "quoted" \\ agent', 1],
    ['a\nb', 1],
    ['ab', 1],
    ['_', 1],
    ['*', 1],
    ['" || $.eventName = "Big', 0],
    ['%', 0],
  ])('%j', async (value, count) => {
    const text = `select event_id ${from} and user_agent = $1`
    expect((await client.query(text, [value])).rowCount).toBe(count)
    expect((await client.query(text.replace('user_agent = $1', 'user_agent like $1'), [value])).rows).toEqual(
      (await client.query('select event_id from copied_events where user_agent like $1', [value])).rows,
    )
  })
})

describe('bounds of time hold to the millisecond, open or closed', () => {
  const at = (milliseconds: number) => `'${new Date(second + milliseconds).toISOString()}'`
  test.each([
    [`timestamp = ${at(222)}`, 1],
    [`timestamp <= ${at(222)} and timestamp >= ${at(0)}`, 3],
    [`timestamp < ${at(222)} and timestamp >= ${at(0)}`, 2],
    [`timestamp > ${at(222)} and timestamp <= ${at(666)}`, 4],
    [`timestamp between ${at(111)} and ${at(333)}`, 3],
    [
      `timestamp between ${at(111)} and ${at(333)} and timestamp >= ${at(-5000)} and timestamp < ${at(300)}`,
      2,
    ],
    [`timestamp >= ${at(333)} and timestamp <= ${at(111)}`, 0],
  ])('%s', async (condition, count) => {
    expect(await sameOver(`select event_name ${from} and ${condition}`)).toHaveLength(count)
  })
})

describe('joins, subqueries and LATERAL hand on each key once, and lose no row', () => {
  const inet = 'source_ip_address::inet'
  const ipv4 = `source_ip_address ~ '^\\d+\\.'`
  test.each([
    `select e.event_id, i.city from ${events} e join ${places} i on i.ip = e.${inet} where e.${key} and e.${ipv4}`,
    `select e.event_id, i.city from ${events} e join ${places} i on e.${inet} = i.ip and i.country_code <> 'US' where e.${key} and e.${ipv4}`,
    `select i.ip from ${places} i where i.ip in (select e.${inet} from ${events} e where e.${key} and e.${ipv4})`,
    `select i.ip from ${places} i where not exists (select from ${events} e where e.${key} and e.${ipv4} and e.${inet} = i.ip) and i.ip = '9.9.9.9'`,
    `select e.event_id, (select i.city from ${places} i where i.ip = e.${inet}) from ${events} e where e.${key} and e.${ipv4}`,
    `select e.event_id, i.city from ${events} e left join ${places} i on i.ip = e.${inet} and i.country_code = 'ES' where e.${key} and e.${ipv4}`,
    `select i.city, x.n from ${places} i, lateral (select count(*) as n from copied_events c where c.${ipv4} and c.${inet} = i.ip) x where i.ip in ('9.9.9.9', (select min(${inet}) from copied_events where ${ipv4}))`,
    `select a.event_id, b.event_id from ${events} a join ${events} b on a.event_name = b.event_name and a.user_agent <> b.user_agent where a.${key} and b.${key} and a.error_code is not null`,
    `select e.event_id, i.city from ${events} e cross join ${places} i where e.${key} and i.ip = '9.9.9.9' and e.event_name = 'Big'`,
    `select i.city from ${places} i join (values ('9.9.9.9'), (null)) v(a) on i.ip = (v.a || '')::inet`,
    `select i.ip from ${places} i where i.ip = inet '9.9.9.9' or i.ip = (select ${inet} from copied_events where ${ipv4} limit 1)`,
  ])('%s', async (statement) => {
    expect((await sameOver(statement)).length).toBeGreaterThan(0)
  })

  test('a key that is NULL asks nobody', async () => {
    harness.sandbox.calls.clear()
    await sameOver(`select i.city from ${places} i join (values (null::inet)) v(a) on i.ip = v.a`)
    await sameOver(`select city from ${places} where ip = null`)
    expect(harness.sandbox.calls.count({ service: 'ipstack' })).toBe(0)
  })
})

test('integers beyond 2^53 in JSON are exact', async () => {
  const { rows } = await client.query(
    `select request_parameters->>'id' as id, cloudtrail_event::jsonb #>> '{requestParameters,id}' as whole
     from ${events} where ${key} and event_name = 'Big'`,
  )
  expect(rows).toEqual([{ id: '1234567890123456789', whole: '1234567890123456789' }])
})

test('the mask of a network is part of a key: no address of it answers for it', async () => {
  const answers = await Promise.all(
    ['10.0.0.0/8', '10.0.0.0/16'].map((network) =>
      client.query(`select ip from ${places} where ip = $1`, [network]).then(({ rows }) => rows),
    ),
  )
  expect(answers).toEqual([[], []])
})
