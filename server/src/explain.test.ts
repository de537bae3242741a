/** EXPLAIN of statements over virtual tables, through the gateway. */
import { isDebian } from '@millrace/sql-engine/testing/test-postgres'
import type pg from 'pg'
import { describe, expect } from 'vitest'
import { errorOf } from './testing/error-of.js'
import { test } from './testing/gateway-test.js'
import type { TestGateway } from './testing/test-gateway.js'

test.beforeEach(async ({ client }) => {
  await client.query('reset all')
})

/** Debian's PostgreSQL has a locale of ICU here. */
const expressionKept = isDebian
  ? "by this database's locale, digits are more than 0 to 9"
  : 'the API takes no condition on address'

const join = `select e.name, p.city from event e join place p on p.ip = e.address::inet
  where e.trail = 't1' and e.address ~ '^\\d' and e.name <> 'z'`

async function linesOf(client: pg.Client, text: string, parameters?: unknown[]): Promise<string[]> {
  const { rows } = await client.query(text, parameters)
  return rows.map((row) => row['QUERY PLAN'])
}

/** Lines of one kind, for the first scan. */
async function saidOf(
  harness: TestGateway,
  client: pg.Client,
  kind: string,
  statement: string,
  parameters?: unknown[],
): Promise<string[]> {
  const lines = await linesOf(client, `explain (costs off) ${statement}`, parameters)
  expect(harness.calls).toEqual([])
  return lines.flatMap((line) => new RegExp(`^ {7}${kind}: (.*)`).exec(line)?.[1] ?? [])
}

describe('without ANALYZE', () => {
  test('tells the scans, what they wait for, and what is pushed; no call is made', async ({
    harness,
    client,
  }) => {
    const { command, fields, rows } = await client.query(`explain (costs off) ${join}`)
    expect(command).toBe('EXPLAIN')
    expect(fields).toMatchObject([{ name: 'QUERY PLAN', dataTypeID: 25 }])
    const lines = rows.map((row) => row['QUERY PLAN'])
    expect(lines.slice(0, 12)).toEqual([
      'Millrace:',
      '  1. counting.event e',
      '       Columns: address, name, trail',
      "       Pushed: trail = 't1'",
      `       Kept: e.address ~ E'^\\\\d' (${expressionKept})`,
      "       Kept: e.name <> 'z' (the API takes no condition on name)",
      '       Calls: 1, more if answers come in pages',
      '  2. counting.place p, after 1',
      '       Columns: city, ip',
      '       Pushed: ip = e.address::inet, from rows of 1',
      '       Calls: 1 per value of ip, more if answers come in pages',
      'PostgreSQL, over tables that are yet to be filled:',
    ])
    expect(lines.join('\n')).toMatch(/Seq Scan on place p\n[\s\S]*Seq Scan on event e\n/)
    expect(harness.calls).toEqual([])
  })

  test('of parameters, with their values', async ({ harness, client }) => {
    expect(await saidOf(harness, client, 'Pushed', 'select * from event where trail = $1', ['t2'])).toEqual([
      "trail = 't2'",
    ])
    expect(
      await saidOf(harness, client, 'Pushed', 'select * from place where ip in ($1, $2)', ['1.1.1.1', '::1']),
    ).toEqual(["ip IN ('1.1.1.1', '::1')"])
  })

  // From PostgreSQL 16 on.
  test.skipIf(isDebian)(
    'GENERIC_PLAN knows no values; without it, a simple query has no parameters',
    async ({ harness, client }) => {
      const generic = `explain (generic_plan, costs off) select * from event where trail = $1`
      expect(await linesOf(client, generic)).toContain('       Pushed: trail = $1')
      const error = await errorOf(client.query('explain select * from event where trail = $1'))
      expect(error).toMatchObject({ code: '42P02', position: '43' })
      expect(harness.calls).toEqual([])
    },
  )

  test('a table without its key is refused, as by the statement itself', async ({ client }) => {
    expect((await errorOf(client.query('explain select * from place'))).code).toBe('HV002')
  })

  test('other statements than SELECT', async ({ harness, client }) => {
    const insert = `create temp table seen (city text); explain (costs off)
      insert into seen select city from place where ip = '1.1.1.1'`
    const results: unknown = await client.query(insert)
    expect(JSON.stringify(results)).toContain('Insert on seen')
    expect((await client.query('select * from seen')).rows).toEqual([])
    await client.query(`prepare by_ip (inet) as select city from place where ip = $1`)
    expect(await linesOf(client, `explain execute by_ip ('1.1.1.1')`)).toContain(
      "       Pushed: ip = '1.1.1.1'",
    )
    expect(harness.calls).toEqual([])
  })
})

describe('why conditions are kept', () => {
  test.for([
    ["select * from kind where name like 's%'", 'on name, the API takes only ='],
    [
      "select * from kind where name || '!' = 'small!'",
      'it does not compare a column alone with a value that is known before',
    ],
    [
      "select * from kind k left join event e on k.name = 'small' and e.trail = 't1'",
      'an outer join keeps rows that fail it',
    ],
    [
      "select * from kind where name = (array['small', 'large'])[1 + (random() * 1.9)::int]",
      'random() may give another result each time',
    ],
    ['select * from kind where name = \'1\'::"char"', 'its value is none that name can hold exactly'],
    ['select * from kind where size = 1', 'the API takes no condition on size'],
  ] as const)('%s', async ([statement, reason], { harness, client }) => {
    const kept = await saidOf(harness, client, 'Kept', statement)
    expect(kept.filter((line) => line.endsWith(`(${reason})`))).toHaveLength(1)
  })

  test('LIMIT is pushed, or it is said why not', async ({ harness, client }) => {
    const limit = async (statement: string) => (await saidOf(harness, client, 'Limit', statement))[0]
    expect(await limit("select * from kind where name = 'small' limit 3")).toBe('3, pushed')
    expect(await limit('select * from kind order by name limit 3')).toMatch(/^3, kept: rows are sorted/)
    expect(await limit('select * from kind order by size desc limit 3 offset 1')).toBe(
      '3 + 1, pushed: the first by size DESC',
    )
    expect(await limit('select * from kind order by 2 fetch first 3 rows with ties')).toBe(
      '3, pushed: the first by size ASC',
    )
    expect(await limit('select * from kind where size = 1 limit 3')).toMatch(/^3, kept: conditions/)
    expect(await limit('select * from kind, kind k limit 3')).toMatch(/^3, kept: rows of several/)
  })

  test('rows that reach no answer are not asked for', async ({ harness, client }) => {
    expect(await saidOf(harness, client, 'Calls', 'select * from kind where false')).toEqual([
      'none, for none of its rows can reach the answer',
    ])
  })
})

