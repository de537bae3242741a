/** An aggregator over two accounts of AWS, from a client to the APIs' stand-ins. */

import {
  articleAccountId,
  otherAccountId,
  otherCredentials,
  type SandboxCredentials,
  sandboxCredentials,
} from '@millrace/sandbox/credentials'
import { articleRegion } from '@millrace/sandbox/data/article-trail'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceHarness, startServiceHarness } from './testing/service-harness.js'

const keysOf = ({ accessKeyId, secretAccessKey }: SandboxCredentials) => ({
  access_key: accessKeyId,
  secret_key: secretAccessKey,
})

let harness: ServiceHarness
let client: pg.Client
beforeAll(async () => {
  harness = await startServiceHarness({
    moreAws: {
      member_articles: keysOf(sandboxCredentials),
      member_other: { ...keysOf(otherCredentials), regions: ['us-east-1', 'eu-west-1'] },
      wrong: { access_key: 'AKIAWRONG', secret_key: 'wrong' },
    },
    aggregators: { everyone: ['member_*'], broken: ['member_articles', 'wrong'] },
    lenientAggregators: { lenient: ['member_articles', 'wrong'], hopeless: ['wrong'] },
  })
  for (const account of [harness.sandbox, harness.sandbox.otherAccount]) {
    account.logs.addEvents(articleRegion, 'shared', [
      { message: `{"eventName":"of ${account.account.aliases.length}"}`, timestamp: 1000 },
    ])
  }
  client = await harness.connect()
})
afterAll(() => harness.stop())
beforeEach(() => {
  harness.sandbox.faults.clear()
  harness.sandbox.calls.clear()
})

async function query(sql: string): Promise<unknown[]> {
  return (await client.query({ text: sql, rowMode: 'array' })).rows
}

/** Names of the calls since the last time. */
function calls(): string[] {
  const names = harness.sandbox.calls.list().map(({ operation }) => operation)
  harness.sandbox.calls.clear()
  return names.sort()
}

describe('tables', () => {
  test('hold the rows of all members, told apart by account and connection', async () => {
    expect(
      await query(
        `select account_id, sp_connection_name, _ctx ->> 'connection_name', event_name
         from everyone.aws_cloudtrail_trail_event where log_group_name = 'shared' order by 1 desc`,
      ),
    ).toEqual([
      [articleAccountId, 'member_articles', 'member_articles', 'of 1'],
      [otherAccountId, 'member_other', 'member_other', 'of 0'],
    ])
    expect(calls()).toEqual([
      'FilterLogEvents',
      'FilterLogEvents',
      'FilterLogEvents',
      'GetCallerIdentity',
      'GetCallerIdentity',
    ])
  })

  test('look as those of the plugin, and tell that the connection narrows', async () => {
    const columns = (schema: string) =>
      query(
        `select column_name, data_type from information_schema.columns
         where table_schema = '${schema}' and table_name = 'aws_cloudtrail_trail' order by ordinal_position`,
      )
    expect(await columns('everyone')).toEqual(await columns('aws'))
    const comments = await query(
      `select col_description(attrelid, attnum) from pg_attribute
       where attrelid = 'everyone.aws_cloudtrail_trail'::regclass and attname = 'sp_connection_name'`,
    )
    expect(comments).toEqual([[expect.stringContaining('(Key column: =, <>, ~~, ~~*, !~~, !~~*)')]])
  })

  test('work in joins, with a limit, and behind a view', async () => {
    await query(
      `create view seen as select * from everyone.aws_cloudtrail_trail_event where log_group_name = 'shared'`,
    )
    expect(await query('select count(*)::int from seen')).toEqual([[2]])
    expect(await query('select event_name from seen limit 1')).toHaveLength(1)
    expect(
      await query(
        `select a.account_id, count(*)::int from everyone.aws_account a join seen s using (account_id)
         group by 1 order by 1`,
      ),
    ).toEqual([
      [otherAccountId, 1],
      [articleAccountId, 1],
    ])
  })
})

describe('a condition leaves members out', () => {
  const select = 'select event_name from everyone.aws_cloudtrail_trail_event'

  test('on the connection: they are not asked', async () => {
    const where = `where log_group_name = 'shared' and sp_connection_name`
    expect(await query(`${select} ${where} = 'member_articles'`)).toEqual([['of 1']])
    expect(calls()).toEqual(['FilterLogEvents'])
    expect(await query(`${select} ${where} = 'nobody'`)).toEqual([])
    expect(await query(`${select} ${where} in ('nobody', 'member_other')`)).toEqual([['of 0']])
    expect(calls()).toEqual(['FilterLogEvents', 'FilterLogEvents'])
    expect(await query(`${select} ${where} <> 'member_other'`)).toEqual([['of 1']])
    calls()
    for (const condition of ["like '%\\_articles'", "not like '%_other'", "ilike 'MEMBER_A%'"]) {
      expect(await query(`${select} ${where} ${condition}`)).toEqual([['of 1']])
      expect(calls()).toEqual(['FilterLogEvents'])
    }
  })

  test('on the account: they are asked nothing but, once, whose they are', async () => {
    const where = `where log_group_name = 'shared' and account_id = '${articleAccountId}'`
    // The first test has asked whose credentials these are.
    expect(await query(`${select} ${where}`)).toEqual([['of 1']])
    expect(calls()).toEqual(['FilterLogEvents'])
    for (const condition of [`<> '${otherAccountId}'`, "like '810%'", "not ilike '21%'"]) {
      const others = `where log_group_name = 'shared' and account_id ${condition}`
      expect(await query(`${select} ${others}`)).toEqual([['of 1']])
      expect(calls()).toEqual(['FilterLogEvents'])
    }
  })

  test('on the region: those without it make no call', async () => {
    expect(await query(`${select} where log_group_name = 'shared' and region = 'us-west-2'`)).toEqual([])
    expect(calls()).toEqual([])
  })
})

