/** Tables of files as clients see them: joined with CloudTrail, explained, and following changes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import file from '@millrace/plugin-file/plugin'
import type { Plugin } from '@millrace/plugin-sdk'
import { articlePlaces } from '@millrace/sandbox/testing/article-places'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const [[blocked] = [''], ...others] = articlePlaces

let folder: string
let harness: ServiceHarness
let client: pg.Client

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-file-tables-'))
  const network = blocked.replace(/\.\d+$/, '.0/24')
  await writeFile(join(folder, 'block_list.csv'), `network,reason\n${network},scanner\n192.0.2.0/24,test\n`)
  await writeFile(join(folder, 'known.jsonl'), `{"ip": "${blocked}", "owner": "Bob"}\n`)
  await writeFile(
    join(folder, 'odd.csv'),
    'big,price,empty,quoted,at,js\n' +
      '9007199254740993,1.50,,"",2022-07-06T01:02:03.123456+02:00,"{""a"": 12345678901234567890}"\n' +
      '-9223372036854775808,1e3,,x,1999-12-31T23:59:59Z,[]\n',
  )
  await writeFile(join(folder, 'changing.csv'), 'a\n1\n')
  harness = await startServiceHarness({
    more: {
      file: {
        plugin: file as Plugin,
        settings: {
          folders: [folder],
          paths: ['*.csv', '*.jsonl'],
          tables: { gone: { source: 'gone.csv' } },
        },
      },
    },
  })
  client = await harness.connect()
})

afterAll(async () => {
  await harness?.stop()
  await rm(folder, { recursive: true })
})

async function ask(sql: string) {
  return (await client.query(sql)).rows
}

const events = "log_group_name = 'cloudtrail-cwg-devto' and source_ip_address ~ '^\\d+\\.\\d+'"

describe('a block list', () => {
  test('of networks joins with the addresses of CloudTrail', async () => {
    const found = await ask(`select e.source_ip_address, b.network::text, b.reason, count(*) > 0 as seen
      from aws_cloudtrail_trail_event e join block_list b on b.network >>= e.source_ip_address::inet
      where ${events} group by 1, 2, 3`)
    expect(found).toEqual([
      {
        source_ip_address: blocked,
        network: blocked.replace(/\.\d+$/, '.0/24'),
        reason: 'scanner',
        seen: true,
      },
    ])
  })

  test('tells what is on none', async () => {
    const clean = await ask(`select distinct e.source_ip_address from aws_cloudtrail_trail_event e
      where ${events} and not exists (select from block_list b where b.network >>= e.source_ip_address::inet)`)
    expect(clean.map((row) => row.source_ip_address).sort()).toEqual(
      others.map(([address]) => address).sort(),
    )
  })

  test('of addresses is the key of what asks an API', async () => {
    harness.sandbox.calls.clear()
    expect(await ask('select k.owner, i.ip from known k join ipstack_ip i on i.ip = k.ip')).toEqual([
      { owner: 'Bob', ip: blocked },
    ])
    expect(harness.sandbox.calls.list({ service: 'ipstack' })).toHaveLength(1)
  })
})

test('values are those of the file', async () => {
  expect(await ask('select big::text, price::text, empty, quoted, js::text, _row from odd')).toEqual([
    {
      big: '9007199254740993',
      price: '1.5',
      empty: null,
      quoted: '',
      js: '{"a": 12345678901234567890}',
      _row: '1',
    },
    expect.objectContaining({ big: '-9223372036854775808', price: '1000', quoted: 'x', js: '[]' }),
  ])
  expect(await ask("select _row from odd where at = '2022-07-05 23:02:03.123456Z'")).toEqual([{ _row: '1' }])
})

test('EXPLAIN tells which files are opened, and that nothing is cached', async () => {
  const plan = await ask("explain analyze select * from block_list where _file like '%block%'")
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  expect(text).toMatch(/Pushed: _file LIKE '%block%'/)
  expect(text).toMatch(/Made: 1 call, .*cache miss/)
})

test('a change of rows is seen by the next statement, and one of columns by the one after it', async () => {
  expect(await ask('select a from changing')).toEqual([{ a: '1' }])
  await writeFile(join(folder, 'changing.csv'), 'a\n1\n2\n')
  expect(await ask('select sum(a)::int as sum from changing')).toEqual([{ sum: 3 }])
  await writeFile(join(folder, 'changing.csv'), 'a,b\nx,y\n')
  await expect(ask('select a from changing')).rejects.toMatchObject({
    code: 'HV000',
    message: expect.stringMatching(/^changing: line 2 of .*changing\.csv: "x" does not fit the column a/),
    hint: expect.stringContaining('run the query again'),
  })
  await expect
    .poll(() => ask('select * from changing').catch(() => undefined))
    .toMatchObject([{ a: 'x', b: 'y' }])
})

test('a file that comes is a table, and one that goes is none', async () => {
  const path = join(folder, 'later.csv')
  await writeFile(path, 'a\n5\n')
  await expect
    .poll(() => ask('select a from later').catch(() => undefined), { timeout: 10_000 })
    .toEqual([{ a: '5' }])
  await rm(path)
  await expect
    .poll(
      () =>
        ask('select a from later').then(
          () => '',
          (error) => error.code,
        ),
      { timeout: 10_000 },
    )
    .toBe('42P01')
})

test('a file that is not there fails its own table only', async () => {
  await expect(ask('select * from gone')).rejects.toMatchObject({
    message: expect.stringMatching(/^gone: open: .*gone\.csv cannot be read: there is no such file$/),
  })
})