describe('ANALYZE', () => {
  const made = /Made: (\d+) calls?, 0 retried, 0 throttled; (\d+) rows?, \d+ bytes; cache (\w+); [\d.]+ ms/

  test('makes the calls, and tells them', async ({ harness, client }) => {
    const lines = await linesOf(client, `explain analyze ${join}`)
    expect(harness.calls).toHaveLength(3)
    expect(lines.flatMap((line) => made.exec(line)?.slice(1).join(' ') ?? [])).toEqual([
      '1 3 miss',
      '2 2 miss',
    ])
    expect(lines.join('\n')).toMatch(/Hash Join .*actual time=.* rows=2/)
    expect(lines.at(-1)).toMatch(/^Execution Time/)
  })

  test('tells what came from the cache; parts of rows put together have no names of ours', async ({
    client,
  }) => {
    await client.query('set millrace.cache_ttl = 60')
    const of = (keys: string) => `explain (analyze, verbose) select * from kind where name in (${keys})`
    await linesOf(client, of("'small'"))
    const inPart = await linesOf(client, of("'small', 'large'"))
    expect(inPart.flatMap((line) => made.exec(line)?.slice(1).join(' ') ?? [])).toEqual(['1 1 partial'])
    expect(inPart.join('\n')).not.toMatch(/millrace_scan|\bs_\d/)
    const known = await linesOf(client, of("'large', 'small'"))
    expect(known.flatMap((line) => made.exec(line)?.slice(1).join(' ') ?? [])).toEqual(['0 0 hit'])
  })

  test('does what the statement does, once, in its transaction', async ({ client }) => {
    await client.query('create temp table found (city text)')
    const insert = `explain analyze insert into found select city from place where ip = '1.1.1.1'`
    await client.query('begin')
    await client.query(insert)
    expect((await client.query('select * from found')).rowCount).toBe(1)
    await client.query('rollback')
    expect((await client.query('select * from found')).rowCount).toBe(0)
    await client.query(insert)
    expect((await client.query('select * from found')).rowCount).toBe(1)
  })

  test('an error is that of the statement, and points into its text', async ({ client }) => {
    const text = `explain analyze select 1 / (size - 1) from kind where name = 'small'`
    expect((await errorOf(client.query(text))).code).toBe('22012')
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

describe('formats', () => {
  test('JSON is one document with a Plan, and the scans beside it', async ({ client }) => {
    const { rows, fields } = await client.query(`explain (analyze, verbose, format json) ${join}`)
    expect(fields[0]?.dataTypeID).toBe(114)
    const [document] = rows[0]['QUERY PLAN']
    expect(document).toMatchObject({
      Plan: { 'Node Type': 'Hash Join' },
      'Execution Time': expect.any(Number),
      'Millrace Scans': [
        {
          Number: 1,
          Schema: 'counting',
          Table: 'event',
          Alias: 'e',
          After: [],
          Columns: ['address', 'name', 'trail'],
          Pushed: ["trail = 't1'"],
          Kept: [{}, { Condition: "e.name <> 'z'", Reason: 'the API takes no condition on name' }],
          Made: [{ Connection: 'counting', Calls: 1, Retries: 0, Throttles: 0, Rows: 3, Cache: 'miss' }],
        },
        { Number: 2, Table: 'place', After: [1], Made: [{ Calls: 2, Rows: 2 }] },
      ],
    })
    const text = JSON.stringify(document)
    expect(text).toContain('"Relation Name":"place","Schema":"counting"')
    expect(text).not.toMatch(/millrace_scan|\bs_\d/)
  })

  test.for(['xml', 'yaml'])(
    '%s is PostgreSQL’s plan alone, and a notice says so',
    async (format, { client }) => {
      const notices: (string | undefined)[] = []
      const onNotice = ({ message }: { message?: string | undefined }) => notices.push(message)
      client.on('notice', onNotice)
      const [plan] = await linesOf(client, `explain (verbose, format ${format}) ${join}`)
      client.off('notice', onNotice)
      expect(plan).toContain('Seq Scan')
      expect(plan).toMatch(/place[\s\S]*counting/)
      expect(plan).not.toMatch(/millrace_scan|\bs_\d/)
      expect(notices).toEqual([
        `EXPLAIN (FORMAT ${format.toUpperCase()}) shows PostgreSQL's plan alone; FORMAT TEXT and JSON show the API calls too`,
      ])
    },
  )

  test('options of PostgreSQL’s own pass through', async ({ client }) => {
    await client.query('set enable_hashjoin = off')
    const lines = await linesOf(client, `explain (settings, summary, costs off) ${join}`)
    expect(lines.join('\n')).toMatch(/Settings: .*enable_hashjoin = 'off'[\s\S]*Planning Time/)
  })
})