describe('rows that are kept', () => {
  const where = `where log_group_name = 'shared'`
  const columns = 'event_name, sp_connection_name'

  test("are shared with the members' own tables, both ways", async () => {
    await query('set millrace.cache_ttl = 60')
    await query(`select ${columns} from member_articles.aws_cloudtrail_trail_event ${where}`)
    expect(calls()).toEqual(['FilterLogEvents'])
    expect(
      await query(`select ${columns} from everyone.aws_cloudtrail_trail_event ${where} order by 1`),
    ).toEqual([
      ['of 0', 'member_other'],
      ['of 1', 'member_articles'],
    ])
    // Of the other account only, in its two regions.
    expect(calls()).toEqual(['FilterLogEvents', 'FilterLogEvents'])
    expect(await query(`select ${columns} from member_other.aws_cloudtrail_trail_event ${where}`)).toEqual([
      ['of 0', 'member_other'],
    ])
    expect(calls()).toEqual([])
    await query('reset millrace.cache_ttl')
  })
})

describe('a member that fails', () => {
  test('fails the query, by its name', async () => {
    harness.sandbox.faults.add({ kind: 'error', code: 'AccessDeniedException', region: 'eu-west-1' })
    await expect(
      query(`select event_name from everyone.aws_cloudtrail_trail_event where log_group_name = 'shared'`),
    ).rejects.toMatchObject({
      code: 'HV000',
      message:
        'connection "member_other": aws_cloudtrail_trail_event: FilterLogEvents: AWS denied access in eu-west-1',
    })
    // The error is not kept.
    harness.sandbox.faults.clear()
    expect(
      await query(
        `select event_name from everyone.aws_cloudtrail_trail_event where log_group_name = 'shared'`,
      ),
    ).toHaveLength(2)
  })

  test('is never left out, whichever account is asked for', async () => {
    const select = 'select event_name from broken.aws_cloudtrail_trail_event'
    await expect(
      query(`${select} where log_group_name = 'shared' and account_id = '${articleAccountId}'`),
    ).rejects.toMatchObject({
      code: 'HV000',
      message: expect.stringContaining('connection "wrong": aws_cloudtrail_trail_event: GetCallerIdentity: '),
    })
    expect(
      await query(`${select} where log_group_name = 'shared' and sp_connection_name <> 'wrong'`),
    ).toEqual([['of 1']])
    expect(
      await query(`${select} where log_group_name = 'shared' and sp_connection_name = 'member_articles'`),
    ).toEqual([['of 1']])
  })
})

describe('a member that fails, where the aggregator says to go on', () => {
  const select = (schema: string) =>
    `select event_name from ${schema}.aws_cloudtrail_trail_event where log_group_name = 'shared'`

  async function noticesOf(sql: string): Promise<{ rows: unknown[]; notices: string[] }> {
    const notices: string[] = []
    const onNotice = ({ message }: { message?: string | undefined }) => notices.push(message ?? '')
    client.on('notice', onNotice)
    const rows = await query(sql)
    client.off('notice', onNotice)
    return { rows, notices }
  }

  test('is named in a notice, each time', async () => {
    for (const _ of [1, 2]) {
      expect(await noticesOf(select('lenient'))).toEqual({
        rows: [['of 1']],
        notices: [
          expect.stringMatching(
            /^rows are missing: connection "wrong": aws_cloudtrail_trail_event: FilterLogEvents: .*UnrecognizedClient/,
          ),
        ],
      })
    }
  })

  test('fails the query if there is no other', async () => {
    await expect(query(select('hopeless'))).rejects.toMatchObject({ code: 'HV000' })
  })

  test('fails what nobody would be told of: the rows of a materialized view, of a function', async () => {
    const failure = { message: expect.stringContaining('connection "wrong"') }
    await expect(query(`create materialized view some_of_it as ${select('lenient')}`)).rejects.toMatchObject(
      failure,
    )
    await query(`create function some_of_it() returns setof text language plpgsql as
      $$ begin return query ${select('lenient')}; end $$`)
    await expect(query('select * from some_of_it()')).rejects.toMatchObject(failure)
  })
})

describe('EXPLAIN ANALYZE', () => {
  const select = `select event_name from everyone.aws_cloudtrail_trail_event where log_group_name = 'shared'`
  const made = async (sql: string) =>
    (await query(`explain analyze ${sql}`))
      .join('\n')
      .match(/through \w+: \d+ calls?/g)
      ?.sort()

  test('tells the calls of each member, and leaves out those that were not asked', async () => {
    expect(await made(select)).toEqual(['through member_articles: 1 call', 'through member_other: 2 calls'])
    expect(await made(`${select} and sp_connection_name <> 'member_other'`)).toEqual([
      'through member_articles: 1 call',
    ])
  })
})
